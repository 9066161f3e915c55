"""`deepvis play`: a sub-command for each technique; pictures and videos in, results out."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from deepvis_app.cli import play, play_runs, playing
from deepvis_app.cli.kept import user_store
from deepvis_app.cli.main import run_command_line
from deepvis_app.engine.kept.picture_png import recipe_of_png
from deepvis_app.engine.kept.play_png import read_play_note
from deepvis_app.errors import UserError
from deepvis_app.store import Store
from deepvis_app.synth.play import TECHNIQUES, invert
from tests.deepened import deepen, small_network
from tests.frames.clips import write_clip

if TYPE_CHECKING:
    from deepvis_app.nets import Network

__all__ = ["deepen"]

pytestmark = pytest.mark.usefixtures("deepen")
Capture = pytest.CaptureFixture[str]
ROOT = Path(__file__).parents[2]
NET = ("--net", "small", "--device", "cpu")


@pytest.fixture(autouse=True)
def network(monkeypatch: pytest.MonkeyPatch) -> Network:
    given = small_network()
    monkeypatch.setattr(playing, "loaded", lambda *_, **__: given)
    return given


def call(*words: object) -> int:
    return run_command_line(lambda _: 0, ["play", *map(str, words)])


def picture(path: Path, size: tuple[int, int] = (40, 48), seed: int = 0) -> Path:
    values = np.random.default_rng(seed).integers(0, 256, (*size, 3), np.uint8)
    Image.fromarray(values).save(path)
    return path


def seen(path: Path) -> np.ndarray:
    with Image.open(path) as file:
        return np.asarray(file.convert("RGB"))


def test_a_picture_is_that_of_the_library_and_says_how(
    network: Network, tmp_path, capsys: Capture
) -> None:
    given, out = picture(tmp_path / "a.png"), tmp_path / "b.png"
    words = ["invert", *NET, "--input", given, "--layer", "second", "--steps", 6, "--seed", 2]
    assert call(*words, "--out", out, "--start", "grey", "--json") == 0
    (row,) = json.loads(capsys.readouterr().out)
    own = invert(network, network.view(seen(given))[0], "second", seed=2, steps=6, start="grey")
    assert np.abs(seen(out).astype(int) - own.image).max() <= 1  # another memory format
    assert row["facts"]["error"] == pytest.approx(own.facts["error"], rel=1e-3)
    assert (row["source"], row["steps"], row["stop"]) == ("made", 6, "finished")
    assert row["settings"] == {**own_settings("grey", 6), "layer": "second"}
    note = read_play_note(out.read_bytes())
    assert note is not None
    assert (note.technique, note.seed, note.unfinished) == ("invert", 2, "")
    assert note.names == {"input": "a.png"}
    assert note.settings == row["settings"]
    assert note.fingerprint == network.fingerprint
    assert recipe_of_png(out.read_bytes()) is None
    assert read_play_note(given.read_bytes()) is None
    assert read_play_note(b"no picture") is None
    assert call(*words, "--out", out, "--start", "grey") == 0
    assert "from the store" in capsys.readouterr().out
    assert call(*words, "--out", out, "--start", "grey", "--no-cache", "--json") == 0
    assert json.loads(capsys.readouterr().out)[0]["source"] == "made"


def own_settings(start: str, steps: int) -> dict[str, object]:
    return {**TECHNIQUES["invert"].spec().facts(), "start": start, "steps": steps}


def test_each_of_a_folder_gives_one_and_what_cannot_be_read_is_named(
    tmp_path, capsys: Capture
) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    for number in range(2):
        picture(folder / f"p{number}.png", seed=number)
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nno")
    (folder / "notes.txt").touch()
    words = ["deepen", *NET, "--layer", "second", "--steps", 2, "--input", folder, "--out", out]
    assert call(*words) == 1
    said = capsys.readouterr()
    assert said.err.startswith("deepvis: broken.png: ")
    assert len(said.err.splitlines()) == 1
    files = sorted(path.name for path in out.iterdir())
    assert [name[:9] for name in files] == ["p0_deepen", "p1_deepen"]
    assert seen(out / files[0]).shape == (40, 48, 3)  # whole, not as the network sees it
    (folder / "broken.png").unlink()
    assert call(*words, "--rate", 8, "--json") == 0
    assert len([*out.iterdir()]) == 4  # other settings are other files
    capsys.readouterr()
    assert call(*words, "--json") == 0
    assert {row["source"] for row in json.loads(capsys.readouterr().out)} == {"from the store"}


def test_videos_become_films(tmp_path, capsys: Capture) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    picture(folder / "a.png")
    write_clip(folder / "b.mp4", (0, 40, 80), size=(48, 40), sound_s=0.2)
    (folder / "c.mp4").touch()
    words = ["deepen", *NET, "--layer", "second", "--steps", 2, "--input", folder, "--out", out]
    assert call(*words, "--json") == 1
    said = capsys.readouterr()
    rows = json.loads(said.out)
    assert [(row["name"], row["frames"]) for row in rows] == [("a.png", None), ("b.mp4", 3)]
    assert Path(rows[1]["out"]).suffix == ".mp4"
    assert Path(rows[1]["out"]).stat().st_size > 1000
    errors = said.err.splitlines()
    assert errors[0] == "deepvis: b.mp4: Its sound is left out"
    assert errors[1].startswith("deepvis: c.mp4: ")
    alone = ["deepen", *NET, "--layer", "second", "--input", folder / "b.mp4", "--steps", 2]
    assert call(*alone, "--out", tmp_path / "film.mp4", "--film-carry", "nothing") == 0
    assert (tmp_path / "film.mp4").exists()
    capsys.readouterr()
    assert call(*alone, "--out", tmp_path / "film.mp4", "--film-carry", "nothing") == 0
    said = capsys.readouterr().out
    assert "was there already" in said
    assert "3 frames" in said
    assert call("invert", *NET, "--input", folder / "b.mp4", "--out", out) == 2
    assert "Invert makes no video" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["invert"], "Missing option '--input'"),
        (["melt"], "No such command 'melt'"),
        (["invert", "--input", "none.png", "--out", "b.png"], "none.png is not there"),
        (["invert", "--input", "a.png", "--out", "b.mp4"], "which says no format"),
        (["invert", "--input", "a.png", "--out", "b.xyz"], "looks like a file"),
        (["invert", "--input", "a.png", "--input", "a.png", "--out", "b.png"], "is one file"),
        (["invert", "--input", "a.png", "--out", "b", "--rate", "0"], "--rate 0.0 is wrong"),
        (["invert", "--input", "a.png", "--out", "b", "--steps", "0"], "--steps"),
        (["invert", "--input", "a.png", "--out", "b", "--start", "here"], "--start"),
        (["invert", "--input", "a.png", "--out", "b", "--layer", "scond"], "scond"),
        (["invert", "--input", "folder", "--out", "b"], "contains no pictures"),
        (["deepen", "--input", "a.png", "--guide", "x.png", "--out", "b"], "x.png"),
    ],
)
def test_wrong_words_are_one_line(
    tmp_path, monkeypatch, capsys: Capture, words: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    picture(Path("a.png"))
    Path("folder").mkdir()
    Path("x.png").touch()
    assert call(words[0], *NET, *words[1:]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert len(err.splitlines()) == 1
    assert not Path("b.png").exists()


@pytest.mark.parametrize("key", [*TECHNIQUES, "deepen"])
def test_every_setting_is_an_option_and_none_has_two_meanings(key: str, capsys: Capture) -> None:
    how = play.TECHNIQUES[key]
    flags = []
    for one in play.command_of(how).__signature__.parameters.values():
        (option,) = one.annotation.__metadata__
        named = isinstance(option.default, str)
        flags.append(option.default.split("/")[0] if named else f"--{one.name}")
    assert len(flags) == len(set(flags)), flags
    assert call(key, "--help") == 0
    shown = capsys.readouterr().out
    for name in how.spec.model_fields:
        assert f"--{name.replace('_', '-')}"[:20] in shown
    assert ("--film-carry" in shown) == (key != "invert" and how.roles[0].whole)


def test_classes_are_given_by_number_or_name(network: Network) -> None:
    class Target(TECHNIQUES["invert"].spec):
        target: int = -1

    spec = playing._with_classes(network, Target(), {"target": "class 7"})
    assert spec.target == 7
    with pytest.raises(UserError, match="has no class 'clas'"):
        playing._with_classes(network, Target(), {"target": "clas"})
    words = {"setting_target": "3", "setting_steps": 9}
    assert play._spec(Target, words, "setting_").target == 3
    assert play._labels({"setting_target": "class 7"}) == {"target": "class 7"}


PROGRAM = """
import sys
sys.path.insert(0, sys.argv.pop())
from deepvis_app.cli import play_runs, playing
from deepvis_app.cli.main import run_command_line
from tests.deepened import small_network
playing.loaded = lambda *_, **__: small_network()
real = play_runs._Reached.run
def run(self, work, steps, title):
    def told():
        result = yield from loud(steps)
        return result
    return real(self, work, told(), title)
