"""Whatever is called an event file: one clear line at most, in bounded time and memory."""

import os
import random
import struct
import time
import tracemalloc

import pytest
from tensorboard.compat.proto import summary_pb2, tensor_pb2
from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import masked_crc32c

from deepvis_app.errors import UserError
from deepvis_app.lab import follow_log, read_log
from deepvis_app.lab.events.wire import Malformed, Message
from deepvis_app.lab.log.framing import framed
from tests.lab.events.logs import NAME, event, scalar, write
from tests.rights import nobody

SOUND = [scalar("loss", step, step / 2) for step in range(1, 4)]


def text(number: int, data: bytes) -> bytes:
    head, size = bytearray([number << 3 | 2]), len(data)
    while size > 127:
        head.append(size & 127 | 128)
        size >>= 7
    return bytes(head) + bytes([size]) + data


def nested(number: int, depth: int) -> bytes:
    data = b""
    for _ in range(depth):
        data = text(number, data)
    return data


def summary(value: bytes) -> bytes:
    return text(5, text(1, value))


def tensor_of(**fields) -> bytes:
    proto = tensor_pb2.TensorProto(**fields).SerializeToString()
    metadata = summary_pb2.SummaryMetadata()
    metadata.plugin_data.plugin_name = "scalars"
    return summary(text(1, b"t") + text(8, proto) + text(9, metadata.SerializeToString()))


def huge_shape(*sizes: int) -> bytes:
    shape = b"".join(text(2, b"\x08" + varint(size)) for size in sizes)
    proto = b"\x08\x01" + text(2, shape) + text(5, struct.pack("<f", 1.0))
    metadata = text(1, text(1, b"scalars"))
    return summary(text(1, b"t") + text(8, proto) + text(9, metadata))


def varint(value: int) -> bytes:
    found = bytearray()
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    return bytes([*found, value])


SKIPPED = {
    "a cut message": scalar("a", 5, 1.0).SerializeToString()[:-3],
    "a group": b"\x0b\x0c",
    "a kind of field that there is not": b"\x0e",
    "no number of a field": b"\x00\x01",
    "a number that does not end": b"\x10" + b"\xff" * 30,
    "a length beyond the end": b"\x2a\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
    "a tag that is no text": summary(text(1, b"\xff\xfe") + b"\x15\0\0\0\0"),
    "a shape of 2^60": huge_shape(2**30, 2**30),
    "a negative shape": huge_shape(2**64 - 5),
    "a shape of more than there is": huge_shape(3),
    "a tensor of no numbers": tensor_of(dtype=1),
    "raw bytes of another length": tensor_of(dtype=1, tensor_content=b"12345"),
    "more limits than counts": summary(text(5, text(6, bytes(16)))),
    "limits that are cut off": summary(text(5, text(6, bytes(15)) + text(7, bytes(15)))),
    "counts of NaN": summary(text(5, text(6, bytes(8)) + text(7, b"\xff" * 8))),
    "endless nesting of values": text(5, nested(1, 2000)),
    "a million fields and more": b"\x10\x01" * 1_000_001,
}  # fmt: skip
PASSED = {
    "nothing": b"",
    "endless nesting of summaries": nested(5, 2000),
    "endless nesting of an unknown field": nested(12, 2000),
    "the wrong way to write a step": b"\x12\x03abc",
    "the wrong way to write a time": b"\x08\x01",
    "the wrong way to write a summary": b"\x28\x07",
    "a number as text": summary(text(1, b"a") + text(2, b"1.0")),
    "an image without an image": summary(text(1, b"a") + text(4, b"")),
    "a field of a later version": text(15, b"new") + b"\x80\x7d\x01",
    "another plugin": summary(text(1, b"a") + text(9, text(1, text(1, b"text")))),
}


@pytest.mark.parametrize("what", SKIPPED)
def test_a_record_that_cannot_be_read_is_skipped_and_told(tmp_path, what):
    write(tmp_path, [*SOUND[:2], SKIPPED[what], SOUND[2]])
    run = read_log(tmp_path)
    assert [*run.scalars["loss"].values] == [0.5, 1.0, 1.5]
    (fault,) = run.faults
    assert fault.startswith(f"{NAME.format(1)}: a record was skipped: ")
    assert len(fault) < 160


@pytest.mark.parametrize("what", PASSED)
def test_what_says_nothing_known_is_passed(tmp_path, what):
    write(tmp_path, [*SOUND[:2], PASSED[what], SOUND[2]])
    run = read_log(tmp_path)
    assert [*run.scalars] == ["loss"]
    assert [*run.scalars["loss"].values] == [0.5, 1.0, 1.5]
    assert run.faults == ()


@pytest.mark.parametrize(
    "content",
    [b"\x89PNG\r\n\x1a\n" + bytes(500), b"#!/bin/sh\necho words and words\n" * 20, os.urandom(999)],
)
def test_a_file_of_another_kind_is_one_line(tmp_path, content):
    (tmp_path / "events.out.tfevents.x").write_bytes(content)
    with pytest.raises(UserError) as refused:
        read_log(tmp_path)
    assert "read no further: the length of a record is wrong at byte 0" in str(refused.value)
    assert "\n" not in str(refused.value)
    assert follow_log(tmp_path).update().is_empty


