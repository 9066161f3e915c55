"""Files are followed while somebody writes, replaces, shortens or removes them."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from deepvis_app.lab.log import following
from deepvis_app.lab.log.following import Follower
from deepvis_app.lab.log.framing import framed
from tests.rights import nobody

ROOT = Path(__file__).parents[3]
WRITER = """
import os, sys
from deepvis_app.lab.log.framing import framed
file = os.open(sys.argv[1], os.O_CREAT | os.O_WRONLY | os.O_APPEND)
for number in range(int(sys.argv[2])):
    record = framed(str(number).encode() * (number % 7))
    for start in range(0, len(record), 5):  # in pieces, as a buffer may be written
        os.write(file, record[start : start + 5])
"""


class Heard:
    """What came of each file since it was last begun; a payload with a "?" cannot be read."""

    def __init__(self, folder):
        self.of, self.begun = {}, []
        self.follower = Follower(folder, lambda folder: sorted(folder.glob("*.log")), self.begin)

    def begin(self, path):
        self.begun.append(path.name)
        self.of[path.name] = taken = []

        def take(payload):
            if b"?" in payload:
                raise ValueError("it asks")
            taken.append(payload)

        return take

    def update(self, **bounds):
        return self.follower.update(**bounds)

    @property
    def faults(self):
        return self.follower.faults


@pytest.fixture
def heard(tmp_path):
    return Heard(tmp_path)


def test_records_come_while_another_process_writes_them(tmp_path, heard):
    count = 3000
    path = tmp_path / "a.log"
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    other = subprocess.Popen([sys.executable, "-c", WRITER, str(path), str(count)], env=env)
    updates = 0
    try:
        ends = time.monotonic() + 120
        while len(heard.of.get("a.log", ())) < count and time.monotonic() < ends:
            updates += heard.update().is_new
    finally:
        assert other.wait(60) == 0
    heard.update()
    assert heard.of["a.log"] == [str(n).encode() * (n % 7) for n in range(count)]
    assert updates > 1
    assert heard.faults == ()
    assert not heard.update().is_new


def test_a_torn_tail_waits_at_every_byte(tmp_path, heard):
    path = tmp_path / "a.log"
    records = [framed(b"first"), framed(b""), framed(b"the third")]
    data = b"".join(records)
    ends = [sum(map(len, records[:n])) for n in range(4)]
    for size in range(len(data) + 1):
        path.write_bytes(data[:size])
        news = heard.update()
        assert len(heard.of["a.log"]) == sum(end <= size for end in ends[1:])
        assert news.is_new or not size
        assert heard.faults == ()
    assert heard.begun == ["a.log"]  # the same file all the time


def test_all_files_are_followed_also_the_older_ones(tmp_path, heard):
    for name in "ba":
        (tmp_path / f"{name}.log").write_bytes(framed(name.encode()))
    heard.update()
    assert heard.begun == ["a.log", "b.log"]
    with (tmp_path / "a.log").open("ab") as file:
        file.write(framed(b"late"))
    assert heard.update().is_new
    assert heard.of == {"a.log": [b"a", b"late"], "b.log": [b"b"]}


def test_a_file_that_is_replaced_is_begun_anew(tmp_path, heard):
    path = tmp_path / "a.log"
    path.write_bytes(framed(b"one") + framed(b"two"))
    heard.update()
    other = tmp_path / "new"
    other.write_bytes(framed(b"three") * 5)
    other.replace(path)
    assert heard.update().is_new
    assert heard.of["a.log"] == [b"three"] * 5
    assert heard.begun == ["a.log", "a.log"]


def test_a_file_that_became_shorter_is_begun_anew(tmp_path, heard):
    path = tmp_path / "a.log"
    path.write_bytes(framed(b"one") + framed(b"two"))
    heard.update()
    with path.open("r+b") as file:
        file.truncate(0)
    assert heard.update().is_new
    assert heard.of["a.log"] == []
    with path.open("ab") as file:
        file.write(framed(b"x"))
    heard.update()
    assert heard.of["a.log"] == [b"x"]


@pytest.mark.parametrize("before", [framed(b"one"), framed(b"one") + bytes(40)])
def test_a_file_that_is_written_over_is_begun_anew(tmp_path, heard, before):
    path = tmp_path / "a.log"
    path.write_bytes(before)
    heard.update()
    heard.update()
    path.write_bytes(framed(b"another and longer one") * 4)  # the same file to the system
    assert heard.update().is_new
    assert heard.of["a.log"] == [b"another and longer one"] * 4
    assert heard.begun == ["a.log", "a.log"]
    assert heard.faults == ()


def test_a_file_that_is_gone_leaves_what_was_read(tmp_path, heard):
    path = tmp_path / "a.log"
    path.write_bytes(framed(b"one"))
    heard.update()
    data = path.read_bytes()
    path.unlink()
    assert heard.update().is_new
    assert heard.of["a.log"] == [b"one"]
    assert heard.faults == ("a.log is gone; this is what was read of it",)
    assert not heard.update().is_new
    path.write_bytes(data + framed(b"two"))  # it may have another number or the same one
    assert heard.update().is_new
    assert heard.of["a.log"] == [b"one", b"two"]
    assert heard.faults == ()


def test_a_folder_that_is_gone_leaves_what_was_read(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    heard = Heard(folder)
    (folder / "a.log").write_bytes(framed(b"one"))
    heard.update()
    (folder / "a.log").unlink()
    folder.rmdir()
    heard.update()
    assert heard.of["a.log"] == [b"one"]
    assert heard.faults == (f"{folder} is gone; this is what was read of it",)


def test_a_wrong_payload_that_can_be_read_is_taken_and_one_that_cannot_is_told(tmp_path, heard):
    whole = framed(b"asks?")
    torn = bytearray(framed(b"asks!"))
    torn[12 + 4] = ord("?")
    (tmp_path / "a.log").write_bytes(framed(b"one") + torn + framed(b"two") + whole + whole)
    heard.update()
    assert heard.of["a.log"] == [b"one", b"two"]
    assert heard.faults == (
        "a.log: a record was skipped, with a wrong checksum",
        "a.log: 2 records were skipped: it asks",
    )


def test_a_wrong_length_ends_a_file_and_no_other(tmp_path, heard):
    spoilt = bytearray(framed(b"one") + framed(b"two"))
    spoilt[len(framed(b"one"))] ^= 1
    (tmp_path / "a.log").write_bytes(spoilt)
    (tmp_path / "b.log").write_bytes(framed(b"other"))
    heard.update()
    assert heard.of == {"a.log": [b"one"], "b.log": [b"other"]}
    (fault,) = heard.faults
    assert fault == "a.log is read no further: the length of a record is wrong at byte 19"
    with (tmp_path / "a.log").open("ab") as file:
        file.write(framed(b"three"))
    assert not heard.update().is_new


@pytest.mark.parametrize("seed", range(4))
def test_turned_bits_never_raise_and_cost_what_they_touch(tmp_path, seed):
    rng = random.Random(seed)
    records = [framed(rng.randbytes(rng.randrange(50))) for _ in range(10)]
    for number in range(60):
        data = bytearray(b"".join(records))
        for _ in range(rng.choice((1, 1, 5))):
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        name = f"{number:03}.log"
        (tmp_path / name).write_bytes(data)
    heard = Heard(tmp_path)
    heard.update()
    assert len(heard.of) == 60
    whole = {record[12:-4] for record in records}
    touched = [sum(payload not in whole for payload in taken) for taken in heard.of.values()]
    assert max(touched) <= 5


def test_reading_is_bounded_and_says_that_there_is_more(tmp_path, heard, monkeypatch):
    monkeypatch.setattr(following, "PIECE", 100)
    for name in "ab":
        (tmp_path / f"{name}.log").write_bytes(framed(b"12345678") * 50)
    counts, updates = [], 0
    while heard.update(most=240).has_more:
        counts.append(sum(map(len, heard.of.values())))
        updates += 1
        assert updates < 100
    steps = [after - before for before, after in zip([0, *counts], counts, strict=False)]
    assert max(steps) <= 10
    assert {name: len(taken) for name, taken in heard.of.items()} == {"a.log": 50, "b.log": 50}


def test_what_is_no_file_is_told_and_never_waited_for(tmp_path, heard):
    (tmp_path / "folder.log").mkdir()
    os.mkfifo(tmp_path / "pipe.log")
    (tmp_path / "dangling.log").symlink_to(tmp_path / "nowhere")
    (tmp_path / "empty.log").write_bytes(b"")
    news = heard.update()
    assert not news.has_more
    assert heard.faults == (
        "dangling.log is gone; this is what was read of it",
        "folder.log cannot be read: it is a folder",
        "pipe.log cannot be read: it is a named pipe",
    )


def test_what_may_not_be_read_is_told_until_it_may(tmp_path, heard):
    path = tmp_path / "a.log"
    path.write_bytes(framed(b"one"))
    tmp_path.chmod(0o755)
    for parent in (tmp_path, *tmp_path.parents[:2]):
        parent.chmod(0o755)
    path.chmod(0)
    with nobody():
        news = heard.update()
        assert heard.faults == ("a.log cannot be read: Permission denied",)
        assert news.is_new
        assert not news.has_more
        assert not heard.update().is_new
    path.chmod(0o644)
    assert heard.update().is_new
    assert heard.of["a.log"] == [b"one"]
    assert heard.faults == ()
