"""What one sees on this page, in plain words, with formula and source."""

from __future__ import annotations

from deepvis_app.ui.panel import Topic

TOPICS = {
    "input": Topic(
        "The input, and what the network sees of it",
        "The camera picture or photograph as it came; what is dimmed the network does not see. The "
        "small picture is the rest after resizing: the network gets exactly these pixels, scaled "
        "as (x / 255 − mean) / std per colour. The coloured rectangle is the receptive field: the "
        "pixels that the place under your pointer, or else the unit's strongest place, can depend "
        "on.",
    ),
    "predictions": Topic(
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
}
