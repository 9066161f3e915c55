"""Event files as others write them: by TensorBoard's own protocol buffers and record writer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensorboard.compat.proto import event_pb2
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

NAME = "events.out.tfevents.{:010d}.host"


def scalar(tag: str, step: int, value: float, time: float = 1.0) -> Any:
    return event(step, Summary.Value(tag=tag, simple_value=value), time=time)


def event(step: int, *values: Any, time: float = 1.0) -> Any:
    return event_pb2.Event(wall_time=time, step=step, summary=Summary(value=values))


def write(folder: Path, events: Iterable[Any], number: int = 1) -> Path:
    """Write a file of the events, messages or bytes, whose name has the number; return it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / NAME.format(number)
    with path.open("wb") as file:
        writer = RecordWriter(file)
        writer.write(
            event_pb2.Event(wall_time=0.5, file_version="brain.Event:2").SerializeToString()
        )
        for one in events:
            writer.write(one if isinstance(one, bytes) else one.SerializeToString())
    return path
