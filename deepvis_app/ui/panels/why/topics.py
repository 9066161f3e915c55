"""What one sees on this page, in plain words, with formula and source."""

from __future__ import annotations

from deepvis_app.ui.panel import Topic

TOPICS = {
    "why": Topic(
        "What of this picture makes the unit fire",
        "A score s of the unit goes back through the network on every frame. <b>Gradient</b>: "
        "∂s/∂x, how s would change with each pixel (Simonyan et al. 2013). <b>×&nbsp;input</b>: "
        "x · ∂s/∂x. <b>Deconvnet</b> and <b>guided backprop</b> change what a ReLU lets back "
        "(Zeiler and Fergus 2013; Springenberg et al. 2014): sharp, but they show edges more than "
        "reasons. <b>Grad-CAM</b>: max(0, Σ<sub>k</sub> α<sub>k</sub> A<sub>k</sub>), the maps "
        "A<sub>k</sub> of a deep layer weighted by their mean gradient α<sub>k</sub> (Selvaraju "
        "et al. 2016). A pinned unit stays explained while you look at others.",
    ),
    "seed": Topic(
        "Which number of the unit is explained",
        "A unit has a map a of many values; only one number can go back. <b>Map</b>: ½ Σ a², each "
        "place as strongly as it fires (as in Yosinski et al. 2015). <b>Max</b>: the largest "
        "value. <b>Place</b>: the value where you click on the map. <b>Sum</b>: Σ a. "
        "<b>Logit</b>: the score z<sub>k</sub> of a class before softmax.",
    ),
    "occlusion": Topic(
        "Covering the picture piece by piece",
        "A square patch covers one place after the other; each pixel shows by how much the unit's "
        "score falls on average when it is covered: s(x) − s(x covered) (Zeiler and Fergus 2013, "
        "section 4.2). It needs no gradient and holds for every network. The brush does the same "
        "by hand; its strokes stay until they are cleared. “More methods” are those of captum "
        "(Kokhlikyan et al. 2020); each says what it means. Results belong to the frame they were "
        "asked about: freeze the picture first.",
    ),
    "rises": Topic(
        "What falls, and what rises",
        "The first line is the unit itself: the deepest fall of its score. Below are other "
        "classes whose probability grows most where something is covered: what the covered thing "
        "had hidden from the network (cover the dog, and its owner is seen). Click a line to see "
        "where.",
    ),
    "truth": Topic(
        "Is the map true to the network?",
        "Pixels are taken away in the order of the map, most important first (deletion), and put "
        "back into a blurred picture in the same order (insertion), while the score is watched. If "
        "the map names what counts, the score falls at once and rises at once: a small area under "
        "the first curve, a large one under the second (Petsiuk et al. 2018, RISE, arXiv:"
        "1806.07421).",
    ),
}
