"""What one sees on this page, in plain words, with formula and source."""

from __future__ import annotations

from deepvis_app.ui.panel import Topic

TOPICS = {
    "grid": Topic(
        "The units of a layer",
        "One tile a unit: its activation at every place of the picture, dark for low and bright "
        "for high. Layers with negative values use two colours with zero in the middle. “Steady” "
        "gives the layer one range that follows slowly; “Unit” gives every unit its own, so weak "
        "units show, but can no longer be compared. Tiles keep their places until you sort anew; "
        "units with NaN come last. What is no number is hatched: crossed for NaN, rising for ∞, "
        "falling for −∞.",
    ),
    "pictures": Topic(
        "The preferred image of every unit",
        "One tile a unit: the picture made for it by the recipe chosen on the right, seed 0. Plain "
        "tiles are not made yet; “Make all” makes them in the back while the live view goes on, "
        "and keeps them. Sorting, searching and picking work as with activations (the pattern mode "
        "of Yosinski et al. 2015).",
    ),
    "records": Topic(
        "The picture that excites each unit most",
        "One tile a unit: of the scanned picture that it gave its highest activation on, its "
        "record, exactly what that place sees; beyond the picture it is plain. The bar is the "
        "share of its record that the unit gives now, max(a) / record; lit by that share, tiles "
        "far below it are faint, so what the network recognises lights up as you look. A unit "
        "without a tile fired on no picture. Records of two units cannot be compared.",
    ),
    "table": Topic(
        "The units of a layer, in figures",
        "One line a unit; a click on a head sorts. The bars in the heads say how each figure is "
        "spread over the units, the mark where the picked one stands. <i>Live max</i> is the "
        "highest activation on this frame; all else comes of a scan of photographs and waits for "
        "one (–).<br><b>Mean</b> and <b>zero</b> are over all places of all photographs, "
        "<b>silent</b> is the share of photographs on which the unit is nowhere above zero. Zero "
        "on all N is called dead; that is no proof: at 95 % it fires on at most 3/N."
        "<br><b>Select.</b> is (μ<sub>max</sub> − μ<sub>rest</sub>) / (μ<sub>max</sub> + "
        "μ<sub>rest</sub>), μ<sub>max</sub> the highest mean score of a class and μ<sub>rest</sub> "
        "the mean of the other classes’ means (Morcos et al., ICLR 2018); not said of a unit that "
        "fired on fewer than ten. <b>d′</b> is the distance of the best class’ mean from that of "
        "all others in standard deviations, (μ<sub>c</sub> − μ<sub>¬c</sub>) / "
        "√((σ<sub>c</sub>² + σ<sub>¬c</sub>²)/2); <b>AUC</b> the chance that a photograph of it "
        "scores above one of another class, ties counting half. They take five classes of five "
        "photographs each.<br><b>Selective is not important.</b> Networks trained to be less "
        "selective were no worse, and could be better (Leavitt &amp; Morcos 2020); units that are "
        "called detectors by such figures miss most of their class (Gale et al. 2020). Set the "
        "unit to zero and look at what changes.<br><b>Twin</b> is the unit whose scores go with it "
        "most: r is the correlation of their highest activations over all photographs. Those that "
        "go together above 0.95 and answer to each other’s best photographs are counted as "
        "<i>Twins</i>; further columns have the unit most alike by photographs and by weights.",
    ),
    "find": Topic(
        "Find a unit",
        "<b>Class</b>: units by d′, the distance of the class’ mean score from that of all others "
        "in standard deviations; it takes five classes of five photographs. Else, and for parts of "
        "names, by AUC: the chance that one of these photographs scores above another. Of few "
        "photographs and many units some come near 1 by chance.<br><b>This picture</b>: by the "
        "share of all photographs on which the unit scores as high as on the shown one, the rarest "
        "first. Activations of different units cannot be compared, their places among their own "
        "scores can.<br><b>Picked unit</b>: by the correlation of scores over all photographs; by "
        "photographs, s(a ← b) = Σ a on b’s best / Σ a on its own best, the lower of both ways "
        "(NEFESI, Rafegas et al. 2020); or by the cosine between weights. Set the first ones to "
        "zero and see whether they matter: that they answer does not say so.",
    ),
    "matrix": Topic(
        "How units go together",
        "One place a pair of units: the correlation r of their scores over all scanned "
        "photographs, a unit’s score being its highest activation; blue for together, orange for "
        "against each other. Units stand in the order of the leaves of average linkage on 1 − |r|, "
        "so that kin make blocks; those that never change stand last, grey. Duplicates have r "
        "above 0.95, and each answers to the other’s best photographs with more than 0.8 of what "
        "it gives for its own (NEFESI, Rafegas et al. 2020). With two layers side by side the "
        "units of one stand against those of the other. A click picks the pair.",
    ),
    "compare": Topic(
        "Two corpora beside each other",
        "The same units on other photographs, or the same photographs under other weights (a "
        "fine-tuned network with the same layers). <b>Shift</b> is the largest difference between "
        "both cumulative distributions of scores, 0 to 1 (the statistic of Kolmogorov and "
        "Smirnov), within a bin of an eighth of an octave. <b>Δ mean</b> and <b>Δ silent</b> are "
        "the second less the first. For the picked unit bars are the scores of the corpus that is "
        "looked at, the line those of the one beside; <i>lost</i> are its best photographs that "
        "are not among the best of the other, <i>new</i> the reverse. In a network that was "
        "trained apart, unit 5 is not the same thing as unit 5 here.",
    ),
    "backward": Topic(
        "How the gradient comes back",
        "One tile a unit: ∂s/∂a at every place of its map, s being the score of the explained "
        "unit. One colour is for, the other against, dark is zero. Pin a unit of a deep layer and "
        "go through the layers below it: each shows what the unit is made of. Layers above it are "
        "empty, as the unit does not depend on them.",
    ),
}
