"""A log that was written is read as what was said, whatever happened to its files."""

import os
import warnings

import numpy as np
import pytest

from deepvis_app.errors import UserError
from deepvis_app.lab.log.about import About, ModuleInfo
from deepvis_app.lab.log.bins import (
    COUNT,
    NEGATIVE_INFINITY,
    NOT_A_NUMBER,
    POSITIVE_INFINITY,
    SUBNORMAL,
    ZERO,
    bins_of,
    raw_to_bins,
)
from deepvis_app.lab.log.columns import Column
from deepvis_app.lab.log.read import follow_log, read_log
from deepvis_app.lab.log.record import Damaged, Record
from deepvis_app.lab.log.run import Counts
from deepvis_app.lab.log.writer import LogWriter, log_files

ABOUT = About(layers=(ModuleInfo(name="fc", kind="Linear"),), classes=("a", "b"))


@pytest.fixture
def writer(tmp_path):
    writer = LogWriter(tmp_path / "a")
    writer.about(ABOUT)
    yield writer
    writer.close()


def test_all_that_was_said_is_read(writer):
    writer.scalars(1, {"loss": 2.5, "accuracy": 0.25}, at=10.0)
    writer.scalars(2, {"loss": float("nan"), "accuracy": 0.5}, at=11.0)
    writer.row("weights", 2, ["fc"], {"weight": np.array([3.0]), "gradient": np.array([0.5])})
    bins, counts = np.array([0, 127], np.int16), np.array([4, 2])
    writer.counts("gradients", ["fc"], Counts(2, np.array([2]), bins, counts))
    writer.line(2, (0.0, 1.0), (2.0, 1.5))
    writer.mark(2, "rate 1 → 0.1", {"rate": (1.0, 0.1)})
    writer.event(2, "nonfinite", {"kind": "loss", "name": ""})
    writer.matrix("confusion", 2, np.eye(2))
    writer.array("labels/ids", 2, np.arange(3))
    writer.checkpoint(2, "checkpoints/2.safetensors")
    writer.state(2, "finished", "all epochs")
    run = read_log(writer.folder)
    assert run.about == ABOUT
    assert run.state == "finished"
    assert run.message == "all epochs"
    assert run.step == 2
    np.testing.assert_array_equal(run.scalars["loss"].values, [2.5, np.nan])
    np.testing.assert_array_equal(run.scalars["accuracy"].times, [10.0, 11.0])
    assert run.weights.of("weight", "fc").tolist() == [3.0]
    assert run.weights.of("gradient", "fc").tolist() == [0.5]
    ridge = run.histograms["gradients"]
    assert ridge.steps.tolist() == [2]
    assert ridge.of("fc")[0, [0, 127]].tolist() == [4, 2]
    assert ridge.of("fc").sum() == 6
    assert run.lines[0].losses == (2.0, 1.5)
    assert run.marks[0].changes == {"rate": (1.0, 0.1)}
    assert run.events_of("nonfinite")[0].data == {"kind": "loss", "name": ""}
    assert run.matrices["confusion"][0][1].tolist() == [[1, 0], [0, 1]]
    assert run.arrays["labels/ids"].tolist() == [0, 1, 2]
    assert run.checkpoints[0].path == writer.folder / "checkpoints" / "2.safetensors"
    assert run.faults == ()


def test_a_run_that_was_read_never_changes(writer):
    writer.scalars(1, {"loss": 1.0})
    writer.flush()
    log = follow_log(writer.folder)
    first = log.update()
    assert log.update() is first
    for step in range(2, 2000):
        writer.scalars(step, {"loss": float(step)})
    writer.flush()
    second = log.update()
    writer.about(ABOUT, step=5)
    writer.scalars(6, {"loss": -1.0})
    writer.flush()
    third = log.update()
    assert first.scalars["loss"].values.tolist() == [1.0]
    assert second.scalars["loss"].values[-1] == 1999
    assert second.scalars["loss"].values[5] == 6
    assert third.scalars["loss"].values.tolist() == [1.0, 2.0, 3.0, 4.0, 5.0, -1.0]
    with pytest.raises(ValueError, match="read-only"):
        second.scalars["loss"].values[0] = 3


def test_a_torn_end_waits_and_a_later_writer_has_a_file_of_its_own(writer):
    writer.scalars(1, {"loss": 1.0})
    writer.flush()
    whole = log_files(writer.folder)[0].read_bytes()
    writer.scalars(2, {"loss": 2.0})
    writer.flush()
    path = log_files(writer.folder)[0]
    longer = path.read_bytes()
    for size in range(len(whole), len(longer)):
        path.write_bytes(longer[:size])
        assert read_log(writer.folder).step == 1
    again = LogWriter(writer.folder)
    again.about(ABOUT, step=1)
    again.scalars(2, {"loss": 5.0})
    again.close()
    run = read_log(writer.folder)
    assert run.scalars["loss"].values.tolist() == [1.0, 5.0]


