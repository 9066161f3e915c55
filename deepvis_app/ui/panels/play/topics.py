"""What one sees in Play, in plain words, with formula and source."""

from __future__ import annotations

from deepvis_app.ui.panel import Topic

TOPICS = {
    "play-what": Topic(
        "What is asked of the network",
        "The layer whose answer counts, and where there is a choice which of its units, or the "
        "class that is aimed at. Where no layer was chosen it is the one that is picked in Watch; "
        "a style has usual ones of its own.",
    ),
    "play-how": Topic(
        "How the picture is made",
        "All techniques change a picture step by step along the network's own gradient. <i>Step "
        "size</i> is how far a step goes; <i>steps</i>, how many there are; <i>smoothness</i> "
        "weighs the picture's total variation, the sum of squared differences of neighbours, "
        "against what is asked: more of it, less noise and less detail. The <i>seed</i> is where "
        "chance begins: the same seed and settings give the same picture. A change of a slider "
        "goes on from the present picture where the technique can; another layer, class or seed "
        "begins anew. A double click on a slider gives its usual value back.",
    ),
    "play-curve": Topic(
        "The curve",
        "What the technique lowers or raises, after every step. Of an inversion it is the "
        "<i>error</i>: |code of the result − code of the input|² over |code of the input|², the "
        "squared distance of the codes over the code's squared length; λ beside it is the weight "
        "of the smoothness (Mahendran and Vedaldi, <i>Understanding Deep Image Representations by "
        "Inverting Them</i>, CVPR 2015).",
    ),
    "play-attempts": Topic(
        "Scores by the size of the change",
        "Every dot is one finished attack on this picture: the score of the class that was said "
        "of it, and of the one that is said now or aimed at. ε bounds the change: of any value "
        "(L∞), or the length of all of it (L2), of pixels in 0..1; it is shown in levels of 255. "
        "At zero is the picture itself.",
    ),
    "play-attack-scores": Topic(
        "Scores before and after",
        "What the network says of the input, in grey, and of the result, in blue. Whether it "
        "counts is decided on the picture in 8 bits, as a file holds it.",
    ),
    "play-moved": Topic(
        "How far every layer moves",
        "|code of the result − code of the input| over |code of the input|, in percent, a layer "
        "after the other: the change is hardly there at first and grows on its way. Beside it the "
        "same for random noise of the same size, which the layers nearly forget: the size is not "
        "what makes it work but the direction. Goodfellow et al. (<i>Explaining and Harnessing "
        "Adversarial Examples</i>, ICLR 2015) say why: were the network linear, a change of ε a "
        "value along sign(w) would move its answer by ε times the sum of all |w|, which grows "
        "with the number of dimensions while the change stays invisible.",
    ),
    "play-stages": Topic(
        "The same picture from every layer",
        "Each picture is made from nothing but what one stage of the network says about the "
        "input. Early stages keep nearly every pixel; later ones keep what a thing is and let go "
        "where and how it lies: what differs from the input is what the stage does not tell "
        "apart. Error: squared distance of the codes over the code's squared length. Left and "
        "right step through them, a click shows one large.",
    ),
}
