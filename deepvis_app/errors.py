"""The one kind of error that a person can mend, and any error on one line."""

from __future__ import annotations


class UserError(Exception):
    """Bad input or a missing thing: a cause and what to do about it, one line each.

    Shown as a banner in the window and as one line on the command line, never as a traceback.
    """

    def __init__(self, cause: str, remedy: str = "") -> None:
        super().__init__(cause, remedy)
        self.cause = cause.rstrip(".")
        self.remedy = remedy.rstrip(".")

    def __str__(self) -> str:
        return f"{self.cause}. {self.remedy}." if self.remedy else f"{self.cause}."


def one_line(error: BaseException) -> str:
    """Return what the error says on one line, its kind where it says nothing."""
    return " ".join(str(error).split()) or type(error).__name__
