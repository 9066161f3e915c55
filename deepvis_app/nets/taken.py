"""What of a weights file a network got, and what else in it would have fitted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deepvis_app.errors import sentence

if TYPE_CHECKING:
    from pathlib import Path

_SHOWN = 4


@dataclass(frozen=True, slots=True)
class StoredWeights:
    """One state dict in a file: the NAME of FILE#NAME, what people call it, how many tensors."""

    name: str
    title: str
    count: int


@dataclass(frozen=True, slots=True)
class TakenWeights:
    """The state dict that was taken, all that fit (in the file's order), what was left aside."""

    file: Path
    taken: StoredWeights
    choices: tuple[StoredWeights, ...]
    left_out: tuple[str, ...] = ()  # modules that the file has and the network has not
    is_plain: bool = False  # the one and obvious choice: there is nothing to say

    @property
    def cause(self) -> str:
        """What was taken; "" where it was the obvious."""
        if self.is_plain:
            return ""
        left = f", left out {_listed(self.left_out)}" if self.left_out else ""
        return f"{self.file.name}: took {self.taken.title}{left}"

    @property
    def remedy(self) -> str:
        """What fits as well and how it is chosen; "" where nothing does."""
        rest = [stored for stored in self.choices if stored != self.taken]
        if not rest or self.is_plain:
            return ""
        files = _listed([f"{self.file.name}#{stored.name}" for stored in rest])
        return f"What else fits: {files}"

    def sentence(self) -> str:
        """Return both in one line, "" where there is nothing to say."""
        return " ".join(sentence(part) for part in (self.cause, self.remedy) if part)


def _listed(names: list[str] | tuple[str, ...]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
