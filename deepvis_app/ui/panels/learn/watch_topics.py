"""What one sees of a training network's pictures and of its checkpoints, in plain words."""

from __future__ import annotations

from deepvis_app.ui.panel import Topic

LESSON = {
    "learn-lesson": Topic(
        "One picture, layer by layer",
        "What the picture that is shown would teach the network that is watched, as the demo of "
        "ConvNetJS draws it (Karpathy 2014). A row is a layer with weights; a tile a unit. From "
        "left to right: its <i>activations</i> a; the <i>gradients of the loss</i> ∂L/∂a, how the "
        "loss would change if a grew: <b>blue</b> it would rise, <b>orange</b> fall; its "
        "<i>weights</i>, a unit’s kernels side by side; and ∂L/∂w, which a step of plain gradient "
        "descent takes away from them. L is the loss of the picture’s true class, or of one that "
        "you choose: −ln of its probability, or half the squared distance where the run was "
        "trained so; without L2, in evaluation mode (no dropout, batch norms with their running "
        "means), on this picture alone. Each picture has one scale for all its units, written "
        "below; signed ones are symmetric about zero. ‖·‖ is the length of all numbers of a "
        "picture. Where many weights share a pixel the one furthest from zero is drawn. While "
        "the run learns, its newest weights come a few times a second.",
    ),
}
TIMELINE = {
    "learn-timeline": Topic(
        "One unit through the checkpoints",
        "When did this unit become what it is? At every checkpoint, from the validation pictures "
        "(at most 1000): <i>weights</i> is the cosine of its weights with the final ones; "
        "<i>answers</i> Pearson’s correlation of its highest activations on the pictures with the "
        "final ones; <i>selectivity</i> is d′, the distance of its mean answer to the class that "
        "it tells best at the end from that to all others, in standard deviations (the root of "
        "the mean of both variances), drawn as a share of its largest value. <i>Half way</i> and "
        "<i>90 %</i> name the first checkpoints from which on a measure has gone so much of its "
        "way from first to last, for good. Below, at some steps: its weights; what it would like "
        "to see, made with the same seed by the recipe of Preferred on the network of each "
        "checkpoint and kept under that network; the pictures that excite it most then. The "
        "slider goes through all checkpoints.",
    ),
}
