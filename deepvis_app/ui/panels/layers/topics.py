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
        "Right-click a layer to make some from scanned pictures, to add saved ones or to teach it "
        "a concept, or directions to export or remove them.",
    ),
    "making-directions": Topic(
        "Make directions",
        "A unit often answers to several things, and one thing is often spread over many units. "
        "Here other read-outs of a layer are looked for. Codes x, what all its units give at one "
        "place, are gathered from scanned pictures, away from borders where padding is seen, and "
        "directions are made of them; every fifth picture is kept apart, and all figures are from "
        "those.<br><br>"
        "<b>Sparse</b>: few directions at a time make up each code, x ≈ x̄ + Σ sₖ dₖ with sₖ ≥ 0 "
        "and |dₖ| = 1. They minimise ½ |x − x̄ − Σ sₖ dₖ|² + λ Σ sₖ (Olshausen and Field, 1997; "
        "learned online as in Mairal et al., 2009). λ is <i>Sparsity</i> times the root mean "
        "square length of codes: a direction is used only where it takes away more than that. "
        "There may be more directions than units.<br>"
        "<b>NMF</b>: x ≈ Σ sₖ dₖ with nothing below zero in s or d, so that parts only add up (Lee "
        "and Seung, 1999; as concepts in CRAFT: Fel et al., 2023). It wants a layer behind a "
        "ReLU.<br>"
        "<b>PCA</b>: the eigenvectors of the covariance of codes, which give back most with "
        "fewest. Each has its sign, and they need not mean anything.<br><br>"
        "The amounts s of the first two are found by an optimisation for each code. The layer that "
        "appears reads them in one go, as ReLU(wₖ · x + bₖ): w and b are fitted to the amounts, as "
        "the encoder of a sparse autoencoder is. <b>Missed</b> is the share of the layer’s "
        "variance that the directions do not give back, beside that of as many single units a "
        "place, each place’s furthest from their mean. Where units miss less, the layer is sparse "
        "already: look at its units first. On made-up layers of 64 channels that mix 96 sparse "
        "features a sparse dictionary finds these with a mean cosine of 0.99, principal components "
        "with 0.40 (<code>deepvis bench directions</code>).",
    ),
}
