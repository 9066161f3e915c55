"""What one sees in each pane, in plain words, with formula and source."""

from __future__ import annotations

EXPLANATIONS: dict[str, tuple[str, str]] = {
    "input": (
        "The input, as the network sees it",
        "The camera picture or photograph after resizing and cropping. The network gets exactly "
        "these pixels, scaled as (x / 255 − mean) / std per colour. The rectangle is the receptive "
        "field: the pixels that the place under your pointer, or else the unit's strongest place, "
        "can depend on.",
    ),
    "predictions": (
        "Class scores",
        "The softmax of the network's last layer: p<sub>k</sub> = exp(z<sub>k</sub>) / "
        "Σ exp(z<sub>j</sub>). Bars are averaged over a moment so that they can be read. Click a "
        "class to pin it: it stays in view even when it is not among the five best.",
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
        "units show, but can no longer be compared. Tiles keep their places until you sort anew.",
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
}

HINTS = (
    ("Click", "a tile: its unit opens on the right"),
    ("Arrows", "move through units; up from the first row to the layers"),
    ("F", "freezes the picture; everything else stays alive"),
    ("H", "shows all keys"),
)
