"""Pictures in memory that know their class."""

from __future__ import annotations

import numpy as np

from deepvis_app.frames.labelled import Labelled, LabelledSource


def test_frames_carry_the_true_class() -> None:
    pictures = [np.full((4, 5, 3), shade, np.uint8) for shade in (10, 20)]
    entries = [
        Labelled(lambda place=place: pictures[place], f"val picture {place + 1}", 7 + place, "dogs")
        for place in range(2)
    ]
    source = LabelledSource("run:a", "a, validation pictures", lambda: entries)
    info = source.open()
    assert (info.title, info.detail, info.length) == ("a, validation pictures", "2 pictures", 2)
    assert {"play", "step", "seek"} <= info.controls
    first = source.read()
    assert (first.label, first.label_name, first.title, first.index) == (
        7, "dogs", "val picture 1", 0,
    )  # fmt: skip
    assert first.image[0, 0, 0] == 10
    assert source.due_in_s() is None  # it rests
    source.step(1)
    assert source.due_in_s() == 0
    assert source.read().label == 8
