"""The one kind of error that a person can mend, and any error on one line."""

from __future__ import annotations

import reprlib

SHOWN = 60  # letters of a value that a message shows
MOST = 300  # letters of what a foreign error says: some say megabytes
READ = 4 * MOST  # letters of it that are looked at

_briefly = reprlib.Repr()
_briefly.maxstring = _briefly.maxother = _briefly.maxlong = SHOWN
_briefly.maxlevel = 2


class UserError(Exception):
    """Bad input or a missing thing: a cause and what to do about it, one line each.

    Shown as a banner in the window and as one line on the command line, never as a traceback. Lines
    of code that mend it may follow the remedy, each on a line of its own. `in_window` is what to do
    in the window, where the remedy names options of the command line.
    """

    def __init__(self, cause: str, remedy: str = "", *, in_window: str = "") -> None:
        super().__init__(cause, remedy)
        self.cause = " ".join(cause.rstrip(".").splitlines())
        self.remedy = remedy.rstrip(".")
        self.in_window = in_window.rstrip(".") or self.remedy

    def __str__(self) -> str:
        has_code = "\n" in self.remedy
        remedy = self.remedy if has_code or not self.remedy else sentence(self.remedy)
        return " ".join(part for part in (sentence(self.cause), remedy) if part)


def sentence(text: str) -> str:
    """Return `text` with a full stop, unless it ends as a sentence does."""
    text = text.rstrip(".")
    return text if text.endswith(("?", "!", "…")) else f"{text}."


def in_short(error: Exception) -> str:
    """Return what an error says, of the system's without the path, which the message names."""
    return getattr(error, "strerror", None) or one_line(error)


def one_line(error: BaseException) -> str:
    """Return what the error says on one line, its kind where it says nothing. Cannot fail."""
    text = str(error) if isinstance(error, UserError) else _said(error)
    return _on_a_line(text) or _kind(error)


def in_words(error: BaseException) -> str:
    """Return an error's kind and the first line of what it says. Cannot fail.

    For errors of other people's code, whose own words may fail, never end or be none.
    """
    return ": ".join(filter(None, (_kind(error), _first(error))))


def first_line(error: BaseException) -> str:
    """Return the first line of what an error says, its kind where it says nothing. Cannot fail."""
    return _first(error) or _kind(error)


def in_brief(value: object) -> str:
    """Return a value as a message shows it, however large or deep it is."""
    return short_text(_briefly.repr(value))


def short_text(text: str) -> str:
    """Return the beginning of a text, on one line."""
    line = " ".join(text[: 2 * SHOWN].split())
    return line if len(line) <= SHOWN else f"{line[: SHOWN - 1]}…"


def _first(error: BaseException) -> str:
    lines = (_on_a_line(line) for line in _said(error).splitlines())
    return _shortened(next(filter(None, lines), ""))


def _kind(error: BaseException) -> str:
    return _shortened(type(error).__name__)


def _said(error: BaseException) -> str:
    """Return what a foreign error says, as far as it can be shown; "" where saying it fails."""
    try:
        text = str(error)
        return text if len(text) <= READ else f"{text[:READ]}…"
    except BaseException:  # noqa: BLE001 - its words are code of the same people
        return ""


def _on_a_line(text: str) -> str:
    """Return a text with blanks in place of line ends and of what no screen shows."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _shortened(text: str) -> str:
    return text if len(text) <= MOST else f"{text[:MOST]}…"
