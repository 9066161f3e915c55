"""What else can be done to a picture by a network's gradients, all by the one engine."""

from deepvis_app.synth.play.accentuate import (
    ACCENTUATE,
    AccentuateSpec,
    accentuate,
    accentuate_steps,
)
from deepvis_app.synth.play.film import Carry, FilmProgress, FilmSpec, film_role, film_steps
from deepvis_app.synth.play.invert import InvertSpec, invert, invert_steps
from deepvis_app.synth.play.technique import (
    Played,
    PlayProgress,
    Role,
    Spec,
    Technique,
    finished,
)
from deepvis_app.synth.play.techniques import TECHNIQUES

__all__ = [
    "ACCENTUATE",
    "TECHNIQUES",
    "AccentuateSpec",
    "Carry",
    "FilmProgress",
    "FilmSpec",
    "InvertSpec",
    "PlayProgress",
    "Played",
    "Role",
    "Spec",
    "Technique",
    "accentuate",
    "accentuate_steps",
    "film_role",
    "film_steps",
    "finished",
    "invert",
    "invert_steps",
]
