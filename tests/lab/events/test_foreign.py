"""What others write is read with equal values; TensorBoard's own reader is the judge."""

import logging
import math
import random
import time

import numpy as np
import pytest
import tensorboardX
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.compat.proto import event_pb2, summary_pb2, tensor_pb2, types_pb2
from tensorboard.plugins.histogram import summary_v2 as its_histogram
from tensorboard.util import tensor_util
from torch.utils.tensorboard import SummaryWriter

from deepvis_app.lab import read_log
from deepvis_app.lab.events.event import read_event
from deepvis_app.lab.events.event_file import EventFile
from deepvis_app.lab.events.wire import Malformed
from deepvis_app.lab.log.bins import COUNT, NOT_A_NUMBER, ZERO, bins_of
from tests.lab.events.logs import event, scalar, write

ALL = {"scalars": 0, "histograms": 0, "images": 0, "tensors": 0}
WRITERS = [SummaryWriter, tensorboardX.SummaryWriter]


def dense(values: np.ndarray) -> np.ndarray:
    return np.bincount(bins_of(values), minlength=COUNT)


@pytest.mark.parametrize("writer_of", WRITERS)
def test_scalars_of_others_are_those_its_reader_finds(tmp_path, writer_of, caplog):
    caplog.set_level(logging.ERROR, "tensorboardX.x2num")  # it warns of NaN
    rng = random.Random(0)
    with writer_of(str(tmp_path)) as writer:
        for step in range(300):
            writer.add_scalar("Loss/train", math.exp(-step / 50), step)
            writer.add_scalar("Accuracy/val", rng.random(), step, walltime=1e9 + step)
        for step, value in enumerate((0.0, -0.0, math.nan, math.inf, -math.inf, 1e-45, 3e38)):
            writer.add_scalar("odd", value, 10**step)
        writer.add_text("note", "words")
    run, its = read_log(tmp_path), EventAccumulator(str(tmp_path), size_guidance=ALL).Reload()
    assert set(run.scalars) == set(its.Tags()["scalars"])
    for tag, series in run.scalars.items():
        expected = its.Scalars(tag)
        np.testing.assert_array_equal(series.steps, [each.step for each in expected])
        np.testing.assert_array_equal(series.values, [each.value for each in expected])
        np.testing.assert_array_equal(series.times, [each.wall_time for each in expected])
    assert run.kind == "tensorboard"
    assert run.standard == {"loss": "Loss/train", "val_accuracy": "Accuracy/val"}
    assert run.scalar("loss") is run.scalars["Loss/train"]
    assert run.faults == ()


@pytest.mark.parametrize("writer_of", WRITERS)
def test_histograms_keep_their_counts_and_lie_where_the_values_do(tmp_path, writer_of):
    rng = np.random.default_rng(0)
    values = (rng.normal(size=20_000) * 0.1).astype(np.float32)
    values[:500] = 0
    with writer_of(str(tmp_path)) as writer:
        for step in (0, 10):
            writer.add_histogram("conv1.weight", values, step)
            writer.add_histogram("conv1.weight/grad", values * 1e-3, step)
    run = read_log(tmp_path)
    assert set(run.histograms) == {"weights", "gradients"}
    for kind, tag, scale in (
        ("weights", "conv1.weight", 1),
        ("gradients", "conv1.weight/grad", 1e-3),
    ):
        ridge = run.histograms[kind]
        assert (ridge.names, [*ridge.steps]) == ((tag,), [0, 10])
        for found in ridge.of(tag):
            exact = dense(np.float32(values * scale))
            assert found.sum() == len(values)
            assert found[ZERO] == exact[ZERO] == 500
            # TensorBoard's buckets grow by a tenth: what lies in one that an edge parts may move.
            assert abs(found - exact).sum() / 2 < 0.05 * len(values)
            assert abs(np.cumsum(found - exact)).max() < 0.05 * len(values)


