"""`deepvis recipe`: what a picture's file says, and that the command it gives makes it again."""

from __future__ import annotations

import io
import json
import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from deepvis_app.cli import playing
from deepvis_app.cli.main import run_command_line
from deepvis_app.engine.kept.picture_png import PictureNote, picture_png
from deepvis_app.engine.kept.play_png import PlayNote, play_png, read_play_note
from deepvis_app.nets import Unit
from deepvis_app.synth import PRESETS
from tests.deepened import small_network

if TYPE_CHECKING:
    from pathlib import Path

Capture = pytest.CaptureFixture[str]
GREY = np.full((8, 9, 3), 128, np.uint8)


def call(*words: object) -> int:
    return run_command_line(lambda _: 0, [*map(str, words)])


def note(**more: object) -> PlayNote:
    facts = {
        "technique": "invert", "settings": {"layer": "second", "steps": 3}, "pictures": {},
        "names": {"input": "a b.png"}, "seed": 4, "fingerprint": "f" * 64,
        "network_name": "small", "network_spec": "small",
    }  # fmt: skip
    return PlayNote(**{**facts, **more})


def test_the_command_makes_the_picture_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    network = small_network()
    monkeypatch.setattr(playing, "loaded", lambda *_, **__: network)
    monkeypatch.chdir(tmp_path)
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 48, 3), np.uint8)).save(
        "a b.png"
    )
    words = ["--input", "a b.png", "--layer", "second", "--steps", 5, "--start", "grey"]
    assert call("play", "invert", *words, "--seed", 2, "--device", "cpu", "--out", "one.png") == 0
    capsys.readouterr()
    assert call("recipe", "one.png", "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["technique"], facts["seed"], facts["unfinished"]) == ("invert", 2, "")
    assert facts["pictures"] == {"input": "a b.png"}
    program, *again = shlex.split(facts["command"])
    assert program == "deepvis"
    assert call(*again[:-1], "two.png", "--no-cache", "--device", "cpu") == 0
    one, two = ((tmp_path / name).read_bytes() for name in ("one.png", "two.png"))
    assert read_play_note(one) == read_play_note(two)
    with Image.open(io.BytesIO(one)) as first, Image.open(io.BytesIO(two)) as second:
        np.testing.assert_array_equal(np.asarray(first), np.asarray(second))


def test_a_preferred_image_tells_its_recipe(tmp_path: Path, capsys: Capture) -> None:
    file = tmp_path / "unit.png"
    recipe = PRESETS["yosinski-3"]
    made = PictureNote(Unit("conv1", 7), recipe, 3, 1.5, "f" * 64, "Pocket", "pocket")
    file.write_bytes(picture_png(GREY, made))
    assert call("recipe", file) == 0
    said = capsys.readouterr().out
    assert "conv1 7" in said
    assert f"regularise.decay {recipe.regularise.decay:g}" in said
    command = "deepvis synthesize --net pocket --layer conv1 --units 7 --seeds 3"
    assert said.endswith(f"{command} --recipe yosinski-3 --out .\n")
    changed = recipe.with_value("regularise.decay", 0.5)
    for name in (recipe.name, "another"):  # no command knows it by its name
        own = replace(made, recipe=changed.with_value("name", name))
        file.write_bytes(picture_png(GREY, own))
        assert call("recipe", file) == 0
        said = capsys.readouterr().out
        assert "regularise.decay 0.5" in said
        assert "deepvis synthesize" not in said


def test_what_was_stopped_says_so(tmp_path: Path, capsys: Capture) -> None:
    file = tmp_path / "a.png"
    file.write_bytes(play_png(GREY, note(unfinished="20 of 400 steps")))
    assert call("recipe", file) == 0
    assert "unfinished   20 of 400 steps" in capsys.readouterr().out


def test_words_of_strangers_are_shown_plain(tmp_path: Path, capsys: Capture) -> None:
    file = tmp_path / "a.png"
    odd = {"layer": "x\x1b[2J; rm -rf /", "hat": 1, "steps": [1]}
    names = {"input": "$(reboot)", "hat": "h.png"}
    file.write_bytes(play_png(GREY, note(settings=odd, names=names, network_name="\u202eevil")))
    assert call("recipe", file) == 0
    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert "\u202e" not in said
    command = shlex.split(said.splitlines()[-1])
    assert "$(reboot)" in command  # one word, quoted
    assert "--hat" not in command
    assert "--steps" not in command
    file.write_bytes(play_png(GREY, note(technique="melt")))
    assert call("recipe", file, "--json") == 0
    assert json.loads(capsys.readouterr().out)["command"] == ""


@pytest.mark.parametrize("spoil", ["settings", "seed", "network", "names", "version"])
def test_broken_notes_are_none(tmp_path: Path, spoil: str) -> None:
    with Image.open(io.BytesIO(play_png(GREY, note()))) as file:
        texts, image = dict(file.text), file.copy()
    assert read_play_note(play_png(GREY, note())) == note()
    for wrong in ("{", "[]", "-1", None):
        if (spoil, wrong) == ("names", "[]") or (spoil == "version" and wrong is not None):
            continue
        info = PngInfo()
        for name, text in texts.items():
            if not name.endswith(spoil):
                info.add_text(name, text)
            elif wrong is not None:
                info.add_text(name, wrong)
        data = io.BytesIO()
        image.save(data, "PNG", pnginfo=info)
        assert read_play_note(data.getvalue()) is None, wrong


def test_other_files_are_said(tmp_path: Path, capsys: Capture) -> None:
    plain = tmp_path / "plain.png"
    Image.fromarray(GREY).save(plain)
    (tmp_path / "text.png").write_text("no picture")
    for name in ("plain.png", "text.png"):
        assert call("recipe", tmp_path / name) == 2
        assert f"{name} does not say how it was made" in capsys.readouterr().err
    assert call("recipe", tmp_path / "none.png") == 2
    assert "cannot be read" in capsys.readouterr().err
