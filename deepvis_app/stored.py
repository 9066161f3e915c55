"""Small files of typed values, read forgivingly and written whole."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from deepvis_app.errors import UserError, in_brief, in_short, one_line, short_text
from deepvis_app.files import write_whole
from deepvis_app.reading import read_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from pydantic_core import ErrorDetails

M = TypeVar("M", bound=BaseModel)

MOST_MESSAGES = 20  # about one file


def read_model(
    path: Path,
    parse: Callable[[str], dict[str, Any]],
    model: type[M],
    *,
    look_only: bool = False,
    mend: Callable[[str], tuple[str, tuple[str, ...]]] = lambda text: (text, ()),
) -> tuple[M, tuple[str, ...]]:
    """Return what of the file at `path` is valid, defaults for the rest, and what was wrong.

    A missing file is all defaults. A file that cannot be read or parsed is renamed to
    `NAME.broken`; of one that is partly wrong a copy is kept there; not so with `look_only`.
    `mend` may take what cannot be parsed out of the text first, with a message for each thing.
    Never raises.
    """
    try:
        text, problems = mend(read_text(path))
        data = parse(text)
    except (FileNotFoundError, NotADirectoryError):
        return model(), ()
    except (OSError, ValueError) as error:  # `Unreadable` is a ValueError
        cause = f"{path} cannot be read ({in_short(error)})"
        return model(), (cause if look_only else _set_aside(path, cause),)
    value, messages = validate_forgivingly(model, data)
    messages = (*problems, *messages)
    if messages and not look_only:
        keep_copy(path)
    if len(messages) > MOST_MESSAGES:
        left = len(messages) - MOST_MESSAGES + 1
        messages = (*messages[: MOST_MESSAGES - 1], f"{left} more values are wrong")
    return value, tuple(f"{path.name}: {message}" for message in messages)


def write_kept(path: Path, text: str, failure: str) -> None:
    """Replace a file of the user's at one stroke, for their eyes alone.

    Raises `UserError` that begins with `failure` where that cannot be done.
    """
    try:
        write_whole(path, text, private=True)
    except OSError as error:
        raise UserError(
            f"{failure} ({one_line(error)})",
            "Free space, or make the folder writable, or name another in DEEPVIS_CONFIG_DIR",
        ) from error


def validate_forgivingly(model: type[M], data: dict[str, Any]) -> tuple[M, tuple[str, ...]]:
    """Return `model` of what is valid in `data` and one line for each key that was left out."""
    messages: list[str] = []
    while True:
        try:
            return model.model_validate(data), tuple(messages)
        except ValidationError as error:
            wrong = {_known_part(problem): reason(problem) for problem in error.errors()}
            messages += wrong.values()
            data = _without(data, wrong)


WORDS = {  # what a value must be, by pydantic's name of the problem
    "greater_than_equal": "must be at least {ge:g}",
    "less_than_equal": "must be at most {le:g}",
    "greater_than": "must be more than {gt:g}",
    "less_than": "must be less than {lt:g}",
    "finite_number": "must be a finite number",
    "enum": "must be {expected}",
    "literal_error": "must be {expected}",
    "string_type": "must be text",
    "string_too_long": "must have at most {max_length} letters",
    "too_long": "must have at most {max_length} entries",
    "string_pattern_mismatch": "is not written as it should be",
    "path_type": "must be a path",
    "tuple_type": "must be a list",
    "list_type": "must be a list",
    "dict_type": "must be a table",
    "model_type": "must be a table",
    "model_attributes_type": "must be a table",
}
KINDS = {  # the same for all problems whose name begins so
    "int_": "must be a whole number",
    "float_": "must be a number",
    "bool_": "must be true or false",
}


def reason(problem: ErrorDetails) -> str:
    """Return one validation problem as one line: key, what it must be, what it is."""
    where = ".".join(short_text(str(key)) for key in problem["loc"])
    if problem["type"] == "extra_forbidden":
        return f"{where} is not known and was left out"
    return f"{where} {_must(problem)}, not {in_brief(problem['input'])}"


def _must(problem: ErrorDetails) -> str:
    kind = problem["type"]
    if kind in WORDS:
        return WORDS[kind].format(**problem.get("ctx", {}))
    words = next((words for start, words in KINDS.items() if kind.startswith(start)), None)
    return words or problem["msg"].removeprefix("Value error, ").replace("Input should", "must")


def _known_part(problem: ErrorDetails) -> tuple[str, ...]:
    """Return the keys down to the value that is wrong; a list is wrong as a whole."""
    keys: list[str] = []
    for key in problem["loc"]:
        if not isinstance(key, str) or key == "[key]":  # pydantic's word for a key that is wrong
            break
        keys.append(key)
    return tuple(keys)


def _without(data: dict[str, Any], wrong: Iterable[tuple[str, ...]]) -> dict[str, Any]:
    """Return `data` without the values at the ways of keys; of the empty way, without all."""
    inside: dict[str, list[tuple[str, ...]]] = {}
    for keys in wrong:
        if not keys:
            return {}
        inside.setdefault(keys[0], []).append(keys[1:])
    kept = {}
    for key, value in data.items():
        rest = inside.get(key)
        if rest is None:
            kept[key] = value
        elif isinstance(value, dict) and () not in rest:
            kept[key] = _without(value, rest)
    return kept


def _broken(path: Path) -> Path:
    return path.with_name(f"{path.name}.broken")


def _set_aside(path: Path, cause: str) -> str:
    try:
        path.replace(_broken(path))
    except OSError:
        return f"{cause}; defaults are used"
    return f"{cause}; it is kept as {_broken(path).name} and defaults are used"


def keep_copy(path: Path) -> None:
    """Keep what a file holds as `NAME.broken`, if that can be done."""
    try:
        shutil.copyfile(path, _broken(path))
    except OSError:
        return  # the message stands without the copy
