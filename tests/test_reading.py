"""Text files of anybody: bounded, never blocking, and never another error than the one named."""

from __future__ import annotations

import json
import math
import os
import random
import sys
import tomllib
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pydantic import BaseModel

from deepvis_app.engine.jobs.kinds import make_kinds
from deepvis_app.engine.jobs.memory import listed, record_of
from deepvis_app.engine.kept.gallery import recipe_of_png
from deepvis_app.errors import UserError
from deepvis_app.frames.listing import list_entries
from deepvis_app.nets.profile import read_profile
from deepvis_app.paths import CONFIGS
from deepvis_app.reading import (
    DEEPEST,
    Odd,
    Unreadable,
    parse_json,
    parse_toml,
    read_text,
    whole_number,
)
from deepvis_app.session import Session, load_session, session_path
from deepvis_app.settings import Settings, load_settings, settings_path
from deepvis_app.synth import read_recipe

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX files")
DIGITS = "9" * 5000  # Python reads numbers of 4300


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


@pytest.mark.parametrize("text", ["a = 1\nb = [1.5, 'x', 2024-01-02]\n[c.d]\ne = -3", ""])
def test_toml_is_what_the_standard_library_reads(text: str) -> None:
    assert parse_toml(text) == tomllib.loads(text)


@pytest.mark.parametrize("text", ['{"a": [1, -2.5, null, true, "ä"], "b": {"c": {}}}', "3", '""'])
def test_json_is_what_the_standard_library_reads(text: str) -> None:
    assert parse_json(text) == json.loads(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"x = 1\na = {nested(DEEPEST + 1)}", "deep within each other"),
        (f"x = 1\na = {'[' * 100_000}", "deep within each other, line 2"),
        (f"x = 1\n{'a.' * 100_000}b = 1", "parts, line 2"),
        (f"x = 1\na = {DIGITS}", "too many digits, line 2"),
        ("x = 1\nx = 2\ny = 3", "not valid TOML: .*overwrite.*line 2"),
        ("x = 1\na = [1, 2", "not valid TOML"),
        ("x = 1\na = 2024-02-31\n", "not valid TOML.*line 2"),
    ],
    ids=range(7),
)
def test_bad_toml_is_named_with_its_line(text: str, words: str) -> None:
    with pytest.raises(Unreadable, match=words):
        parse_toml(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (nested(DEEPEST + 1), "deep within"),
        ('{"a":' * 100_000, "deep within"),
        ('{"a": 1,\n "b": }', "not valid JSON: .*line 2"),
        (b"\xff\xff", "not valid JSON"),
    ],
    ids=range(4),
)
def test_bad_json_is_named(text: str | bytes, words: str) -> None:
    with pytest.raises(Unreadable, match=words):
        parse_json(text)


def test_values_that_nothing_can_hold_are_valid_nowhere_and_leave_the_rest() -> None:
    read = parse_json(
        f'{{"a": {DIGITS}, "b": 9223372036854775808, "c": 9223372036854775807, '
        '"d": 1, "d": 2, "e": "\\ud800", "f": 3}'
    )
    said = {key: repr(value) for key, value in read.items() if isinstance(value, Odd)}
    assert said == {
        "a": "a number with too many digits",
        "b": "a number with too many digits",
        "d": "two values",
        "e": "broken text",
    }
    assert (read["c"], read["f"]) == (2**63 - 1, 3)
    assert isinstance(parse_toml(f"a = 0x{'F' * 20_000}")["a"], Odd)


@pytest.mark.parametrize("value", [-1, 8, 3.0, True, "3", math.inf, None, Odd("two values")])
def test_what_is_no_whole_number_is_refused(value: object) -> None:
    assert whole_number(7, 7) == 7
    with pytest.raises(ValueError, match="from 0 to 7"):
        whole_number(value, 7)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("Ä".encode("utf-16"), "UTF-16"),
        (b"a\nb\xffc", "not UTF-8, line 2"),
        (b"a\0b", "no text"),
        (b"a" * 11, "larger than 0.01 kB"),
    ],
)
def test_what_is_no_text_is_named(tmp_path: Path, data: bytes, words: str) -> None:
    (tmp_path / "a").write_bytes(data)
    with pytest.raises(Unreadable, match=words):
        read_text(tmp_path / "a", 10)


