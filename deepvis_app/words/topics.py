"""What one sees in each pane, in plain words, with formula and source."""

from __future__ import annotations

EXPLANATIONS: dict[str, tuple[str, str]] = {
    "input": (
        "The input, and what the network sees of it",
        "The camera picture or photograph as it came; what is dimmed the network does not see. The "
        "small picture is the rest after resizing: the network gets exactly these pixels, scaled "
        "as (x / 255 − mean) / std per colour. The coloured rectangle is the receptive field: the "
        "pixels that the place under your pointer, or else the unit's strongest place, can depend "
        "on.",
    ),
    "predictions": (
        "Class scores",
        "The softmax of the network's last layer: p<sub>k</sub> = exp(z<sub>k</sub>) / "
        "Σ exp(z<sub>j</sub>). Scores that a softmax or sigmoid inside the network brings to 0..1 "
        "are shown as they are. One output alone is a sigmoid where it has a label, 1 / "
        "(1 + exp(−z)), else the bare number, with zero in the middle. Of a network that gives a "
        "map a class: the share of the picture where that class scores highest. Bars are averaged "
        "over a moment so that they can be read. Click a class for its unit, its preferred image "
        "and why it is seen; its pin keeps it in view even when it is not among the five best. "
        "Grey bars should not be believed: the shares are flat (the best is less than a quarter of "
        "the way from an even split to certainty; of 500 photographs SqueezeNet names 14 % of such "
        "ones rightly, 64 % of the others), or, known of the bundled network alone, its units are "
        "quieter than photographs leave them.",
    ),
    "layers": (
        "All layers, live",
        "Every place in the network where a picture can be taken, in the order of computation. "
        "Each thumbnail shows some of the layer's units. Click to open a layer, Ctrl+click to open "
        "it beside the present one. “256 × 27²” is 256 units with maps of 27 × 27.",
    ),
    "grid": (
        "The units of a layer",
        "One tile a unit: its activation at every place of the picture, dark for low and bright "
        "for high. Layers with negative values use two colours with zero in the middle. “Steady” "
        "gives the layer one range that follows slowly; “Unit” gives every unit its own, so weak "
        "units show, but can no longer be compared. Tiles keep their places until you sort anew; "
        "units with NaN come last. What is no number is hatched: crossed for NaN, rising for ∞, "
        "falling for −∞.",
    ),
    "map": (
        "Where the unit is active",
        "Left, the unit's map laid over the input; right, the map itself, one square a position. "
        "A map position lies where the centre of its receptive field is (Araujo et al., "
        "<i>Computing Receptive Fields of Convolutional Neural Networks</i>, Distill 2019). "
        "Colours run from zero to the unit's highest recent value.",
    ),
    "trace": (
        "The last ten seconds",
        "The maximum and the mean of the unit's map on every frame. Move something in front of the "
        "camera and watch what makes it rise.",
    ),
    "histogram": (
        "The values of the map",
        "How often each activation occurs in the unit's map on this frame. After a ReLU nothing is "
        "below zero and the bar at zero counts the silent places.",
    ),
    "preferred": (
        "What the unit would like to see",
        "Pictures made from noise, step by step, so that this unit's activation a grows: "
        "x ← r(x + η ∂a/∂x), where r is the recipe's regularisers. Each of the nine starts from "
        "another seed. Without r the result is noise; with it shapes appear (Yosinski et al., "
        "<i>Understanding Neural Networks Through Deep Visualization</i>, 2015; Olah et al., "
        "<i>Feature Visualization</i>, Distill 2017). The number is what the finished picture "
        "reaches: the mean of the unit's map or the value at its centre, as the recipe has it.",
    ),
    "objective": (
        "The activation, step by step",
        "The quantity that the recipe drives, before each step: one line a picture, in colour the "
        "one that is opened, else the best. With random shifts and zooms the line trembles: each "
        "step shows the network another view. The dot and the dashed line are the finished picture "
        "just as it is: the number on its tile. A flat line at zero means that the unit is silent "
        "there and gives no gradient.",
    ),
    "score-reached": (
        "What the picture reaches",
        "The quantity that the recipe drives, on the finished picture just as it is: the mean of "
        "the unit's map, (Σ<sub>ij</sub> a<sub>ij</sub>) / n, or the value at the map's centre. It "
        "is the number on the picture's tile, and the dot in “Activation by step”. While the "
        "picture grows it is the best step so far, of the views that the network was shown.",
    ),
    "score-activation": (
        "Maximum of the map",
        "max<sub>ij</sub> a<sub>ij</sub>: what the unit's strongest place gives on the picture in "
        "8 bits, at the size of the network's own input. It is another number than the one on the "
        "tile, which is of what the recipe drives, at the size that the recipe gives the picture. "
        "The other scores are made of this one, so that recipes can be compared.",
    ),
    "score-excess": (
        "Above photographs",
        "(a − m) / (b − m): a is the maximum of the map on this picture, m the mean and b the best "
        "of the maxima over photographs. At 1 the picture excites the unit as much as the best "
        "photograph, at 0 no more than an average one. It is there where photographs were looked "
        "at: those of the bundled network come along.",
    ),
    "score-kept": (
        "Kept when changed",
        "The share of the height a − m that is left on average when the picture is changed in five "
        "ways that it was not made for: JPEG of quality 60, noise of 6 %, mirrored, a zoom of 7 %, "
        "a blur of one pixel. A good picture keeps most of it; adversarial noise loses it. Without "
        "photographs m is 0.",
    ),
    "score-rank": (
        "Rank in the layer",
        "How many units of the layer this picture excites more, plus one: 1 is first. Units are "
        "compared by (a − m) / σ, deviations above their own mean over photographs, or without "
        "photographs by a itself. A picture that others like better is not this unit's own.",
    ),
    "score-slope": (
        "Slope of the spectrum",
        "The exponent s of the picture's power over frequency f, P(f) ∝ f<sup>s</sup>, fitted from "
        "4 cycles a picture to half of the highest frequency. Photographs have about −2.7. Nearer "
        "to 0 is noise; far below is blur.",
    ),
    "history": (
        "Earlier results",
        "All stored pictures of this unit, of every recipe and seed, newest first. Click one to "
        "see it large with its recipe, seed and scores; two can stand side by side. The key of a "
        "picture is made from what the network computes (weights, code, settings), the recipe and "
        "the seed: when one of them changes, no old picture is shown for the new one. On another "
        "device, with another number of threads, or in a notebook, where convolutions are not "
        "packed as they are here, rounding differs and the same recipe and seed give another "
        "picture, as good as this; its PNG says how it was computed.",
    ),
    "search": (
        "Which recipe suits this unit",
        "Which regularisers give a clear picture differs from unit to unit. Yosinski et al. "
        "(<i>Understanding Neural Networks Through Deep Visualization</i>, 2015) tried 300 random "
        "combinations and picked four that complement one another. Here every second regulariser "
        "and transform is on, with a random strength, and the rate is up to four times higher or "
        "lower; the same recipe always gets the same variations. The number is the merit "
        "√h · k / (√r · (1 + |s + 2.7|)): height h above what photographs give, share k of it "
        "kept when the picture is changed, rank r of the unit in its layer, slope s of the "
        "spectrum (−2.7 in photographs).",
    ),
    "pictures": (
        "The preferred image of every unit",
        "One tile a unit: the picture made for it by the recipe chosen on the right, seed 0. Plain "
        "tiles are not made yet; “Make all” makes them in the back while the live view goes on, "
        "and keeps them. Sorting, searching and picking work as with activations (the pattern mode "
        "of Yosinski et al. 2015).",
    ),
    "why": (
        "What of this picture makes the unit fire",
        "A score s of the unit goes back through the network on every frame. <b>Gradient</b>: "
        "∂s/∂x, how s would change with each pixel (Simonyan et al. 2013). <b>×&nbsp;input</b>: "
        "x · ∂s/∂x. <b>Deconvnet</b> and <b>guided backprop</b> change what a ReLU lets back "
        "(Zeiler and Fergus 2013; Springenberg et al. 2014): sharp, but they show edges more than "
        "reasons. <b>Grad-CAM</b>: max(0, Σ<sub>k</sub> α<sub>k</sub> A<sub>k</sub>), the maps "
        "A<sub>k</sub> of a deep layer weighted by their mean gradient α<sub>k</sub> (Selvaraju "
        "et al. 2016). A pinned unit stays explained while you look at others.",
    ),
    "seed": (
        "Which number of the unit is explained",
        "A unit has a map a of many values; only one number can go back. <b>Map</b>: ½ Σ a², each "
        "place as strongly as it fires (as in Yosinski et al. 2015). <b>Max</b>: the largest "
        "value. <b>Place</b>: the value where you click on the map. <b>Sum</b>: Σ a. "
        "<b>Logit</b>: the score z<sub>k</sub> of a class before softmax.",
    ),
    "occlusion": (
        "Covering the picture piece by piece",
        "A square patch covers one place after the other; each pixel shows by how much the unit's "
        "score falls on average when it is covered: s(x) − s(x covered) (Zeiler and Fergus 2013, "
        "section 4.2). It needs no gradient and holds for every network. The brush does the same "
        "by hand; its strokes stay until they are cleared. “More methods” are those of captum "
        "(Kokhlikyan et al. 2020); each says what it means. Results belong to the frame they were "
        "asked about: freeze the picture first.",
    ),
    "rises": (
        "What falls, and what rises",
        "The first line is the unit itself: the deepest fall of its score. Below are other "
        "classes whose probability grows most where something is covered: what the covered thing "
        "had hidden from the network (cover the dog, and its owner is seen). Click a line to see "
        "where.",
    ),
    "truth": (
        "Is the map true to the network?",
        "Pixels are taken away in the order of the map, most important first (deletion), and put "
        "back into a blurred picture in the same order (insertion), while the score is watched. If "
        "the map names what counts, the score falls at once and rises at once: a small area under "
        "the first curve, a large one under the second (Petsiuk et al. 2018, RISE, arXiv:"
        "1806.07421).",
    ),
    "backward": (
        "How the gradient comes back",
        "One tile a unit: ∂s/∂a at every place of its map, s being the score of the explained "
        "unit. One colour is for, the other against, dark is zero. Pin a unit of a deep layer and "
        "go through the layers below it: each shows what the unit is made of. Layers above it are "
        "empty, as the unit does not depend on them.",
    ),
}

WELCOME = "Each tile is one unit; bright is where it fires"
HINTS = (
    "Click one and it opens on the right. Arrows go on to the next, <b>F</b> freezes the picture, "
    "<b>H</b> shows all keys."
)
