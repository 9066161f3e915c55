"""What files of strangers say, as a message may show it."""

from __future__ import annotations

import re

ODD = "\N{REPLACEMENT CHARACTER}"  # for letters that turn the reading direction, or are none
BREAK = "\N{ZERO WIDTH SPACE}"
LONGEST = 80  # letters of a word that every line can hold
_PIECE = re.compile(r"[^/\\]{0,39}[/\\]|\S{40}")  # after a folder, else anywhere


def in_plain(text: str, most: int = 80) -> str:
    """Return a text on one line, in letters that can be seen; of a long one both its ends."""
    line = "".join(map(_seen, " ".join(text[: 4 * most].split()))) if text else ""
    if len(text) > 4 * most:
        line += "…"
    if len(line) <= most:
        return line
    half = (most - 1) // 2
    return f"{line[:half]}…{line[-half:]}"


def in_pieces(text: str, longest: int = LONGEST) -> str:
    """Return a text whose words of more than `longest` letters, as paths, can go on in a new line.

    Labels break at spaces alone, and a word without any widens or leaves them.
    """
    return re.sub(
        rf"\S{{{longest + 1},}}", lambda word: _PIECE.sub(rf"\g<0>{BREAK}", word[0]), text
    )


def lines_in_plain(text: str) -> str:
    """Return lines in letters that can be seen, with their indentation."""
    return "\n".join("".join(map(_seen, line.expandtabs(4))) for line in text.splitlines())


def _seen(letter: str) -> str:
    return letter if letter.isprintable() else ODD
