"""What a file holds beside plain data, and so is not opened without trust."""

from __future__ import annotations


class NotPlainError(Exception):
    """Something in a file that runs code when it is opened, or that nobody here knows.

    `found` is what it is, "the expression '…'", and `why` goes on: "is …, and torch runs it".
    """

    def __init__(self, found: str, why: str) -> None:
        super().__init__(f"{found}, which {why}")
        self.found = found if len(found) <= 160 else f"{found[:159]}…"
        self.why = why
