"""What one sees in Learn, in plain words, with formula and source."""

from __future__ import annotations

from deepvis_app.ui.panel import Topic

TOPICS = {
    "learn-curves": Topic(
        "Loss and accuracy",
        "What the network is made to lower, and the share of examples that it names rightly. The "
        "faint line is every step's own value, on the examples of that step alone; over it lies "
        "the mean of the last values, as many as the heading says: each counts alike, and none "
        "that came later. Dashed is what was measured on examples that are not learned from. While "
        "both fall, it learns; when the dashed one turns and rises, it learns by heart. Curves of "
        "all runs whose eye is open lie over one another; what lies above the upper edge is named "
        "there. Dotted lines stand where something was changed. Move along a curve: the same step "
        "is marked in every picture below. Ctrl and the wheel zoom, a double click shows all.",
    ),
    "learn-findings": Topic(
        "What is wrong, and what to do",
        "Rules that look at a run’s log: each says what it saw, in numbers, since which step, and "
        "what helps. A finding that follows from another one is not said again. The worst come "
        "first. “Healthy” is said only of what could be looked at; where the log lacks something, "
        "the rules that need it are named. How often each rule finds a fault that is there, and "
        "how often it cries without one, is measured: <i>deepvis bench diagnoses</i>.",
    ),
    "learn-form": Topic(
        "A new run",
        "Every setting of a training. Training runs in a process of its own, so that the window "
        "never waits; its log and its checkpoints lie in a folder of the run’s name. The check "
        "before the start takes four looks that find most mistakes before an hour is spent "
        "(Karpathy, <i>A Recipe for Training Neural Networks</i>, 2019): whether the loss begins "
        "where chance would put it, −ln(1/C) for C classes; whether a batch’s examples keep apart; "
        "whether a handful of examples can be learned by heart; whether the input makes a "
        "difference at all.",
    ),
}
