"""What an error says, on one line, whatever it is."""

from __future__ import annotations

import pytest

from deepvis_app.errors import MOST, UserError, first_line, in_words, one_line


class MuteError(Exception):
    def __str__(self) -> str:
        raise ValueError("no words")


class QuitsError(Exception):
    def __str__(self) -> str:
        raise SystemExit(1)

    __repr__ = __str__


class OddError(Exception):
    def __str__(self) -> str:
        return None  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("error", "words", "line", "first"),
    [
        (ValueError("no good"), "ValueError: no good", "no good", "no good"),
        (ValueError(), "ValueError", "ValueError", "ValueError"),
        (KeyboardInterrupt(), "KeyboardInterrupt", "KeyboardInterrupt", "KeyboardInterrupt"),
        (SystemExit(3), "SystemExit: 3", "3", "3"),
        (ValueError(" \n\n a\tb \nc"), "ValueError: a b", "a b c", "a b"),
        (ValueError("a\0\x1b[1m\ud800b"), "ValueError: a [1m b", "a [1m b", "a [1m b"),
        (MuteError(), "MuteError", "MuteError", "MuteError"),
        (QuitsError(), "QuitsError", "QuitsError", "QuitsError"),
        (OddError(), "OddError", "OddError", "OddError"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_errors_of_any_kind_are_said(
    error: BaseException, words: str, line: str, first: str
) -> None:
    assert in_words(error) == words
    assert one_line(error) == line
    assert first_line(error) == first


def test_endless_words_end() -> None:
    error = RuntimeError("word " * 10**6)
    for said in (in_words(error), one_line(error), first_line(error)):
        assert said.endswith("…")
        assert len(said) < 5 * MOST


def test_what_deepvis_says_itself_is_whole() -> None:
    assert one_line(UserError("c" * 5000, "r")).startswith("c" * 5000)


def test_a_cause_is_one_line() -> None:
    error = UserError("a\r\nb\n  c  d.", "Do\nthis")
    assert (error.cause, error.remedy) == ("a b   c  d", "Do\nthis")