def test_bytes_that_were_turned_cost_a_record_and_are_told_of(writer):
    for step in range(1, 5):
        writer.scalars(step, {"loss": float(step)})
        writer.flush()
    path = log_files(writer.folder)[0]
    good = path.read_bytes()
    told = 0
    for place in range(0, len(good), 7):
        path.write_bytes(good[:place] + bytes([good[place] ^ 0x40]) + good[place + 1 :])
        try:
            told += bool(read_log(writer.folder).faults)
        except UserError:  # nothing of it is left
            told += 1
    assert told > 20
    path.write_bytes(good)
    assert read_log(writer.folder).faults == ()


def test_layers_that_come_later_have_nothing_before(writer):
    writer.row("weights", 1, ["b"], {"weight": np.array([1.0])})
    writer.row(
        "weights", 2, ["a", "b"], {"weight": np.array([5.0, 2.0]), "moved": np.array([1, 1])}
    )
    weights = read_log(writer.folder).weights
    np.testing.assert_array_equal(weights.of("weight", "a"), [np.nan, 5.0])
    np.testing.assert_array_equal(weights.of("weight", "b"), [1.0, 2.0])
    np.testing.assert_array_equal(weights.of("moved", "b"), [np.nan, 1.0])


def test_many_histograms_are_thinned_and_the_newest_stays(writer):
    for step in range(1, 1001):
        row = Counts(step, np.array([1]), np.array([127], np.int16), np.array([step]))
        writer.counts("weights", ["fc"], row)
    steps = read_log(writer.folder).histograms["weights"].steps
    assert 128 <= len(steps) <= 258
    assert steps[0] == 1
    assert steps[-1] == 1000
    assert len(set(np.diff(steps[:-1]))) == 1


def test_a_full_disk_ends_the_log_with_one_warning_and_nothing_else(writer, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.warns(RuntimeWarning, match="No space left"):
        writer.event(1, "any")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        writer.event(2, "any")
        writer.scalars(3, {"loss": 1.0})
        writer.flush()
    assert "No space left" in writer.fault


def test_where_there_is_no_log(tmp_path):
    with pytest.raises(UserError, match="There is no"):
        read_log(tmp_path / "none")
    with pytest.raises(UserError, match="holds no log"):
        read_log(tmp_path)
    (tmp_path / "file").write_text("x")
    with pytest.raises(UserError, match="cannot be written"):
        LogWriter(tmp_path / "file" / "run")


def test_a_log_deleted_while_it_is_followed_keeps_what_was_read(writer):
    writer.scalars(1, {"loss": 1.0})
    writer.flush()
    log = follow_log(writer.folder)
    log.update()
    log_files(writer.folder)[0].unlink()
    run = log.update()
    assert run.scalars["loss"].values.tolist() == [1.0]
    assert run.faults == ("run-000001.dvlog is gone; this is what was read of it",)


@pytest.mark.parametrize("payload", [b"", b"\x05\0\0\0[1,2]", b"\xff\xff\xff\xff", b"\0\0\0\0"])
def test_bytes_that_are_no_record(payload):
    with pytest.raises(Damaged):
        Record.decoded(payload)


def test_bins_are_powers_of_two_and_lose_nothing():
    values = np.array(
        [0.0, -0.0, 1e-40, -1e-40, 1.0, 1.99, 2.0, -0.75, np.inf, -np.inf, np.nan], np.float32
    )
    expected = [ZERO, ZERO, SUBNORMAL, SUBNORMAL, 127, 127, 128, 256 + 126]
    expected += [POSITIVE_INFINITY, NEGATIVE_INFINITY, NOT_A_NUMBER]
    assert bins_of(values).tolist() == expected
    raw = np.bincount((values.view(np.uint32) >> 23) & 511, minlength=512)
    counts = raw_to_bins(raw, np.array(2), np.array(1))
    np.testing.assert_array_equal(counts, np.bincount(expected, minlength=COUNT))


def test_rows_that_were_given_out_are_never_written_again():
    column = Column(np.float64)
    column.append(np.arange(10.0))
    view = column.view()
    column.cut(3)
    column.append(np.full(5, -1.0))
    assert view.tolist() == list(range(10))
    assert column.view().tolist() == [0, 1, 2, -1, -1, -1, -1, -1]
