"""Records and their checksums, judged by TensorBoard's own writer, reader and function."""

from __future__ import annotations

import io
import random
import struct

import pytest
from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import crc32c as its_crc32c
from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import masked_crc32c
from tensorboard.summary.writer.record_writer import RecordWriter

from deepvis_app.lab.log import checksum, framing
from deepvis_app.lab.log.checksum import crc32c, masked
from deepvis_app.lab.log.framing import Frames, framed


def payloads_of(seed: int, count: int = 20, most: int = 3000) -> list[bytes]:
    rng = random.Random(seed)
    return [rng.randbytes(rng.choice((0, 1, rng.randrange(60), rng.randrange(most))))
            for _ in range(count)]  # fmt: skip


def test_the_sum_of_the_standards_text():
    assert crc32c(b"123456789") == 0xE3069283  # every table of CRCs has it
    assert crc32c(b"") == 0
    assert crc32c(bytes(32)) == 0x8A9136AA  # RFC 3720, B.4
    assert crc32c(b"\xff" * 32) == 0x62A8AB43
    assert crc32c(bytes(range(32))) == 0x46DD794E


@pytest.mark.parametrize("short", [0, checksum._SHORT, 10**9])
def test_sums_are_those_of_tensorboard_at_every_length(monkeypatch, short):
    monkeypatch.setattr(checksum, "_SHORT", short)
    rng = random.Random(1)
    for length in (*range(600), 1023, 1024, 1025, 4096, 70001):
        data = rng.randbytes(length)
        assert crc32c(data) == its_crc32c(data)
        assert masked(crc32c(data)) == masked_crc32c(data)


@pytest.mark.parametrize("beyond", [-1, 0, 1, 2, 3, 4, 5])
def test_sums_of_what_is_taken_in_parts(beyond):
    data = random.Random(beyond).randbytes(checksum._PART + beyond)
    assert crc32c(data) == its_crc32c(data)


def test_records_are_byte_for_byte_tensorboards():
    payloads, file = payloads_of(2), io.BytesIO()
    writer = RecordWriter(file)
    for payload in payloads:
        writer.write(payload)
    assert b"".join(map(framed, payloads)) == file.getvalue()


@pytest.mark.parametrize("size", [1, 2, 7, 16, 100, 10**6])
def test_payloads_come_out_however_the_bytes_come_in(size):
    payloads = payloads_of(3)
    data, frames, found = b"".join(map(framed, payloads)), Frames(), []
    for start in range(0, len(data), size):
        some = frames.feed(data[start : start + size])
        assert all(frames.is_whole(place) for place in range(len(some)))
        found += some
    assert found == payloads
    assert (frames.offset, frames.left, frames.broken) == (len(data), 0, "")


def test_a_torn_record_waits_at_every_byte():
    first, second = framed(b"first"), framed(b"the second")
    for cut in range(len(second)):
        frames = Frames()
        assert frames.feed(first + second[:cut]) == [b"first"]
        assert (frames.offset, frames.left, frames.broken) == (len(first), cut, "")
        assert frames.feed(second[cut:]) == [b"the second"]


def test_a_wrong_length_ends_it_and_what_came_before_stays():
    data = bytearray(framed(b"one") + framed(b"two") + framed(b"three"))
    place = len(framed(b"one"))
    data[place] ^= 4
    frames = Frames()
    assert frames.feed(bytes(data)) == [b"one"]
    assert frames.broken == f"the length of a record is wrong at byte {place}"
    assert frames.feed(framed(b"four")) == []
    assert frames.offset == place


def test_a_wrong_payload_is_given_and_known():
    data = bytearray(framed(b"one") + framed(b"two"))
    data[13] ^= 1
    frames = Frames()
    assert frames.feed(bytes(data)) == [b"ooe", b"two"]
    assert [frames.is_whole(0), frames.is_whole(1)] == [False, True]


def test_a_wrong_sum_of_a_payload_is_known():
    data = bytearray(framed(b"one"))
    data[-1] ^= 128
    frames = Frames()
    assert frames.feed(bytes(data)) == [b"one"]
    assert not frames.is_whole(0)


@pytest.mark.parametrize("length", [framing.LARGEST + 1, 2**40, 2**63, 2**64 - 1])
def test_a_length_beyond_all_reason_is_not_waited_for(length):
    head = struct.pack("<Q", length)
    frames = Frames()
    assert frames.feed(head + struct.pack("<I", masked_crc32c(head)) + b"x" * 50) == []
    assert frames.broken


def test_a_long_record_in_small_pieces_is_joined_once(monkeypatch):
    record, joined = framed(bytes(200_000)), []
    frames = Frames()
    split = frames._split
    monkeypatch.setattr(frames, "_split", lambda data: (joined.append(len(data)), split(data)))
    found = [one for start in range(0, len(record), 10)
             for one in frames.feed(record[start : start + 10])]  # fmt: skip
    assert [len(one) for one in found] == [200_000]
    assert joined == [20, len(record)]