@pytest.mark.parametrize("writer_of", WRITERS)
def test_images_are_kept_as_they_are_encoded(tmp_path, writer_of):
    image = np.random.default_rng(0).integers(0, 255, (3, 8, 9), np.uint8)
    with writer_of(str(tmp_path)) as writer:
        writer.add_image("filters", image, 1)
        writer.add_image("filters", image // 2, 2)
    run, its = read_log(tmp_path), EventAccumulator(str(tmp_path), size_guidance=ALL).Reload()
    assert [(each.step, each.data) for each in run.images["filters"]] == [
        (each.step, each.encoded_image_string) for each in its.Images("filters")
    ]
    assert len(run.images["filters"]) == 2


def test_scalars_of_torch_in_the_newer_style(tmp_path):
    with SummaryWriter(str(tmp_path)) as writer:
        for step in range(20):
            writer.add_scalar("loss", 1 / (step + 1), step, new_style=True)
            writer.add_scalar("fine", 1 / (step + 3), step, new_style=True, double_precision=True)
    run = read_log(tmp_path)
    steps = np.arange(20)
    np.testing.assert_array_equal(run.scalars["loss"].values, np.float32(1 / (steps + 1)))
    np.testing.assert_array_equal(run.scalars["fine"].values, 1 / (steps + 3))


# TensorFlow 2, whose own summaries these are


def of_tensor(tag: str, plugin: str, tensor, *, say: bool = True):
    metadata = summary_pb2.SummaryMetadata()
    metadata.plugin_data.plugin_name = plugin
    return summary_pb2.Summary.Value(tag=tag, tensor=tensor, metadata=metadata if say else None)


@pytest.mark.parametrize(
    "dtype", ["float32", "float64", "float16", "int32", "int64", "uint8", "int8", "bool", "uint16",
              "int16", "uint32", "uint64"],
)  # fmt: skip
@pytest.mark.parametrize("value", [0, 1, 3.0, -2])
def test_scalars_of_every_type_of_numbers(tmp_path, dtype, value):
    number = np.array(abs(value) if dtype.startswith("uint") else value).astype(dtype)
    tensors = [tensor_util.make_tensor_proto(number), one_by_one(number)]
    events = [event(step, of_tensor("x", "scalars", each)) for step, each in enumerate(tensors)]
    write(tmp_path, events)
    assert [*read_log(tmp_path).scalars["x"].values] == [float(number)] * 2


def one_by_one(number: np.ndarray):
    """Return a tensor whose numbers stand in a field of their kind instead of raw."""
    proto = tensor_util.make_tensor_proto(number)
    proto.tensor_content = b""
    name = {
        "float32": "float_val", "float64": "double_val", "int64": "int64_val", "bool": "bool_val",
        "uint32": "uint32_val", "uint64": "uint64_val", "float16": "half_val",
    }.get(str(number.dtype), "int_val")  # fmt: skip
    field = getattr(proto, name)
    del field[:]
    field.append(int(number.view(np.uint16)) if name == "half_val" else number.item())
    return proto


def test_a_scalar_in_bfloat16(tmp_path):
    bits = torch.tensor([3.140625], dtype=torch.bfloat16).view(torch.int16).item()
    proto = tensor_pb2.TensorProto(dtype=types_pb2.DT_BFLOAT16, half_val=[bits])
    write(tmp_path, [event(1, of_tensor("x", "scalars", proto))])
    assert [*read_log(tmp_path).scalars["x"].values] == [3.140625]


def test_what_kind_a_tag_is_need_be_said_once(tmp_path):
    tensors = [tensor_util.make_tensor_proto(np.float32(value)) for value in (1.0, 2.0, 3.0)]
    write(tmp_path, [event(step, of_tensor("epoch_loss", "scalars", each, say=not step))
                     for step, each in enumerate(tensors)])  # fmt: skip
    run = read_log(tmp_path)
    assert [*run.scalars["epoch_loss"].values] == [1, 2, 3]
    assert run.standard == {"loss": "epoch_loss"}


def test_histograms_of_tensorflow_2(tmp_path):
    values = np.random.default_rng(0).normal(size=5000)
    counts, edges = np.histogram(values, bins=30)
    rows = np.stack([edges[:-1], edges[1:], counts], 1)
    point = np.array([[2.5, 2.5, 7.0]] * 3) * [[1, 1, 0], [1, 1, 0], [1, 1, 1]]
    all_of = {"w": rows, "same": point, "none": np.zeros((0, 3)), "act/relu": rows.astype("f4")}
    tensors = {
        tag: tensor_util.make_tensor_proto(np.asarray(r, np.float64)) for tag, r in all_of.items()
    }
    write(tmp_path, [event(4, of_tensor(tag, "histograms", each)) for tag, each in tensors.items()])
    found = read_log(tmp_path).histograms
    (w,), (same,), (none,) = (found["weights"].of(tag) for tag in ("w", "same", "none"))
    assert w.sum() == 5000
    assert abs(w[:256].sum() - (values > 0).sum()) < counts.max() / 2
    assert same[bins_of(np.array([2.5]))[0]] == same.sum() == 7
    assert none.sum() == 0
    assert found["activations"].of("act/relu").sum() == 5000
    assert its_histogram.metadata.PLUGIN_NAME == "histograms"


def test_images_of_tensorflow_2(tmp_path):
    one = tensor_util.make_tensor_proto([b"9", b"8", b"\x89PNG one"])
    two = tensor_util.make_tensor_proto([b"9", b"8", b"\x89PNG 1", b"\x89PNG 2"])
    none = tensor_util.make_tensor_proto([b"9", b"8"])
    tensors = {"one": one, "two": two, "none": none}
    write(tmp_path, [event(1, of_tensor(tag, "images", each)) for tag, each in tensors.items()])
    images = read_log(tmp_path).images
    assert {tag: [each.data for each in found] for tag, found in images.items()} == {
        "one": [b"\x89PNG one"], "two/image/0": [b"\x89PNG 1"], "two/image/1": [b"\x89PNG 2"]
    }  # fmt: skip


def test_keras_folders_are_one_run(tmp_path):
    for part, loss in (("train", 0.5), ("validation", 0.75)):
        tensors = [tensor_util.make_tensor_proto(np.float32(loss / (n + 1))) for n in range(5)]
        write(tmp_path / part, [event(n, of_tensor("epoch_loss", "scalars", each))
                                for n, each in enumerate(tensors)])  # fmt: skip
    run = read_log(tmp_path)
    assert run.standard == {"loss": "train/epoch_loss", "val_loss": "validation/epoch_loss"}
    assert run.scalar("loss").values[0] == 0.5
    assert run.scalar("val_loss").values[0] == 0.75


def test_accuracies_in_percent_are_not_taken_for_shares(tmp_path):
    write(tmp_path, [scalar("val_acc", step, 10.0 * step) for step in range(5)])
    run = read_log(tmp_path)
    assert run.standard == {}
    assert run.faults == ("val_acc goes beyond 1, so it is not taken as a share of right answers",)


def test_what_is_no_number_comes_back_where_it_was_counted(tmp_path):
    values = np.array([1.5] * 10 + [np.nan] * 3, np.float32)
    with tensorboardX.SummaryWriter(str(tmp_path)) as writer:
        finite = values[:10]
        writer.add_histogram_raw("w", float("nan"), float("nan"), len(values), float("nan"),
                                 float("nan"), [1.0, 2.0], [0, len(finite)], 1)  # fmt: skip
    (row,) = read_log(tmp_path).histograms["weights"].of("w")
    assert (row[NOT_A_NUMBER], row[127], row.sum()) == (3, 10, 13)


def test_reading_takes_a_fraction_of_what_its_own_reader_takes(tmp_path):
    """Eleven times less on the machine it was written on; TensorBoard goes byte by byte."""
    with SummaryWriter(str(tmp_path)) as writer:
        for step in range(4000):
            writer.add_scalar("loss", step, step)
            writer.add_scalar("acc", step, step)
            if step % 100 == 0:
                writer.add_histogram("w", np.random.default_rng(step).normal(size=2000), step)
    took = []
    for read in (lambda: EventAccumulator(str(tmp_path)).Reload(), lambda: read_log(tmp_path)):
        start = time.process_time()
        read()
        took.append(time.process_time() - start)
    assert took[1] < took[0] / 3


# Any message that there can be, against the official reader of the format


def any_event(rng: random.Random):
    values = []
    for _ in range(rng.randrange(4)):
        value = summary_pb2.Summary.Value(tag=rng.choice(("a", "b/c", "ü", "")))
        what = rng.randrange(4)
        if what == 0:
            value.simple_value = rng.choice((0.0, 1.5, math.inf, -1e-40, rng.random()))
        elif what == 1:
            value.histo.bucket_limit.extend([1.0, 2.0])
            value.histo.bucket.extend([0.0, float(rng.randrange(9))])
        elif what == 2:
            value.image.encoded_image_string = rng.randbytes(rng.randrange(9))
            value.image.width = rng.randrange(2**31)
        else:
            value.metadata.plugin_data.plugin_name = "text"
            value.node_name = "x" * rng.randrange(200)
        values.append(value)
    found = event(rng.choice((0, 1, 127, 128, 2**31, 2**62, -1, -(2**63))), *values)
    found.wall_time = rng.choice((0.0, 1.0, -1.0, 1e9 * rng.random(), math.inf))
    if rng.random() < 0.1:
        found = event_pb2.Event(file_version="brain.Event:2", wall_time=2.0)
    return found


@pytest.mark.parametrize("seed", range(5))
def test_any_message_says_what_the_official_reader_says(seed):
    rng = random.Random(seed)
    for _ in range(200):
        its = any_event(rng)
        found = read_event(its.SerializeToString(), {})
        assert (found.wall_time, found.step, found.file_version) == (
            its.wall_time, its.step, its.file_version
        )  # fmt: skip
        assert len(found.values) == len(its.summary.value)
        for ours, one in zip(found.values, its.summary.value, strict=True):
            assert ours.tag == one.tag
            kind = one.WhichOneof("value")
            if kind == "simple_value":
                assert ours.content == one.simple_value
            elif kind == "histo":
                assert ours.content.counts.sum() == sum(one.histo.bucket)
            elif kind == "image":
                data = one.image.encoded_image_string
                assert ours.content == ([data] if data else None)
            else:
                assert ours.content is None


@pytest.mark.parametrize("seed", range(3))
def test_records_known_by_their_other_bytes_say_the_same(seed):
    """The quick way and the plain one agree, on sound records and on spoilt ones."""
    rng = random.Random(seed)
    file, plain = EventFile(), EventFile()
    plain._take_known = lambda payload: False
    quick = file._take_known
    known = 0

    def counted(payload):
        nonlocal known
        found = quick(payload)
        known += found
        return found

    file._take_known = counted
    for number in range(3000):
        value = rng.choice((rng.random(), math.nan, 0.0, -math.inf))
        payload = scalar(
            rng.choice("abc"), number * rng.choice((1, 1, -1)), value
        ).SerializeToString()
        if rng.random() < 0.2:
            place = rng.randrange(len(payload))
            payload = payload[:place] + rng.randbytes(1) + payload[place + 1 :]
        results = []
        for each in (file, plain):
            try:
                each.take(payload)
                results.append(None)
            except Malformed as error:
                results.append(str(error))
        assert results[0] == results[1]
    assert file.points.keys() == plain.points.keys()
    for tag in file.points:
        for ours, theirs in zip(file.points[tag].arrays(), plain.points[tag].arrays(), strict=True):
            np.testing.assert_array_equal(ours, theirs)
    assert known > 2000