def test_beside_a_file_of_another_kind_the_good_one_is_read(tmp_path):
    write(tmp_path, SOUND)
    (tmp_path / "events.out.tfevents.x").write_bytes(b"\x89PNG\r\n\x1a\n" * 9)
    (tmp_path / "events.out.tfevents.y").mkdir()
    run = read_log(tmp_path)
    assert len(run.scalars["loss"]) == 3
    assert [fault.split()[0] for fault in run.faults] == [
        "events.out.tfevents.x", "events.out.tfevents.y"
    ]  # fmt: skip


def test_a_folder_called_so_alone(tmp_path):
    (tmp_path / "events.out.tfevents.y").mkdir()
    with pytest.raises(UserError, match="it is a folder"):
        read_log(tmp_path)


def test_nothing_yet_is_no_fault(tmp_path):
    path = tmp_path / "events.out.tfevents.1"
    path.write_bytes(b"")
    log = follow_log(tmp_path)
    run = log.update()
    assert run.is_empty
    assert run.faults == ()
    path.write_bytes(write(tmp_path / "other", SOUND).read_bytes())
    assert len(log.update().scalars["loss"]) == 3


def test_what_may_not_be_read(tmp_path):
    path = write(tmp_path, SOUND)
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    path.chmod(0)
    with nobody(), pytest.raises(UserError, match="Permission denied"):
        read_log(tmp_path)


@pytest.mark.parametrize("length", [2**27, 2**28 + 1, 2**40, 2**63])
def test_a_huge_announced_length_takes_no_memory(tmp_path, length):
    path = write(tmp_path, SOUND)
    head = struct.pack("<Q", length)
    with path.open("ab") as file:
        file.write(head + struct.pack("<I", masked_crc32c(head)) + bytes(100))
    tracemalloc.start()
    run = read_log(tmp_path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(run.scalars["loss"]) == 3
    assert peak < 3_000_000
    assert len(run.faults) == (length > 2**28)


def test_deleted_and_replaced_while_it_is_followed(tmp_path):
    path = write(tmp_path, SOUND)
    log = follow_log(tmp_path)
    log.update()
    path.unlink()
    run = log.update()
    assert len(run.scalars["loss"]) == 3
    assert run.faults == (f"{path.name} is gone; this is what was read of it",)
    write(tmp_path, [scalar("acc", 1, 0.5)]).replace(path)
    run = log.update()
    assert [*run.scalars] == ["acc"]
    assert run.faults == ()


def test_pictures_beyond_measure_are_left_out(tmp_path, monkeypatch):
    monkeypatch.setattr("deepvis_app.lab.events.event_file.MOST_PICTURE_BYTES", 1000)
    image = summary_pb2.Summary.Value(tag="im")
    image.image.encoded_image_string = b"\x89PNG" + bytes(400)
    write(tmp_path, [event(step, image) for step in range(5)])
    run = read_log(tmp_path)
    assert len(run.images["im"]) == 2
    assert run.faults == ("3 pictures are left out: there are too many",)


@pytest.mark.parametrize("seed", range(6))
def test_spoilt_files_never_raise(tmp_path, seed):
    """Bits turned, pieces lost, doubled or foreign; half of them with checksums right again."""
    rng = random.Random(seed)
    histogram = event(2).summary.value.add(tag="w")
    histogram.histo.bucket_limit.extend([-1.0, 0.0, 2.0])
    histogram.histo.bucket.extend([1.0, 2.0, 3.0])
    image = summary_pb2.Summary.Value(tag="im")
    image.image.encoded_image_string = b"\x89PNG" + bytes(40)
    sound = [*SOUND, event(2, histogram), event(3, image), *SOUND]
    payloads = [one.SerializeToString() for one in sound]
    payloads.append(tensor_of(dtype=1, float_val=[1.0]))
    ends = time.process_time() + 60
    for number in range(150):
        chosen = [*payloads]
        if number % 2:
            place = rng.randrange(len(chosen))
            chosen[place] = spoilt(chosen[place], rng)
        data = b"".join(map(framed, chosen))
        if not number % 2:
            data = spoilt(data, rng)
        path = tmp_path / "events.out.tfevents.1"
        path.write_bytes(data)
        run = follow_log(tmp_path).update()
        for series in run.scalars.values():
            assert len(series.steps) == len(series.values) == len(series.times)
        for ridge in run.histograms.values():
            assert all(ridge.of(name).min() >= 0 for name in ridge.names)
        assert all(len(fault) < 200 and "\n" not in fault for fault in run.faults)
    assert time.process_time() < ends


def spoilt(data: bytes, rng: random.Random) -> bytes:
    start = rng.randrange(len(data))
    end = start + rng.randrange(12)
    return rng.choice(
        (
            data[:start] + bytes([data[start] ^ 1 << rng.randrange(8)]) + data[start + 1 :],
            data[:start] + data[end:],
            data[:end] + data[start:],
            data[:start],
            data[:start] + rng.randbytes(end - start) + data[end:],
        )
    )


@pytest.mark.parametrize("seed", range(3))
def test_any_bytes_are_a_message_or_malformed(seed):
    rng = random.Random(seed)
    for _ in range(2000):
        data = rng.randbytes(rng.randrange(40))
        try:
            message = Message(data)
            message.integer(1), message.double(2), message.float(3), message.integers(4)
        except Malformed:
            continue
