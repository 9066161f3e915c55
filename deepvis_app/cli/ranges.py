"""Lists of numbers as they are written on the command line: 3,5,9 and 0:96 and all."""

from __future__ import annotations

from deepvis_app.errors import UserError

MOST = 100_000


def numbers(text: str, what: str, count: int | None = None) -> tuple[int, ...]:
    """Return what `text` names, in its order, each once: "3", "0:4" is 0 to 3, "0:9:4", "0:2,7".

    With `count`, numbers must be below it, "all" is every one and "90:" ends there. `what` names
    the thing in messages. Raises `UserError`.
    """
    example = f"Write --{what} 0:3 for the first three, or 3,5,9" + (", or all" if count else "")
    found: dict[int, None] = {}
    for part in text.split(","):
        found |= dict.fromkeys(_part(part.strip(), what, count, example))
    if not found:
        raise UserError(f"--{what} {text} names none", example)
    outside = [number for number in found if count is not None and number >= count]
    if outside:
        raise UserError(
            f"There is no {what.removesuffix('s')} {outside[0]}",
            f"There are 0 to {(count or 0) - 1}",
        )
    return tuple(found)


def _part(text: str, what: str, count: int | None, example: str) -> range:
    if text == "all" and count is not None:
        return range(count)
    words = text.split(":")
    if len(words) == 2 and not words[1] and count is not None:
        words[1] = str(count)
    readable = all(w.isascii() and w.isdigit() and len(w) < 10 for w in words)
    if len(words) > 3 or not readable or (len(words) == 3 and int(words[2]) == 0):
        raise UserError(f"--{what} {text} cannot be read", example)
    low, *rest = map(int, words)
    chosen = range(low, *rest) if rest else range(low, low + 1)
    if len(chosen) > MOST:
        raise UserError(f"--{what} {text} are too many", example)
    return chosen
