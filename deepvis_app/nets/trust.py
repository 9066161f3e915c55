"""Code that loading a file would run: what it is, and whether the user has agreed to it."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deepvis_app.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

# True: to whatever a file runs. Digests: to exactly that code, see `ForeignCode.digest`.
Trust = bool | frozenset[str]

REMEDY = "If you know where it comes from, give --trust"
IN_WINDOW = "It runs only if you agree to it"


@dataclass(frozen=True, slots=True)
class ForeignCode:
    """What runs with all rights of the user when a file is loaded."""

    file: Path  # that is to be loaded
    what: str  # "model:build", or the Python objects that a weights file names
    digest: str  # SHA-256 (hex) of all of it: another digest is other code
    lies_in: str = ""  # the file of the code, or in words where there is none
    arguments: str = ""  # that it gets, as in Python
    beginning: str = ""  # the first lines of its source, "" where there are none to read


class UntrustedCodeError(UserError):
    """Loading would run foreign code that the user has not agreed to; `code` tells which."""

    def __init__(
        self, cause: str, code: ForeignCode, remedy: str = REMEDY, *, in_window: str = IN_WINDOW
    ) -> None:
        super().__init__(cause, remedy, in_window=in_window)
        self.code = code


def covers(trust: Trust, digest: str) -> bool:
    """Tell whether the user has agreed to the code of that digest."""
    return trust if isinstance(trust, bool) else digest in trust


def agreed_content(
    path: Path, trust: Trust, refusal: Callable[[str], UntrustedCodeError]
) -> io.BytesIO:
    """Return what a file holds, where the user has agreed to just that.

    Raises what `refusal` makes of the file's digest where not.
    """
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if not covers(trust, digest):
        raise refusal(digest)
    content = path.read_bytes()  # what is checked is what is read: the file may change meanwhile
    if hashlib.sha256(content).hexdigest() != digest:
        raise UserError(f"{path.name} was changed while it was read", "Load it again")
    return io.BytesIO(content)


def digest_of(parts: Iterable[bytes]) -> str:
    """Return the SHA-256 (hex) of parts, which tells as well where each of them ends."""
    total = hashlib.sha256()
    for part in parts:
        total.update(hashlib.sha256(part).digest())
    return total.hexdigest()
