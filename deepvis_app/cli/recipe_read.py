"""What `deepvis recipe` reads off a picture: anybody's words, which are shown plain."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deepvis_app.cli.recipes import known_recipes
from deepvis_app.engine.kept.picture_png import PictureNote, read_note
from deepvis_app.engine.kept.play_png import PlayNote, read_play_note
from deepvis_app.errors import UserError, in_short
from deepvis_app.reading import Unreadable, read_bytes
from deepvis_app.synth.play import TECHNIQUES
from deepvis_app.words.foreign import in_plain

LARGEST = 256_000_000  # bytes
SHOWN = 200  # letters of a word


def tell(picture: Path, *, as_json: bool) -> None:
    """Print how a picture was made. Raises `UserError` where it does not say."""
    data = _read(picture)
    played, made = read_play_note(data), read_note(data)
    if played is not None:
        facts, again = _of_played(played), _play_again(played)
    elif made is not None:
        facts, again = _of_made(made), _make_again(made)
    else:
        raise UserError(
            f"{picture.name} does not say how it was made", "Give a PNG that deepvis has written"
        )
    if as_json:
        print(json.dumps({**facts, "command": again}, indent=2, ensure_ascii=False))
        return
    for name, value in facts.items():
        if value not in ("", {}, []):
            print(f"{name:<12} {_in_words(value)}")
    if again:
        print(f"\n{again}")


def _read(picture: Path) -> bytes:
    try:
        return read_bytes(picture, LARGEST)
    except (OSError, Unreadable) as error:
        raise UserError(f"{picture} cannot be read: {in_short(error)}", "Check the path") from error


def _of_played(note: PlayNote) -> dict[str, Any]:
    return {
        "technique": _plain(note.technique),
        "settings": {_plain(name): _value(value) for name, value in note.settings.items()},
        "pictures": {_plain(role): _plain(name) for role, name in note.names.items()},
        "seed": note.seed,
        "network": _plain(note.network_name),
        "spec": _plain(note.network_spec),
        "fingerprint": _plain(note.fingerprint),
        "unfinished": _plain(note.unfinished),
        "computed": _plain(note.computed),
        "version": _plain(note.version),
    }


def _play_again(note: PlayNote) -> str:
    """Return the command that makes a picture again, "" where this version knows none."""
    how = TECHNIQUES.get(note.technique)
    if how is None:
        return ""
    usual = how.spec().facts()
    words = ["deepvis", "play", how.key, *_net(note.network_spec)]
    for name, value in note.settings.items():
        if name in usual and value != usual[name] and not isinstance(value, dict | list):
            words += _option(name, value)
    for role in how.roles:
        if role.key in note.names:
            words += [f"--{role.key}", _plain(note.names[role.key])]
    return shlex.join([*words, *(["--seed", str(note.seed)] if note.seed else []), "--out", "."])


def _option(name: str, value: object) -> list[str]:
    flag = name.replace("_", "-")
    if isinstance(value, bool):
        return [f"--{flag}" if value else f"--no-{flag}"]
    return [f"--{flag}", str(_value(value))]


def _of_made(note: PictureNote) -> dict[str, Any]:
    unit = note.unit
    return {
        "unit": f"{_plain(unit.layer)} {unit.index}" if unit else _plain(str(note.objective)),
        "recipe": _plain(note.recipe.name),
        "settings": {_plain(n): _value(v) for n, v in _settings(note).items()},
        "seed": note.seed,
        "activation": note.activation,
        "network": _plain(note.network_name),
        "spec": _plain(note.network_spec),
        "fingerprint": _plain(note.fingerprint),
        "unfinished": "its recipe was changed on the way" if note.steered else "",
        "computed": _plain(note.computed),
        "version": _plain(note.version),
    }


def _settings(note: PictureNote) -> dict[str, Any]:
    """Return the settings of a recipe that are not the usual ones: "regularise.decay"."""
    own, usual = (
        {
            f"{group}.{name}": value
            for group, values in recipe.model_dump(mode="json").items()
            if isinstance(values, dict)
            for name, value in values.items()
        }
        for recipe in (note.recipe, type(note.recipe)())
    )
    return {name: value for name, value in own.items() if value != usual[name]}


def _make_again(note: PictureNote) -> str:
    """Return the command that makes a picture again, "" where there is no such one."""
    unit, recipe = note.unit, known_recipes()[0].get(note.recipe.name)
    if unit is None or unit.position is not None or note.steered:
        return ""
    if recipe is None or recipe.key != note.recipe.key:  # by its name another one would be taken
        return ""
    words = ["deepvis", "synthesize", *_net(note.network_spec), "--layer", _plain(unit.layer)]
    words += ["--units", str(unit.index), "--seeds", str(note.seed)]
    return shlex.join([*words, "--recipe", _plain(note.recipe.name), "--out", "."])


def _net(spec: str) -> list[str]:
    return ["--net", _plain(spec)] if spec else []


def _value(value: object) -> object:
    return value if isinstance(value, int | float | None) else _plain(str(value))


def _plain(text: str) -> str:
    return in_plain(text, SHOWN)


def _in_words(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_in_words(one)}" for name, one in value.items())
    return f"{value:g}" if isinstance(value, float) else str(value)
