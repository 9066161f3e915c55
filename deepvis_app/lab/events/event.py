"""One record of an event file: when, at which step, and the values it says."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from deepvis_app.lab.events import buckets, tensors
from deepvis_app.lab.events.buckets import Filled
from deepvis_app.lab.events.wire import Malformed, Message

if TYPE_CHECKING:
    from collections.abc import MutableMapping

# Fields of Event, SessionLog, Summary, Summary.Value, SummaryMetadata, PluginData and Image.
_WALL_TIME, _STEP, _FILE_VERSION, _SUMMARY, _SESSION_LOG = 1, 2, 3, 5, 7
_STATUS, _START = 1, 1
_VALUE = 1
_TAG, _SIMPLE_VALUE, _IMAGE, _HISTOGRAM, _TENSOR, _METADATA = 1, 2, 4, 5, 8, 9
_PLUGIN_DATA, _PLUGIN_NAME = 1, 1
_ENCODED = 4

Content = float | Filled | list[bytes] | None


class Value(NamedTuple):
    """A tag with a number, a histogram, pictures as they are encoded, or what is not read here."""

    tag: str
    content: Content


class Event(NamedTuple):
    """A record: seconds since 1970, 0 where it does not say; step; what it says."""

    wall_time: float
    step: int
    values: tuple[Value, ...]
    file_version: str
    is_restart: bool  # what was written before for this step and later ones is void


def read_event(payload: bytes, plugins: MutableMapping[str, str]) -> Event:
    """Return what a record says. Raises `Malformed`.

    `plugins` keeps which kind of summary each tag is: TensorFlow 2 need say so only the first time.
    """
    message = Message(payload)
    summary = message.merged(_SUMMARY)
    session = message.merged(_SESSION_LOG)
    return Event(
        message.double(_WALL_TIME) or 0.0,
        message.integer(_STEP),
        tuple(_value(part, plugins) for part in summary.texts(_VALUE)) if summary else (),
        message.text(_FILE_VERSION),
        session is not None and session.integer(_STATUS) == _START,
    )


def _value(data: bytes, plugins: MutableMapping[str, str]) -> Value:
    value = Message(data)
    tag = value.text(_TAG)
    metadata = value.merged(_METADATA)
    plugin = metadata.merged(_PLUGIN_DATA) if metadata else None
    if plugin is not None:
        plugins.setdefault(tag, plugin.text(_PLUGIN_NAME))
    return Value(tag, _content(value, plugins.get(tag, "")))


def _content(value: Message, plugin: str) -> Content:
    number = value.float(_SIMPLE_VALUE)
    if number is not None:
        return number
    if (histogram := value.merged(_HISTOGRAM)) is not None:
        return buckets.of_proto(histogram)
    if (image := value.merged(_IMAGE)) is not None:
        return image.texts(_ENCODED)[-1:] or None
    tensor = value.merged(_TENSOR)
    return _of_tensor(tensor, plugin) if tensor is not None else None


def _of_tensor(tensor: Message, plugin: str) -> Content:
    if plugin == "images":  # width and height come first
        found = tensors.strings(tensor)
        return found[2:] or None if found else None
    if plugin not in ("scalars", "histograms"):
        return None
    values = tensors.numbers(tensor)
    if values is None:
        return None
    if plugin == "histograms":
        return buckets.of_tensor(values)
    if values.size != 1:
        raise Malformed("a scalar is not one number")
    return float(values.reshape(-1)[0])
