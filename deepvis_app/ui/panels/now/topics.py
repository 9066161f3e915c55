"""What one sees on this page, in plain words, with formula and source."""

from __future__ import annotations

from deepvis_app.ui.panel import Topic

TOPICS = {
    "beside": Topic(
        "The unit on input and result",
        "The picture that Play was given and the one that it made, each with the unit's map of it: "
        "one square a position, both in the same colours from zero to the higher of the two "
        "maxima. The bars are these maxima; the percentage is (result − input) / |input|. What "
        "stays though the pictures differ is what the unit looks at.",
    ),
    "map": Topic(
        "Where the unit is active",
        "Left, the unit's map laid over the input; right, the map itself, one square a position. "
        "A map position lies where the centre of its receptive field is (Araujo et al., "
        "<i>Computing Receptive Fields of Convolutional Neural Networks</i>, Distill 2019). "
        "Colours run from zero to the unit's highest recent value.",
    ),
    "trace": Topic(
        "The last ten seconds",
        "The maximum and the mean of the unit's map on every frame. Move something in front of the "
        "camera and watch what makes it rise.",
    ),
    "histogram": Topic(
        "The values of the map",
        "How often each activation occurs in the unit's map on this frame. After a ReLU nothing is "
        "below zero and the bar at zero counts the silent places.",
    ),
}
