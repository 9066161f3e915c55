"""What one sees on this page, in plain words, with formula and source."""

from __future__ import annotations

from deepvis_app.ui.panel import Topic

TOPICS = {
    "spread": Topic(
        "How the unit scores the pictures",
        "A picture's score is the unit's highest activation over all places, one number a picture; "
        "the nine are the highest scores, each picture once and each content once. Grey bars: how "
        "many pictures have which score, as log(1 + count). Dashed: the median. The line: what the "
        "unit gives on the present picture. The top alone flatters: move the slider and look at "
        "what it gives half of that for (Bolukbasi et al. 2021). A tile is exactly the receptive "
        "field of the best place (Araujo et al. 2019); what of it lies beyond the picture is "
        "plain, and such places are marked: padding may be what excites them. “Masked” "
        "darkens it where the unit's own map is low (Bau et al. 2017). Scores rank within this "
        "unit only: those of two units cannot be compared.",
    ),
    "side-by-side": Topic(
        "Preferred image, best picture, deconvolution",
        "Three answers to one question: the picture made for the unit, the part of a scanned "
        "picture that it fires on most, and what deconvnet sends back from there (Zeiler and "
        "Fergus 2013), as the Deep Visualization Toolbox set them side by side (Yosinski et al. "
        "2015). Deconvnet shows what of this picture gets through; it is not what the unit means.",
    ),
    "session": Topic(
        "The best frames of this session",
        "While this page is open, every frame is looked at for all units of the layer: where one "
        "gives a unit more than the last of its nine, it takes its place. Frames within two "
        "seconds that look alike to the layer (cosine of its units' maxima of at least 0.9), and "
        "frames that look the same however far apart, count as one moment, of which the best "
        "stays. A picture at rest and one that is brushed over are left out. Frames are kept in "
        "memory alone, for the layers looked at last, until you keep them or close the window.",
    ),
    "classes": Topic(
        "Which classes the unit tells from all others",
        "d′ = (μ<sub>c</sub> − μ<sub>rest</sub>) / √((σ<sub>c</sub>² + σ<sub>rest</sub>²) / 2): by "
        "how many deviations the scores of a class lie above those of all others. Hits and false: "
        "at the threshold that as many pictures exceed as are of the class, the shares of its own "
        "and of the others that do. Precision alone calls units detectors that miss most of their "
        "class (Gale et al. 2020), so look at both. Selectivity = (best − rest) / (best + rest) of "
        "the classes' mean scores (Morcos et al. 2018). Selective is not important: lowering it in "
        "training has raised accuracy (Leavitt and Morcos 2020). A class is the folder that a "
        "picture lies in, or what its file is called as ImageNet's are; it takes five of five "
        "pictures each. Where ImageNet's classes have fewer, those of one kind are taken together.",
    ),
}
