"""The pictures of a training as a source, see `run_specs`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from deepvis_app.engine.own_thread import on_own_thread
from deepvis_app.engine.run_data import run_data
from deepvis_app.engine.run_specs import folder_in
from deepvis_app.errors import UserError
from deepvis_app.frames.labelled import Labelled, LabelledSource
from deepvis_app.frames.source import Policy, SourceError

if TYPE_CHECKING:
    from deepvis_app.frames.source import FrameSource
    from deepvis_app.lab.trainer import DataSet


def open_run_pictures(spec: str, policy: Policy = Policy.NEWEST) -> FrameSource:
    """Return the source of a run's pictures, not yet opened. Its `open` loads them."""
    folder, is_train = folder_in(spec)
    is_val = not is_train
    title = f"{folder.name}, {'validation' if is_val else 'training'} pictures"

    def find() -> list[Labelled]:
        try:
            data = on_own_thread(lambda: run_data(folder))
        except UserError as error:
            raise SourceError(error.cause, error.remedy) from error
        if data.is_points:
            raise SourceError(
                f"{folder.name} learns from points, which are no pictures",
                "Look at its decision regions in Learn",
            )
        return _labelled(data, is_val)

    return LabelledSource(spec, title, find, policy=policy)


def _labelled(data: DataSet, is_val: bool) -> list[Labelled]:
    classes = (data.val_y if is_val else data.train_y).tolist()
    numbers = (data.val_ids if is_val else data.ids).tolist()
    kind = "val" if is_val else "train"
    return [
        Labelled(
            partial(data.picture, place, val=is_val),
            data.names[number] if data.names else f"{kind} picture {place + 1}",
            label,
            data.labels[label],
        )
        for place, (label, number) in enumerate(zip(classes, numbers, strict=True))
    ]
