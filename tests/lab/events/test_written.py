"""What we write, TensorBoard reads as what was meant."""

import errno
import io
import os

import numpy as np
import pytest
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.backend.event_processing.event_file_loader import (
    EventFileLoader,
    RawEventFileLoader,
)
from tensorboard.compat.proto import event_pb2
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.histogram import metadata as its_histograms
from tensorboard.util import tensor_util

from deepvis_app.errors import UserError
from deepvis_app.lab import read_log
from deepvis_app.lab.events import writer as writing
from deepvis_app.lab.events.files import event_files
from deepvis_app.lab.events.writer import EventWriter
from deepvis_app.lab.log.bins import COUNT, NON_FINITE, SUBNORMAL, ZERO, bins_of

ALL = {"scalars": 0, "histograms": 0, "images": 0, "tensors": 0}


@pytest.fixture
def writer(tmp_path):
    writer = EventWriter(tmp_path / "run")
    yield writer
    writer.close()


def judged(writer) -> EventAccumulator:
    writer.flush()
    return EventAccumulator(str(writer.folder), size_guidance=ALL).Reload()


def counted(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.unique(bins_of(values), return_counts=True)


def png_of(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels.squeeze()).save(file, "PNG")
    return file.getvalue()


def test_scalars(writer):
    writer.scalars(1, {"loss": 2.5, "lr": 0.1}, at=100.25)
    writer.scalars(-3, {"loss": float("nan")}, at=101.0)
    writer.scalars(2**40, {"loss": float("-inf"), "größe": 1e300}, at=102.0)
    found = judged(writer)
    loss = found.Scalars("loss")
    assert [(event.wall_time, event.step) for event in loss] == [
        (100.25, 1), (101.0, -3), (102.0, 2**40)
    ]  # fmt: skip
    np.testing.assert_array_equal([event.value for event in loss], [2.5, np.nan, -np.inf])
    assert [event.value for event in found.Scalars("lr")] == [float(np.float32(0.1))]
    assert found.Scalars("größe")[0].value == np.inf
    assert found.file_version == 2.0


def test_records_are_what_its_own_protocol_buffers_would_write(writer):
    writer.scalars(7, {"loss": 2.5, "acc": 0.5}, at=100.25)
    writer.flush()
    (path,) = event_files(writer.folder)
    version, event = RawEventFileLoader(str(path)).Load()
    values = {"loss": 2.5, "acc": 0.5}
    parts = [Summary.Value(tag=tag, simple_value=value) for tag, value in values.items()]
    its = event_pb2.Event(wall_time=100.25, step=7, summary=Summary(value=parts))
    assert event == its.SerializeToString()
    assert event_pb2.Event.FromString(version).file_version == "brain.Event:2"


def test_histograms_have_exact_counts_between_powers_of_two(writer):
    values = np.array([0.0, 0, 1e-41, 0.3, 0.3, 0.26, 5.0, -0.75, -1.0, -1.5, -1.99], np.float32)
    writer.histogram("w", 5, *counted(values), at=1.0)
    (event,) = judged(writer).Histograms("w")
    found = event.histogram_value
    limits, counts = np.array(found.bucket_limit), np.array(found.bucket)
    assert found.num == counts.sum() == len(values)
    assert (found.min, found.max) == (-2.0, 8.0)
    lefts = np.concatenate([[found.min], limits[:-1]])
    for left, right, count in zip(lefts, limits, counts, strict=True):
        positive = (values >= left) & (values < right)
        negative = (values > left) & (values <= right) & (values < 0)
        assert count == (positive if left >= 0 else negative).sum()
        assert np.log2(abs(right or 2.0**-126)) % 1 == 0


def test_its_loader_turns_histograms_into_its_newer_ones(writer):
    values = np.random.default_rng(0).normal(size=1000).astype(np.float32)
    writer.histogram("w", 5, *counted(values))
    writer.flush()
    (path,) = event_files(writer.folder)
    value = [*EventFileLoader(str(path)).Load()][-1].summary.value[0]
    assert value.metadata.plugin_data.plugin_name == its_histograms.PLUGIN_NAME
    rows = tensor_util.make_ndarray(value.tensor)
    assert rows[:, 2].sum() == 1000
    for left, right, count in rows:
        assert count == ((values >= left) & (values < right)).sum() if left >= 0 else True


def test_what_is_not_finite_is_counted_apart(writer):
    values = np.array([1.5, np.nan, np.inf, -np.inf, np.nan], np.float32)
    writer.histogram("w", 1, *counted(values))
    writer.histogram("v", 1, *counted(values[1:]))
    writer.histogram("u", 1, *counted(values[:0]))
    found = judged(writer)
    assert sum(found.Histograms("w")[0].histogram_value.bucket) == 1
    assert sum(found.Histograms("v")[0].histogram_value.bucket) == 0
    assert sum(found.Histograms("u")[0].histogram_value.bucket) == 0
    assert found.Scalars("w/non-finite")[0].value == 4
    assert found.Scalars("v/non-finite")[0].value == 4
    assert "u/non-finite" not in found.Tags()["scalars"]


def test_histograms_come_back_as_they_were(writer):
    rng = np.random.default_rng(1)
    values = (rng.normal(size=5000) * 10.0 ** rng.integers(-30, 30, 5000)).astype(np.float32)
    bins, counts = counted(np.concatenate([values, np.zeros(7, np.float32)]))
    writer.histogram("conv1.weight", 3, bins, counts)
    writer.flush()
    (row,) = read_log(writer.folder).histograms["weights"].of("conv1.weight")
    expected = np.zeros(COUNT, np.int64)
    expected[bins] = counts
    assert not expected[[SUBNORMAL, *NON_FINITE]].any()
    assert expected[ZERO] == 7
    np.testing.assert_array_equal(row, expected)


@pytest.mark.parametrize(("channels", "colorspace"), [(1, 1), (3, 3), (4, 4)])
def test_images(writer, channels, colorspace):
    png = png_of(np.zeros((5, 7, channels), np.uint8))
    writer.image("filters", 3, png)
    (image,) = judged(writer).Images("filters")
    assert (image.width, image.height, image.encoded_image_string) == (7, 5, png)
    (path,) = event_files(writer.folder)
    raw = event_pb2.Event.FromString([*RawEventFileLoader(str(path)).Load()][-1])
    assert raw.summary.value[0].image.colorspace == colorspace
    assert read_log(writer.folder).images["filters"][0].data == png


def test_a_picture_that_is_none_is_refused(writer):
    with pytest.raises(ValueError, match="PNG"):
        writer.image("filters", 3, b"GIF89a")


def test_what_is_written_is_in_the_file_within_a_second(writer, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(writing.time, "monotonic", lambda: now[0])
    writer.flush()
    (path,) = event_files(writer.folder)
    sizes = []
    for step in range(30):
        now[0] += 0.1
        writer.scalars(step, {"loss": 1.0})
        sizes.append(path.stat().st_size)
    assert len(set(sizes)) == 3  # at the start, after the first second, after the second one


def test_each_record_is_one_write(writer, monkeypatch):
    writer.flush()
    writes = []
    write = os.write
    monkeypatch.setattr(os, "write", lambda file, data: (writes.append(data), write(file, data))[1])
    for step in range(3):
        writer.scalars(step, {"loss": 1.0}, at=1.0)
    writer.flush()
    assert [len(data) for data in writes] == [len(writes[0])] * 3


@pytest.mark.parametrize("part", [0, 10])
def test_a_full_disk_ends_the_log_and_not_the_training(writer, monkeypatch, part):
    writer.scalars(1, {"loss": 1.0})
    writer.flush()
    write = os.write

    def full(file, data):
        if not part:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(file, data[:part])

    monkeypatch.setattr(os, "write", full)
    writer.scalars(2, {"loss": 2.0})
    with pytest.warns(RuntimeWarning, match="The training goes on") as said:
        writer.flush()
    assert len(said) == 1
    assert "o space left on" in writer.fault
    monkeypatch.undo()
    writer.scalars(3, {"loss": 3.0})  # silently, and not after half a record
    writer.close()
    assert [*read_log(writer.folder).scalars["loss"].steps] == [1]


def test_a_folder_that_is_removed_breaks_nothing(writer):
    for path in event_files(writer.folder):
        path.unlink()
    writer.folder.rmdir()
    writer.scalars(1, {"loss": 1.0})
    writer.close()
    writer.close()
    writer.scalars(2, {"loss": 1.0})


def test_two_writers_at_once_have_a_file_each(tmp_path):
    writers = [EventWriter(tmp_path) for _ in range(3)]
    for number, each in enumerate(writers):
        each.scalars(number, {"loss": number})
        each.close()
    assert len(event_files(tmp_path)) == 3
    assert [*read_log(tmp_path).scalars["loss"].values] == [0, 1, 2]


def test_a_folder_that_cannot_be(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(UserError, match="cannot be written"):
        EventWriter(tmp_path / "file" / "run")