def loud(steps):
    while True:
        try:
            step = next(steps)
        except StopIteration as end:
            return end.value
        if step is not None:
            print(step.step, flush=True)
        yield step
play_runs._Reached.run = run
sys.exit(run_command_line(lambda _: 0, sys.argv[1:]))
"""


@pytest.mark.slow(seconds=9)
@pytest.mark.skipif(os.name != "posix", reason="signals are another matter there")
def test_what_is_stopped_keeps_its_picture_and_goes_on(
    tmp_path, monkeypatch, capsys: Capture
) -> None:
    given, out = picture(tmp_path / "a.png"), tmp_path / "b.png"
    words = ["invert", "--input", given, "--layer", "second", "--steps", 400, "--out", out]
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "play", *map(str, words), str(ROOT)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
    ) as process:  # fmt: skip
        assert process.stdout is not None
        while process.stdout.readline().strip() != "20":
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()  # `communicate` loses what `readline` has read ahead
        assert process.stderr is not None
        err = process.stderr.read()
    assert process.returncode == 130
    steps = int((rest.split() or ["20"])[-1])
    note = read_play_note(out.read_bytes())
    assert note is not None
    done = int(note.unfinished.split()[0])
    assert steps - 1 <= done <= steps + 1
    assert err == (
        f"deepvis: Stopped after {done} of 400 steps: {out} is so far; the same command goes on.\n"
    )
    begun: list[int] = []
    real = play_runs._Reached.run

    def run(self: play_runs._Reached, work: play_runs.Work, steps: Any, title: str) -> Any:
        def watched() -> Any:
            first = next(step for step in steps if step is not None)
            begun.append(first.step)
            yield first
            return (yield from steps)

        return real(self, work, watched(), title)

    monkeypatch.setattr(play_runs._Reached, "run", run)
    assert call(*words, "--json") == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["steps"], row["source"], begun) == (400, "made", [done + 1])
    note = read_play_note(out.read_bytes())
    assert note is not None
    assert note.unfinished == ""
    assert call(*words) == 0
    assert "from the store" in capsys.readouterr().out
    with user_store() as store:
        assert "stopped play" not in store.info().by_kind


def test_what_was_not_found_is_said(tmp_path, capsys: Capture) -> None:
    words = ["adversary", *NET, "--input", picture(tmp_path / "a.png"), "--epsilon", 1e-4]
    assert call(*words, "--out", tmp_path / "b.png", "--json") == 0
    told = capsys.readouterr()
    (row,) = json.loads(told.out)
    assert row["facts"]["success"] == 0
    assert told.err == "deepvis: a.png: Not found within ε = 0.0001. Try --epsilon 0.0002.\n"


def test_a_full_store_costs_no_picture(tmp_path, monkeypatch, capsys: Capture) -> None:
    def full(*_: object) -> None:
        raise UserError("The disk is full", "Free some space")

    monkeypatch.setattr(Store, "put", full)
    words = ["invert", *NET, "--input", picture(tmp_path / "a.png"), "--steps", 2]
    assert call(*words, "--out", tmp_path / "b.png") == 0
    assert seen(tmp_path / "b.png").ndim == 3
    assert "It is not kept for next time: The disk is full" in capsys.readouterr().err