def test_marks_and_line_ends_are_no_part_of_a_text(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\xef\xbb\xbfa\r\nb\rc\n")
    assert read_text(tmp_path / "a") == "a\nb\nc\n"


@POSIX
def test_pipes_and_devices_are_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for file in (tmp_path / "pipe", Path("/dev/zero"), Path("/dev/tty")):
        with pytest.raises((Unreadable, FileNotFoundError), match=r"no plain file|No such"):
            read_text(file)
    with pytest.raises(IsADirectoryError):
        read_text(tmp_path)


# In the place of every file


def unlike(path: Path, kind: str) -> None:
    """Put something else than a plain text in a file's place."""
    match kind:
        case "folder":
            (path / "inside").mkdir(parents=True)
        case "pipe":
            os.mkfifo(path)
        case "loop":
            path.symlink_to(path)
        case "device":
            path.symlink_to("/dev/zero")
        case "large":
            with path.open("wb") as file:
                file.truncate(3 << 30)


THINGS = ["folder", "pipe", "loop", "device", "large"]


@POSIX
@pytest.mark.parametrize("thing", THINGS)
def test_settings_and_session_open_whatever_is_in_their_place(thing: str) -> None:
    for path, load, usual in (
        (settings_path(), load_settings, Settings()),
        (session_path(), load_session, Session()),
    ):
        unlike(path, thing)
        value, (message,) = load()
        assert value == usual
        assert "\n" not in message
        assert f"kept as {path.name}.broken" in message
        assert os.path.lexists(path.with_name(f"{path.name}.broken"))
        assert load() == (usual, ())


@POSIX
@pytest.mark.parametrize("thing", THINGS)
def test_other_files_name_themselves(tmp_path: Path, thing: str) -> None:
    for read in (read_recipe, read_profile, list_entries):
        path = tmp_path / f"{read.__name__}.toml"
        unlike(path, thing)
        with pytest.raises(UserError, match=path.name):
            read(path)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (f"live.threads = {DIGITS}", "line 2 cannot be read: live.threads = 999"),
        (f"live.threads = {nested(500)}", "line 2 cannot be read: live.threads = [[["),
        (
            f"live.threads = 0x{'F' * 9000}",
            "live.threads must be a whole number, not a number with",
        ),
        ("live.threads = inf", "live.threads must be a finite number, not inf"),
        ("live.percentile = 1e400", "live.percentile must be a finite number, not inf"),
        (f"live.device = '{'x' * 90_000}'", "'xxx"),
        (f"{'y' * 90_000} = 1", "y… is not known"),
    ],
    ids=range(7),
)
def test_one_impossible_setting_costs_only_itself(line: str, words: str) -> None:
    path = settings_path()
    path.write_text(f"appearance.theme = 'dark'\n{line}\nlive.job_share = 0.5\n")
    loaded, (message,) = load_settings()
    assert words in message
    assert len(message) < 200
    assert (loaded.appearance.theme.value, loaded.live.job_share) == ("dark", 0.5)
    assert path.with_name("settings.toml.broken").read_text() == path.read_text()


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (DIGITS, "not a number with too many digits"),
        ("Infinity", "finite"),
        ("-1", "at least 0"),
        ("4294967296", "at most"),
        ("1e400", "finite"),
        ("{}", "whole number"),
        ('1, "unit": 2', "two values"),
    ],
    ids=range(7),
)
def test_one_impossible_value_of_a_session_costs_only_itself(value: str, words: str) -> None:
    session_path().write_text(f'{{"layer": "conv1", "unit": {value}}}')
    session, (message,) = load_session()
    assert session == Session(layer="conv1")
    assert words in message


STRANGE = {
    "long": f'"network": "{"x" * 900_000}"',
    "control": '"network": "a\\u0000b"',
    "half a character": '"network": "\\ud800"',
    "no base64": '"window_geometry": "ÄÄÄÄ"',
    "nearly base64": '"window_geometry": "____"',
    "numbers": f'"recent_sources": {[1] * 100_000}',
    "many": f'"recent_sources": {json.dumps(["a"] * 100_000)}',
    "long key": f'"panels": {{"{"k" * 5000}": {{}}}}',
    "keys": ", ".join(f'"k{n}": 1' for n in range(50_000)),
}


