"""What one sees on this page, in plain words, with formula and source."""

from __future__ import annotations

from deepvis_app.ui.panel import Topic

TOPICS = {
    "preferred": Topic(
        "What the unit would like to see",
        "Pictures made from noise, step by step, so that this unit's activation a grows: "
        "x ← r(x + η ∂a/∂x), where r is the recipe's regularisers. Each of the nine starts from "
        "another seed. Without r the result is noise; with it shapes appear (Yosinski et al., "
        "<i>Understanding Neural Networks Through Deep Visualization</i>, 2015; Olah et al., "
        "<i>Feature Visualization</i>, Distill 2017). The number is what the finished picture "
        "reaches: the mean of the unit's map or the value at its centre, as the recipe has it.",
    ),
    "objective": Topic(
        "The activation, step by step",
        "The quantity that the recipe drives, before each step: one line a picture, in colour the "
        "one that is opened, else the best. With random shifts and zooms the line trembles: each "
        "step shows the network another view. The dot and the dashed line are the finished picture "
        "just as it is: the number on its tile. A flat line at zero means that the unit is silent "
        "there and gives no gradient.",
    ),
    "score-reached": Topic(
        "What the picture reaches",
        "The quantity that the recipe drives, on the finished picture just as it is: the mean of "
        "the unit's map, (Σ<sub>ij</sub> a<sub>ij</sub>) / n, or the value at the map's centre. It "
        "is the number on the picture's tile, and the dot in “Activation by step”. While the "
        "picture grows it is the best step so far, of the views that the network was shown.",
    ),
    "score-activation": Topic(
        "Maximum of the map",
        "max<sub>ij</sub> a<sub>ij</sub>: what the unit's strongest place gives on the picture in "
        "8 bits, at the size of the network's own input. It is another number than the one on the "
        "tile, which is of what the recipe drives, at the size that the recipe gives the picture. "
        "The other scores are made of this one, so that recipes can be compared.",
    ),
    "score-excess": Topic(
        "Above photographs",
        "(a − m) / (b − m): a is the maximum of the map on this picture, m the mean and b the best "
        "of the maxima over photographs. At 1 the picture excites the unit as much as the best "
        "photograph, at 0 no more than an average one. It is there where photographs were looked "
        "at: those of the bundled network come along.",
    ),
    "score-kept": Topic(
        "Kept when changed",
        "The share of the height a − m that is left on average when the picture is changed in five "
        "ways that it was not made for: JPEG of quality 60, noise of 6 %, mirrored, a zoom of 7 %, "
        "a blur of one pixel. A good picture keeps most of it; adversarial noise loses it. Without "
        "photographs m is 0.",
    ),
    "score-rank": Topic(
        "Rank in the layer",
        "How many units of the layer this picture excites more, plus one: 1 is first. Units are "
        "compared by (a − m) / σ, deviations above their own mean over photographs, or without "
        "photographs by a itself. A picture that others like better is not this unit's own.",
    ),
    "score-slope": Topic(
        "Slope of the spectrum",
        "The exponent s of the picture's power over frequency f, P(f) ∝ f<sup>s</sup>, fitted from "
        "4 cycles a picture to half of the highest frequency. Photographs have about −2.7. Nearer "
        "to 0 is noise; far below is blur.",
    ),
    "accentuation": Topic(
        "Brought out",
        "The recipe “clear” on a grid of 160 pixels, begun from a photograph instead of noise, in "
        "32 steps a quarter as large. What the unit sees in the picture already becomes more of "
        "what it likes; the rest changes little. It shows what of the picture the unit goes by, "
        "where preferred images show what it likes most. The idea is Hamblin et al.'s, "
        "<i>Feature Accentuation</i>, 2024. The picture is kept with the network, its unit and "
        "what it was made from.",
    ),
    "natural": Topic(
        "Natural after photographs",
        "Maximised is a / r − w · A: the activation a in units of the reach r that photographs "
        "have above their mean, less w times how far the layers before the unit are from being "
        "filled as photographs fill them. A is the mean, over up to five layers, their units, and "
        "mean and deviation of each unit's map, of ((q − T) / σ)²: T is what photographs give on "
        "average, σ the deviation of their values. Any dozen photographs do, the unit's own best "
        "ones no better: this says how pictures look, not what the unit likes. They are those "
        "that the network was scanned over, else some that come along; the letters tell them from "
        "all others. After Görgün et al., <i>VITAL</i>, 2025, which leaves a out.",
    ),
    "history": Topic(
        "Earlier results",
        "All stored pictures of this unit, of every recipe and seed, newest first. Click one to "
        "see it large with its recipe, seed and scores; two can stand side by side. The key of a "
        "picture is made from what the network computes (weights, code, settings), the recipe and "
        "the seed: when one of them changes, no old picture is shown for the new one. On another "
        "device, with another number of threads, or in a notebook, where convolutions are not "
        "packed as they are here, rounding differs and the same recipe and seed give another "
        "picture, as good as this; its PNG says how it was computed.",
    ),
    "search": Topic(
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
}
