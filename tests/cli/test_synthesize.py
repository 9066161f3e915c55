"""Preferred images into a folder: what is made, what is not made again, what stops it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from deepvis_app.cli import batches, synthesis
from deepvis_app.cli.main import run_command_line
from deepvis_app.engine.kept.picture_png import recipe_of_png
from deepvis_app.nets import Network, Unit
from deepvis_app.store import Store, default_folder
from deepvis_app.synth import PRESETS, Sample, legible, synthesize
from deepvis_app.synth.references import bundled_references

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROOT = Path(__file__).parents[2]
Capture = pytest.CaptureFixture[str]


def tiny(seed: int = 0) -> Network:
    torch.manual_seed(seed)
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 5, 3))
    module.requires_grad_(False)
    return Network(module, (3, 16, 12), name="Tiny", spec="tiny")


@pytest.fixture(autouse=True)
def made(monkeypatch: pytest.MonkeyPatch) -> list[list[Sample]]:
    """Let every spec give the tiny network; the batches that were begun."""
    begun: list[list[Sample]] = []
    real = batches.synthesis_steps

    def steps(network: Network, samples: Sequence[Sample], recipe: Any, **more: Any) -> Any:
        begun.append(list(samples))
        return real(network, samples, recipe, **more)

    monkeypatch.setattr(synthesis, "loaded", lambda spec, *_, **__: tiny(len(spec) - 4))
    monkeypatch.setattr(batches, "synthesis_steps", steps)
    return begun


def call(*words: object, net: str = "tiny", layer: str = "2", recipe: str = "yosinski-3") -> int:
    given = ["synthesize", "--net", net, "--layer", layer, "--recipe", recipe, "--device", "cpu"]
    return run_command_line(lambda _: 0, [*given, "--set", "stop.steps=4", *map(str, words)])


def names(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()}


RECIPE = PRESETS["yosinski-3"].with_value("stop.steps", 4)
NAME = f"yosinski-3-{RECIPE.key[:6]}"


def test_pictures_are_those_of_the_library_and_say_how_they_were_made(
    tmp_path: Path, capsys: Capture
) -> None:
    out = tmp_path / "out"
    assert call("--units", "1,3", "--seeds", "0:2", "--out", out) == 0
    assert capsys.readouterr().out == f"4 pictures in {out}: 4 made\n"
    assert names(out) == {f"2_{unit}_{NAME}_s{seed}.png" for unit in (1, 3) for seed in (0, 1)}
    network = tiny()
    wanted = synthesize(network, Unit("2", 3), RECIPE, seed=1)
    file = out / f"2_3_{NAME}_s1.png"
    with Image.open(file) as image:
        shown = np.asarray(image).astype(int)
    assert np.abs(shown - wanted.image).max() <= 1  # another memory format, other roundings
    note = recipe_of_png(file.read_bytes())
    assert note is not None
    assert (note.unit, note.seed, note.recipe.key) == (Unit("2", 3), 1, RECIPE.key)
    assert (note.network_name, note.network_spec) == ("Tiny", "tiny")
    assert note.fingerprint == network.fingerprint


def test_what_is_in_the_folder_is_not_made_again(
    tmp_path: Path, made: list[list[Sample]], capsys: Capture
) -> None:
    assert call("--units", "0:2", "--out", tmp_path / "o", "--no-store") == 0
    assert call("--units", "all", "--out", tmp_path / "o", "--no-store") == 0
    told = capsys.readouterr().out.splitlines()[1]
    assert told == f"5 pictures in {tmp_path / 'o'}: 2 were there already, 3 made"
    assert sorted(s.objective.index for b in made for s in b) == [0, 1, 2, 3, 4]  # type: ignore[union-attr]
    assert not default_folder().exists()


def test_what_is_in_the_store_is_not_made_again(
    tmp_path: Path, made: list[list[Sample]], capsys: Capture
) -> None:
    assert call("--units", "0:2", "--out", tmp_path / "a") == 0
    made.clear()
    assert call("--units", "0:2", "--out", tmp_path / "b") == 0
    assert made == []
    assert "2 from the store" in capsys.readouterr().out
    for name in names(tmp_path / "a"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_pictures_of_other_weights_or_damaged_ones_are_made_anew(
    tmp_path: Path, made: list[list[Sample]], capsys: Capture
) -> None:
    out = tmp_path / "o"
    assert call("--units", "0:3", "--out", out, "--no-store") == 0
    file = out / f"2_1_{NAME}_s0.png"
    file.write_bytes(file.read_bytes()[:-100])
    made.clear()
    assert call("--units", "0:3", "--out", out, "--no-store") == 0
    assert [s.objective for b in made for s in b] == [Unit("2", 1)]
    assert call("--units", "0:3", "--out", out, "--no-store", net="tiny2") == 0
    assert capsys.readouterr().out.endswith(": 3 made\n")


def test_batches_are_as_large_as_asked(tmp_path: Path, made: list[list[Sample]]) -> None:
    assert call("--units", "all", "--out", tmp_path / "a", "--batch", 3) == 0
    assert [len(batch) for batch in made] == [3, 2]


def test_pictures_that_are_driven_apart_are_made_together(
    tmp_path: Path, made: list[list[Sample]]
) -> None:
    diverse = ("--set", "objective.diversity=0.5")
    assert call("--units", "0:2", "--seeds", "0:3", *diverse, "--out", tmp_path / "a") == 0
    assert [[s.objective.index for s in b] for b in made] == [[0] * 3, [1] * 3]  # type: ignore[union-attr]


def failing(real: Callable[..., Any], most: int, error: Exception) -> Callable[..., Any]:
    """Fail in the second step of batches larger than `most`."""

    def steps(network: Network, samples: Sequence[Sample], recipe: Any, **more: Any) -> Any:
        inner = real(network, samples, recipe, **more)
        yield next(inner)
        if len(samples) > most:
            raise error
        result = yield from inner
        return result

    return steps


def test_natural_pictures_name_their_photographs_and_are_found_again(
    capsys: Capture, tmp_path: Path, made: list[list[Sample]]
) -> None:
    assert call("--units", "0", "--out", tmp_path / "a", recipe="natural") == 0
    (file,) = (tmp_path / "a").iterdir()
    note = recipe_of_png(file.read_bytes())
    assert note is not None
    assert note.photographs == bundled_references().source
    assert call("--units", "0", "--out", tmp_path / "a", recipe="natural") == 0
    assert call("--units", "0", "--out", tmp_path / "b", recipe="natural") == 0
    words = capsys.readouterr().out
    assert "1 were there already" in words
    assert "1 from the store" in words
    assert len(made) == 1


OUT_OF_MEMORY = RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate")


def test_out_of_memory_halves_the_batch_and_says_so(
    tmp_path: Path, made: list[list[Sample]], monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setattr(
        batches, "synthesis_steps", failing(batches.synthesis_steps, 2, OUT_OF_MEMORY)
    )
    assert call("--units", "all", "--out", tmp_path / "o", "--batch", 5) == 0
    assert [len(batch) for batch in made] == [5, 2, 2, 1]
    out, err = capsys.readouterr()
    assert err == "Out of memory: the batch is halved to 2.\n"
    assert out.endswith(": 5 made\n")
    assert len(names(tmp_path / "o")) == 5


def test_memory_for_not_even_one_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setattr(
        batches, "synthesis_steps", failing(batches.synthesis_steps, 0, OUT_OF_MEMORY)
    )
    assert call("--units", "0", "--out", tmp_path / "o") == 2
    assert "does not suffice for one picture" in capsys.readouterr().err


def test_other_failures_are_not_taken_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    broken = failing(batches.synthesis_steps, 0, RuntimeError("odd"))
    monkeypatch.setattr(batches, "synthesis_steps", broken)
    assert call("--units", "0:2", "--out", tmp_path / "o") == 2
    assert "unexpected: RuntimeError: odd" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--units", "0:6", "--out", "o"], "There is no unit 5. There are 0 to 4."),
        (["--units", "first", "--out", "o"], "--units first cannot be read"),
        (["--units", "0", "--seeds", "-1", "--out", "o"], "--seeds -1 cannot be read"),
        (["--units", "0", "--out", "o", "--set", "stop.stebs=4"], "stop.steps"),
        (["--units", "0", "--out", "o", "--layer", "3"], "Tiny has no layer '3'"),
        (["--units", "0", "--out", "o", "--recipe", "yosinski"], "There is no recipe"),
        (["--units", "0", "--out", "o", "--batch", "0"], "--batch"),
        (["--units", "0"], "--out"),
        (["--out", "o"], "--units"),
        (["--units", "0", "--out", "file"], "file cannot be used"),
    ],
)
def test_bad_input_is_one_line(
    words: list[str],
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    assert call(*words) == 2
    err = capsys.readouterr().err
    assert told in err
    assert err.startswith("deepvis: ")
    assert err.count("\n") == 1
    assert not (tmp_path / "o").exists()


def test_a_silent_unit_is_told(tmp_path: Path, capsys: Capture) -> None:
    """A ReLU's unit that nothing wakes: its picture is made, and why it is empty is said."""
    network = tiny()
    with torch.no_grad():
        network.module[0].weight[2] = 0  # type: ignore[index, operator]
        network.module[0].bias[2] = -1  # type: ignore[index, operator]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(synthesis, "loaded", lambda *_, **__: network)
        assert call("--units", "2", "--out", tmp_path / "o", layer="1") == 0
    told = capsys.readouterr().out.splitlines()
    assert told[1].startswith(f"1_2_{NAME}_s0.png: The gradient became zero")


