"""What one sees here, in plain words, with formula and source."""

from __future__ import annotations

from deepvis_app.ui.panel import Topic

TOPICS = {
    "ablation": Topic(
        "What the network does without a unit",
        "The unit’s map is replaced, at every place, by zero or by the mean of its activation over "
        "all places of all scanned photographs, before anything behind it sees it. All that is "
        "shown answers to what is left: maps, scores, explanations; what lies before the unit "
        "stays. Beside it the whole network is run once more on the same frame, and the scores of "
        "both are compared: before → after, the largest changes first. Other units may take over "
        "what one did, and zero may be a value that the unit never gives: the mean is the gentler "
        "question. A direction is held by the least change of its layer that does it: the "
        "difference of its sum along its pseudo-inverse w / |w|², where a silent rectified one "
        "stays as it is. A unit that is selective for a class need not matter for it "
        "(Morcos et al. 2018; Leavitt &amp; Morcos 2020).",
    ),
}
