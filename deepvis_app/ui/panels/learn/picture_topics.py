"""What one sees in the pictures of a run, in plain words, with formula and source."""

from __future__ import annotations

from deepvis_app.ui.panel import Topic

HEAT = {
    "learn-heat": Topic(
        "Every layer, every step",
        "A row is a layer, from the input down to the scores; to the right go the steps, under "
        "the same steps of the curves. <i>Gradient</i> is ‖g‖/‖w‖, the length of a layer’s "
        "gradient over that of its weights; <i>update / weight</i> is ‖Δw‖/‖w‖, how far a step "
        "really moved them, whatever the optimiser is (around 10⁻³ is usual; Karpathy, "
        "<i>CS231n</i>); <i>dead units</i> the share of units that have never fired on the probe "
        "so far; <i>moved</i> is ‖w − w₀‖/‖w₀‖. The scale is logarithmic, but for dead units, and "
        "is written at the bar; zero has its lowest colour. Where there are more steps than "
        "columns, a column shows the largest of its steps. <b>Green</b> is what is not finite: it "
        "wins over every number of its column, so no such step is lost. Marks on top stand where "
        "something was changed, or where a finding began. A click picks layer and step for the "
        "weights below.",
    ),
}
RIDGES = {
    "learn-ridges": Topic(
        "How values are spread",
        "A plot a layer, all on one axis: the size |x| of its weights, gradients, updates or "
        "activations, each step to the right twice as large (log₂). <i>Lines</i>: one outline a "
        "step, how large a share of the values has that size; the newest stands in front. Bars "
        "beside the outline are what no such axis has a place for: at the left zeros and "
        "subnormals, at the right, in red, infinities and NaN; pointing tells their number. "
        "<i>Bands</i>: from the first step, at the left, to the newest: the median, the middle "
        "half and nine tenths of the sizes. Counts come from each number’s exponent, so they are "
        "exact to a power of two, nothing is left out, and histograms of any two layers or runs "
        "can lie over one another: <i>Beside</i> lays another run, or one of the layers, over "
        "each plot in a second colour.",
    ),
}
WEIGHTS = {
    "learn-weights": Topic(
        "Weights then and now",
        "A layer’s weights at the first step that was kept, at the step that is looked at, and "
        "their difference, in one scale: blue above zero, orange below, black is zero. A row is a "
        "unit, a column one of its inputs, as they are numbered; kernels of convolutions lie as "
        "small tiles, of a layer with few inputs side by side. Where there are more numbers than "
        "pixels, each pixel shows the one furthest from zero. Below, where a unit’s inputs are a "
        "picture, the weights of each unit as one: what it is looking for. A click picks a unit "
        "and shows how it came about. <i>How far each has moved</i> is ‖w − w₀‖/‖w₀‖ by unit, the "
        "furthest first.",
    ),
}
JUDGEMENT = {
    "learn-confusion": Topic(
        "Confusion",
        "How often each class (rows) was taken for each (columns), among examples that are not "
        "learned from; blue is right, orange is wrong, and the fuller the colour the larger the "
        "share of its row. It is that of the step that is pointed at, else the newest.",
    ),
    "learn-line": Topic(
        "Loss along the update",
        "The loss on the same examples where a step’s update is not made at all (0), half, once, "
        "as it was, and 2, 4 and 8 times: the question of the learning rate, shown. Least at the "
        "update itself: the rate fits. Least further out: it could be larger. Least before it: it "
        "is too large, and the last part of each step is lost again. The examples are the "
        "monitor’s probe, or the batch where the loop gave a closure: on a probe that is not "
        "learned from, a line that only rises says that the network learns by heart by now.",
    ),
}
REGIONS = {
    "learn-regions": Topic(
        "What is said of every place",
        "The plane that the points lie in, coloured by the class that the network says there: the "
        "fuller, the surer; where it cannot tell, the ground is seen. Filled points were learned "
        "from, rings are those it is judged by; a white ring around one says that it lies on the "
        "wrong side (after TensorFlow’s Playground).",
    ),
}
SUSPECTS = {
    "learn-suspects": Topic(
        "Labels that may be wrong",
        "Every time an example is learned from, its margin is the score of the class that its "
        "label says, less the highest other score. Where the mean over training is low, the other "
        "examples speak against this label (Pleiss et al., <i>Identifying Mislabeled Data using "
        "the Area Under the Margin Ranking</i>, NeurIPS 2020). Under each picture: its label, "
        "then what the network says. Where a class that does not exist was trained along with the "
        "others, its margins say how low is suspect: below 99 % of theirs.",
    ),
}
