"""The benches say what they measure, in words and as JSON, and notice what is wrong."""

from __future__ import annotations

import dataclasses
import json
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import nn

import deepvis_app.nets
from deepvis_app.cli import mosaics, startup
from deepvis_app.cli.main import run_command_line
from deepvis_app.cli.zoo import check_network, find_difference
from deepvis_app.errors import UserError
from deepvis_app.nets import Network

if TYPE_CHECKING:
    from pathlib import Path


def bench(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert run_command_line(lambda _: 0, ["bench", *arguments, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["bench"] == arguments[0]
    assert "torch" in told["machine"]
    return told


def small_network() -> Network:
    module = nn.Sequential(
        nn.Conv2d(3, 8, 3), nn.ReLU(inplace=True), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
        nn.Linear(8, 5),
    )  # fmt: skip
    return Network(module, (3, 24, 24), name="Small")


def test_mosaic_compares_both_ways(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(mosaics, "LAYERS", ((6, 8, 8), (10, 1, 1)))
    told = bench(capsys, "mosaic", "--rounds", "3")
    assert (told["maps"], told["unit"]) == ("6x8x8", "ms")
    assert told["ratio"] == pytest.approx(told["bare"] / told["ours"], rel=0.02)
    assert [row["maps"] for row in told["more"]] == ["10x1x1"]


def test_mosaic_in_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(mosaics, "LAYERS", ((6, 8, 8), (10, 1, 1)))
    assert run_command_line(lambda _: 0, ["bench", "mosaic", "--rounds", "1"]) == 0
    head, first, second, _, machine = capsys.readouterr().out.splitlines()
    assert head.split() == ["maps", "ours", "bare", "unit", "ratio"]
    assert (first.split()[0], second.split()[0]) == ("6x8x8", "10x1x1")
    assert "cores" in machine


def test_live_has_every_figure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(deepvis_app.nets, "load_network", lambda *_, **__: small_network())
    told = bench(capsys, "live", "--seconds", "2", "--fps", "30", "--device", "cpu")
    assert (told["net"], told["source_fps"], told["device"]) == ("Small", 30, "cpu")
    for key in ("ours", "bare", "ratio", "age_ms_p50", "age_ms_p95"):
        assert told[key] > 0, key
    assert told["dropped"] >= 0
    assert "rss_growth_mb" in told


SHOWS = "import json, time; print('noise'); print(json.dumps({'first_picture_at': time.time()}))"


def pretend(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, program: str) -> None:
    (tmp_path / "window.py").write_text(program)
    monkeypatch.setattr(startup, "DEEPVIS", (sys.executable, str(tmp_path / "window.py")))


def test_startup_is_from_the_command_to_the_picture(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pretend(monkeypatch, tmp_path, SHOWS)
    started = time.perf_counter()
    seconds = startup.seconds_to_first_picture()
    assert 0 < seconds < time.perf_counter() - started
    told = bench(capsys, "startup", "--rounds", "3")
    assert len(told["runs"]) == 3
    assert told["ours"] == sorted(told["runs"])[1]


def test_startup_leaves_the_user_s_session_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pretend(
        monkeypatch,
        tmp_path,
        "import os, sys; from pathlib import Path\n"
        f"assert os.environ['DEEPVIS_CONFIG_DIR'] != {str(tmp_path / 'config')!r}\n"
        "assert sys.argv[1:] == ['run', '--exit-after-first-picture', '--net', 'x']\n" + SHOWS,
    )
    startup.seconds_to_first_picture(["--net", "x"])


def test_a_window_that_fails_is_told_in_its_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pretend(monkeypatch, tmp_path, "import sys; sys.exit('deepvis: No network. Take one.')")
    with pytest.raises(UserError, match="No network"):
        startup.seconds_to_first_picture()


def test_a_window_that_shows_nothing_is_not_waited_for_for_ever(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pretend(monkeypatch, tmp_path, "import threading; threading.Event().wait()")
    monkeypatch.setattr(startup, "TIMEOUT_S", 0.2)
    with pytest.raises(UserError, match="no picture"):
        startup.seconds_to_first_picture()


def test_the_zoo_check_passes_a_sound_network() -> None:
    assert find_difference(small_network()) == ""


def test_the_zoo_check_names_the_layer_that_lies(monkeypatch: pytest.MonkeyPatch) -> None:
    network, honest = small_network(), Network.forward

    def lie(self: Network, *arguments: Any) -> Any:
        told = honest(self, *arguments)
        changed = {**told.activations, "0": told.activations["0"] + 1e-3}
        return dataclasses.replace(told, activations=changed)

    monkeypatch.setattr(Network, "forward", lie)
    assert find_difference(network) == "0 gives other numbers than its module does"


def test_the_zoo_check_sees_a_changed_output(monkeypatch: pytest.MonkeyPatch) -> None:
    network, honest = small_network(), Network.forward

    def lie(self: Network, *arguments: Any) -> Any:
        told = honest(self, *arguments)
        return dataclasses.replace(told, logits=torch.zeros(1, 5))

    monkeypatch.setattr(Network, "forward", lie)
    assert "output" in find_difference(network)


def test_an_unknown_network_of_the_zoo_is_a_problem() -> None:
    assert "nosuch" in check_network("nosuch").problem


def test_the_zoo_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(lambda _: 0, ["bench", "zoo", "squeezenet1_1", "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["net"], found["problem"]) == ("squeezenet1_1", "")
    assert found["layers"] > 50
    assert run_command_line(lambda _: 0, ["bench", "zoo", "nosuch"]) == 1
