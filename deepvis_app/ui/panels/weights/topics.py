"""What one sees on this page, in plain words, with formula and source."""

from __future__ import annotations

from deepvis_app.ui.panel import Topic

TOPICS = {
    "sum": Topic(
        "What adds up to the value",
        "At the place p where the unit is most active now, each input unit i gives a part: "
        "Σ<sub>d</sub> W<sub>i,d</sub> · a<sub>i</sub>(p · stride + d · dilation − padding), the "
        "sum over the kernel of weight times activation. All parts above zero are the first bar, "
        "all below zero the second; with the bias they are the third, the value before the "
        "activation function. A batch norm behind the convolution is a factor and a summand for "
        "each unit and is folded into weights and bias. Where a block adds its input to its "
        "output, that input is one of weight 1. The sum is compared with what the network itself "
        "gives; where they differ by more than rounding, it is said.",
    ),
    "incoming": Topic(
        "What comes into the unit",
        "A line for each input unit: what it likes (its stored preferred image), its number, its "
        "kernel (blue above zero, orange below), the part of its map that the kernel lies on now, "
        "and the product of both, summed. <b>Now</b> orders by that product. <b>Weight only</b> "
        "orders by the kernel's length ‖W<sub>i</sub>‖<sub>2</sub>, whatever is on the picture "
        "(as OpenAI Microscope, 2020, does), and shows the kernel's sum. Where pooling lies "
        "between, the unit named is the one before it. Enter or a click steps into a unit, "
        "Backspace leads back.",
    ),
    "outgoing": Topic(
        "Where the unit's value goes",
        "The weights with which the next layer reads this unit. Where these are the class scores, "
        "each class has one weight (through average pooling and flattening, too): the curve shows "
        "all, sorted, and the list the best and the worst with the class's bias in the tooltip. In "
        "networks of one hidden layer these weights are legible where an L2 penalty kept them "
        "small. Elsewhere a line shows the kernel, and its sum is what an even map of this unit "
        "adds there.",
    ),
    "filters": Topic(
        "Filters as pictures",
        "A unit that reads the picture itself looks for its kernel: the same colours in the same "
        "places. Middle grey is zero, red, green and blue are in the picture's order whatever the "
        "network's own is. On its own scale the strongest weight is full colour; on the shared one "
        "the strongest of the whole layer is, so that weak filters look grey (Krizhevsky et al. "
        "2012, figure 3). By hue: the first principal axis of a filter's colours.",
    ),
    "reach": Topic(
        "How the unit reaches the picture",
        "Expanded weights (Voss et al., <i>Visualizing Weights</i>, Distill 2021): the gradient of "
        "the middle of the unit's map with respect to the first layer's maps, at a zero input, "
        "with activation functions passed straight and max pooling taken as the mean of its "
        "window; batch norm takes part. The same for the picture itself is the first tile. For "
        "a path without such functions this is exact, elsewhere it is an approximation, and it "
        "says so. Under each filter: the share of its weights' length in all, with the sign of "
        "their sum.",
    ),
    "spread": Topic(
        "The layer's weights",
        "Left, how often each weight occurs in the layer (batch norm folded). Right, the length "
        "‖W‖<sub>2</sub> of every unit's weights; the line is the picked unit. A unit with hardly "
        "any weights is often dead.",
    ),
}