def test_the_sheet_shows_every_picture_in_its_place(tmp_path: Path) -> None:
    out = tmp_path / "o"
    assert call("--units", "0:2", "--seeds", "0:2", "--out", out, "--sheet") == 0
    with Image.open(out / f"2_{NAME}_sheet.png") as image:
        sheet = np.asarray(image)
    for column, row, name in ((0, 0, "2_0"), (1, 0, "2_0"), (0, 1, "2_1"), (1, 1, "2_1")):
        with Image.open(out / f"{name}_{NAME}_s{column}.png") as image:
            top, left = 4 + row * (16 + 16 + 4), 4 + column * (12 + 4)
            shown = legible(np.asarray(image), (124, 116, 104))  # ImageNet's mean colour
            assert np.array_equal(sheet[top : top + 16, left : left + 12], shown)


PROGRAM = """
import sys
from deepvis_app.cli import main, synthesis
import torch
from torch import nn
from deepvis_app.nets import Network

torch.manual_seed(0)
module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 5, 3)).requires_grad_(False)
synthesis.loaded = lambda *_, **__: Network(module, (3, 16, 12), name="Tiny", spec="tiny")
write = synthesis._write

def told(file, data):
    write(file, data)
    print(file.name, flush=True)

synthesis._write = told
sys.exit(main.run_command_line(lambda _: 0, sys.argv[1:]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_ctrl_c_keeps_what_is_finished(
    tmp_path: Path, made: list[list[Sample]], capsys: Capture
) -> None:
    out = tmp_path / "o"
    words = ["synthesize", "--layer", "2", "--units", "all", "--seeds", "0:20", "--out", str(out)]
    words += ["--recipe", "yosinski-3", "--set", "stop.steps=4"]
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
    ) as process:
        assert process.stdout is not None
        first = process.stdout.readline().strip()
        process.send_signal(signal.SIGINT)
        rest, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (130, "")
    finished = {first, *rest.split()}
    assert names(out) == finished
    assert len(finished) < 100
    assert all(recipe_of_png((out / name).read_bytes()) for name in finished)
    store = Store(default_folder())
    assert store.verify().damaged == ()
    store.close()
    assert call("--units", "0", "--out", out) == 0
    assert "were there already" in capsys.readouterr().out
    assert made == []


def test_search_writes_a_sheet_a_table_and_recipes_that_can_be_used(
    tmp_path: Path, capsys: Capture
) -> None:
    photographs = tmp_path / "photographs"
    photographs.mkdir()
    rng = np.random.default_rng(0)
    for number in range(3):
        image = Image.fromarray(rng.integers(0, 256, (20, 20, 3), np.uint8))
        image.save(photographs / f"{number}.png")
    out = tmp_path / "out"
    words = ["--units", "1,3", "--search", "3", "--photographs", photographs, "--out", out]
    assert call(*words) == 0
    lines = (out / "search.txt").read_text().splitlines()
    assert lines[0].split("\t")[1:] == ["merit", "excess", "kept", "rank", "slope", "recipe"]
    merits = [float(line.split("\t")[1]) for line in lines[1:]]
    assert len(merits) == 4  # the base and three around it
    assert merits == sorted(merits, reverse=True)
    with Image.open(out / "search.png") as sheet:
        assert sheet.width > 2 * 12
        assert sheet.height > 4 * 16
    best = lines[1].split("\t")[-1]
    capsys.readouterr()
    again = tmp_path / "again"
    assert call("--units", "1", "--out", again, recipe=str(out / f"{best}.toml")) == 0
    assert "1 made" in capsys.readouterr().out
