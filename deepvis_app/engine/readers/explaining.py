"""Why a unit fires on this frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from deepvis_app.engine.readers.reader import Needs, Reader
from deepvis_app.engine.readers.why import ExplanationReading, Why

if TYPE_CHECKING:
    from deepvis_app.engine.readers.reader import Look
    from deepvis_app.engine.readers.seen import Seen


@dataclass(frozen=True, slots=True)
class ExplanationReader(Reader[ExplanationReading]):
    """The map of one backward pass. What cannot be explained says so in its reading."""

    title: ClassVar[str] = "The explanation"

    why: Why

    def needs(self, look: Look) -> Needs:
        return Needs(why=self.why)

    def read(self, seen: Seen) -> ExplanationReading:
        return seen.explained(self.why).reading
