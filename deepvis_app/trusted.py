"""What code of files the user has agreed to run: remembered by its content, for window and command.

A digest stands for exactly that code (see `deepvis_app.nets.trust`); an edit makes it another.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field

from deepvis_app import paths
from deepvis_app.reading import parse_json
from deepvis_app.stored import read_model, write_kept

if TYPE_CHECKING:
    from pathlib import Path

FILE_NAME = "trusted.json"

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Agreed(BaseModel):
    """One agreement, for a person to recognise; only its digest counts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str  # whole path of what was opened
    what: str  # "model:build"
    lies_in: str = ""  # the file of the code
    on: str = ""  # the day, "2026-01-31"


class Trusted(BaseModel):
    """All agreements by digest; frozen: a change is a new value."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = 1
    code: dict[Digest, Agreed] = {}

    @property
    def digests(self) -> frozenset[str]:
        return frozenset(self.code)


def trusted_path() -> Path:
    """Where the agreements are kept."""
    return paths.config_dir() / FILE_NAME


def load_trusted() -> tuple[Trusted, tuple[str, ...]]:
    """Return what was agreed to, and what was wrong with the file, which then counts as empty.

    Never raises; a damaged file is kept beside it.
    """
    return read_model(trusted_path(), parse_json, Trusted)


def agree(digest: str, file: str, what: str, lies_in: str) -> None:
    """Remember that the code of that digest may run. Raises `UserError` where that fails."""
    agreed = Agreed(file=file, what=what, lies_in=lies_in, on=date.today().isoformat())
    _write({**load_trusted()[0].code, digest: agreed})


def forget(digests: frozenset[str]) -> None:
    """Let the code of those digests be asked about again. Raises `UserError` where that fails."""
    known = load_trusted()[0].code
    _write({digest: agreed for digest, agreed in known.items() if digest not in digests})


def _write(code: dict[str, Agreed]) -> None:
    text = Trusted(code=code).model_dump_json(indent=1) + "\n"
    write_kept(trusted_path(), text, "What you agreed to cannot be kept")
