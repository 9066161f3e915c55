"""The techniques of play: one file each, and one line here."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from deepvis_app.synth.play.accentuate import ACCENTUATE
from deepvis_app.synth.play.adversary import ADVERSARY
from deepvis_app.synth.play.caricature import CARICATURE
from deepvis_app.synth.play.classes import CLASS
from deepvis_app.synth.play.dream import DREAM
from deepvis_app.synth.play.invert import INVERT
from deepvis_app.synth.play.style import STYLE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deepvis_app.synth.play.technique import Technique

#: By key, in the order in which they are offered.
TECHNIQUES: Mapping[str, Technique[Any]] = MappingProxyType(
    {
        technique.key: technique
        for technique in (INVERT, DREAM, CARICATURE, STYLE, ADVERSARY, CLASS, ACCENTUATE)
    }
)
