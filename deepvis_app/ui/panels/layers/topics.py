"""What one sees on this page, in plain words, with formula and source."""

from __future__ import annotations

from deepvis_app.ui.panel import Topic

TOPICS = {
    "layers": Topic(
        "All layers, live",
        "Every place in the network where a picture can be taken, in the order of computation. "
        "Each thumbnail shows some of the layer's units. Click to open a layer, Ctrl+click to open "
        "it beside the present one. “256 × 27²” is 256 units with maps of 27 × 27. "
        "Layers with a ~ in their name are directions: each of their units is a weighted sum of "
        "the units of the layer before the ~, such as a feature of a sparse autoencoder. "
        "Right-click a layer to add a saved one or to teach it a concept, or directions to export "
        "or remove them.",
    ),
}
