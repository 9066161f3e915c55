"""What one sees here, in plain words, with formula and source."""

from __future__ import annotations

from deepvis_app.ui.panel import Topic

TOPICS = {
    "teach": Topic(
        "A concept taught by pictures",
        "Hold one key while the picture shows something, the other while it does not; or choose "
        "two folders. Five frames a second are taken, each as its code: the layer’s maps averaged "
        "over all places. From 10 and 10 on a linear probe is learnt (Alain &amp; Bengio 2016), "
        "Fisher’s discriminant with a ridge: w = (S + ρI)⁻¹ (μ₊ − μ₋), where S is the codes’ "
        "covariance and μ their means on either side; b puts both means equally far from zero. "
        "<br><br><b>Live</b>: w · x + b, averaged over all places. +1 is what pictures of it give "
        "on average, −1 what the others do; above zero the frame is taken for it. "
        "<br><br><b>Held out</b>: the probe is learnt again without a fifth of the pictures, which "
        "it then has to tell, up to five times. Frames of one second, and seconds that look alike, "
        "are one moment and held out together: a camera that does not move shows only one. The "
        "bounds are Wilson’s at 95&nbsp;%, each moment counted once. Pictures with an orange frame "
        "were told wrong. "
        "<br><br><b>Shuffled</b>: the same with labels that mean nothing, 100 times (after Kim et "
        "al. 2018, “Testing with concept activation vectors”). A concept that 5 of 100 shufflings "
        "match is not better than chance, and is called that. "
        "<br><br><b>By layer</b>: how many held-out pictures each layer tells right; a click "
        "teaches that layer. Kept, the concept is a direction: a layer like any other, whose map "
        "shows where in the picture it is.",
    ),
}
