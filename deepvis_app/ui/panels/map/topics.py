"""What one sees on this page, in plain words, with formula and source."""

from __future__ import annotations

from deepvis_app.ui.panel import Topic

TOPICS = {
    "map-of-codes": Topic(
        "The map of codes",
        "A picture's code in a layer is one number a unit: what the scan kept of it, as a rule the "
        "unit's highest activation over all places. Pictures whose codes are alike lie near each "
        "other. Alike is the cosine: d(a, b) = 1 − a·b / (|a| |b|). t-SNE (van der Maaten and "
        "Hinton 2008) takes the first 50 principal components of the codes and moves points until "
        "the chances that one would pick another as its neighbour, a Gaussian's among codes and "
        "(1 + d²)<sup>−1</sup> on the map, differ least (Kullback-Leibler divergence, perplexity "
        "30). It starts from the two first principal components, so that the large order is theirs "
        "and the same scan always gives the same map (Kobak and Berens 2019). <b>What it does not "
        "say:</b> how far two groups are from each other, how large or how dense a group is, and "
        "that a gap is a gap among the codes: t-SNE makes groups even. Ask the neighbours in the "
        "strip, which are taken among the codes themselves; or PCA, whose distances are true as "
        "far as two dimensions go.",
    ),
    "activation-atlas": Topic(
        "The activation atlas",
        "The map is cut into square cells. Each picture shows what the photographs of a cell have "
        "in common and most others have not; it is larger where there are more (its area grows "
        "with the root of their number). A cell's code h is the mean of its photographs' codes. It "
        "is whitened, v = S h, with S = ((1 − s) X<sup>T</sup>X / n + s m I)<sup>−1</sup> over all "
        "n codes X, m the mean square of all units and s = 0.1, so that there is an inverse where "
        "codes are fewer than units. A picture is then driven to what the layer gives along it: "
        "(a·v / |v|) · max(0.1, cos(a, v))<sup>4</sup>, a the mean of the layer over all places. "
        "The cosine keeps what is of no such photograph from growing along. After Carter et al. "
        "2019 (Distill), who take one random place of a million photographs; here a photograph is "
        "one code, pooled as the scan pooled it, so that cells lie over the map. <b>Two classes "
        "compared:</b> of the photographs that score highest for either, the columns go from what "
        "speaks for the first to what speaks for the second, by the difference of the two scores "
        "(cut where 99 in 100 are within); in a column the order is that in which t-SNE lays their "
        "codes out on a line. <b>What it does not say:</b> that a photograph looks like its cell's "
        "picture, and that a cell is one thing: its borders are those of a grid.",
    ),
    "nearest": Topic(
        "Where the frame is placed",
        "Every frame's code is pooled as the scan pooled it and compared with the codes of all "
        "pictures: the strip shows the nearest, with their distances. The ring stands at the "
        "median of the ten nearest ones' places, weighted by 1 / distance: amid a group, never in "
        "the void between two (as openTSNE starts new points). It is smoothed by 0.3 a frame; "
        "the beads are its last 14 places, the lines lead to the three nearest. A ring that "
        "is hollow and dashed: the mean distance to the ten nearest, by the median of the "
        "pictures' own, is beyond what 99 in 100 pictures stay below: it is unlike all of them, "
        "and its place says little. A picture that is itself in the map is left out of its own "
        "neighbours.",
    ),
    "shared-units": Topic(
        "What chosen pictures share",
        "For each unit of the layer: (mean over the chosen pictures − mean over all) / standard "
        "deviation over all, the largest first. +3σ: these pictures lie three deviations above "
        "what is usual for that unit. A click picks the unit. Few pictures always share something: "
        "of 500 units some stand out by chance when three pictures are chosen.",
    ),
    "unit-over-map": Topic(
        "This unit over the map",
        "Each point is a picture, in the colour of what the picked unit gave on it, as the scan "
        "kept it; the ring is the present frame. A unit that answers to one kind of picture lights "
        "up one part of the map; one that lights up in several parts answers to several things.",
    ),
}