@pytest.mark.parametrize("what", STRANGE)
def test_a_session_of_strange_texts_opens_soon(what: str) -> None:
    session_path().write_text(f'{{{STRANGE[what]}, "layer": "conv1"}}', "utf-8")
    session, messages = load_session()
    assert session == Session(layer="conv1")
    assert 1 <= len(messages) <= 20
    assert all(len(message) < 200 and "\n" not in message for message in messages)


def test_a_file_that_is_all_wrong_is_said_in_few_lines() -> None:
    settings_path().write_text("".join(f"key{n} = 1\n" for n in range(5000)))
    loaded, messages = load_settings()
    assert loaded == Settings()
    assert len(messages) == 20
    assert "4981 more" in messages[-1]


# Mutations of sound files: nothing but what is said to be raised


RAW = (
    "[" * 300,
    "]",
    "{",
    DIGITS,
    "1e400",
    "Infinity",
    "NaN",
    "nan",
    '"',
    "\0",
    "\n",
    "= ",
    "a.a.",
)


def mutated(text: str, chance: random.Random) -> bytes:
    data = text
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(data) + 1)
        until = min(at + chance.choice((0, 0, 1, 4, 40)), len(data))
        data = data[:at] + chance.choice(RAW) + data[until:]
    raw = bytearray(data.encode())
    if chance.random() < 0.3 and raw:
        raw[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)
    return bytes(raw)


def said(read: Callable[[Path], object], path: Path) -> Sequence[str]:
    """Return what reading a file says of it."""
    try:
        value = read(path)
    except UserError as error:
        return [str(error)]
    match value:
        case (BaseModel(), messages):
            return messages  # type: ignore[no-any-return]
    return ()


def _read_jobs(path: Path) -> None:
    with suppress(Unreadable):
        for job in listed(path.read_text("utf-8", "replace")):
            record_of(job, make_kinds(None))


JOBS = json.dumps({
    "version": 1,
    "jobs": [{
        "uid": "a1",
        "network": ["f" * 64, "Pocket", "pocket"],
        "purpose": "look",
        "recipe": "{}",
        "steered": False,
        "samples": [{"objective": '{"kind": "logit", "index": 1}', "unit": False, "seed": 3}],
    }],
})  # fmt: skip


@pytest.mark.parametrize(
    ("sound", "read"),
    [
        ((CONFIGS / "defaults.toml").read_text("utf-8"), lambda path: load_settings()),
        ('{"unit": 3, "units": {"a": 1}, "panes": ["a"], "layer": "b"}', lambda _: load_session()),
        (next((CONFIGS / "recipes").glob("*.toml")).read_text("utf-8"), read_recipe),
        ('factory = "torch.nn:Linear"\n[input]\nsize = 8\nmean = [0.5]', read_profile),
        (JOBS, _read_jobs),
    ],
    ids=["settings", "session", "recipe", "profile", "jobs"],
)
def test_mutations_are_read_or_said(
    tmp_path: Path, sound: str, read: Callable[[Path], object]
) -> None:
    chance = random.Random(7)
    messages: list[str] = []
    for _ in range(100):
        data = mutated(sound, chance)
        for path in (tmp_path / "file.toml", settings_path(), session_path()):
            path.write_bytes(data)
        messages += said(read, tmp_path / "file.toml")
    assert messages or read is _read_jobs  # the mutations do reach what is read
    assert not any("\n" in message or len(message) > 1000 for message in messages)


FOUND = Path(__file__).parents[2] / "shared" / "cases" / "safe" / "found"
READERS: dict[str, Callable[[Path], object]] = {
    "jobs": _read_jobs,
    "recipe": read_recipe,
    "profile": read_profile,
    "pngnote": lambda path: recipe_of_png(path.read_bytes()),
    "session": lambda path: session_path().write_bytes(path.read_bytes()) and load_session(),
}


@pytest.mark.skipif(not FOUND.is_dir(), reason="the found files are not beside the checkout")
@pytest.mark.parametrize("kind", READERS)
def test_what_was_found_is_read_or_said(kind: str) -> None:
    files = list(FOUND.glob(f"{kind}-uncaught-*.bin"))
    assert files
    messages = [message for file in files for message in said(READERS[kind], file)]
    assert all("cannot be read" in message for message in messages)
    assert messages or kind in {"jobs", "pngnote"}


def test_a_name_that_no_file_can_have_is_told() -> None:
    with pytest.raises(Unreadable, match="a zero in it"):
        read_text(Path("a\0b"))
