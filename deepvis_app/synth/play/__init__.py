"""What else can be done to a picture by a network's gradients, all by the one engine."""

from deepvis_app.pieces import finished
from deepvis_app.synth.play.accentuate import (
    ACCENTUATE,
    AccentuateSpec,
    accentuate,
    accentuate_steps,
)
from deepvis_app.synth.play.adversary import attack, attack_steps
from deepvis_app.synth.play.attack_spec import EPSILONS, AttackSpec, Method
from deepvis_app.synth.play.caricature import CaricatureSpec, caricature
from deepvis_app.synth.play.classes import ClassSpec, class_picture
from deepvis_app.synth.play.dream import DreamSpec, dream, dream_steps
from deepvis_app.synth.play.film import Carry, FilmProgress, FilmSpec, film_role, film_steps
from deepvis_app.synth.play.invert import (
    InvertSpec,
    fitting_smoothness,
    invert,
    invert_steps,
    strip,
)
from deepvis_app.synth.play.layers import chosen_layer, default_layer, stages
from deepvis_app.synth.play.style import stylize, stylize_steps
from deepvis_app.synth.play.style_spec import StyleSpec
from deepvis_app.synth.play.technique import (
    Played,
    PlayProgress,
    Role,
    Spec,
    Technique,
)
from deepvis_app.synth.play.techniques import TECHNIQUES

__all__ = [
    "ACCENTUATE",
    "EPSILONS",
    "TECHNIQUES",
    "AccentuateSpec",
    "AttackSpec",
    "CaricatureSpec",
    "Carry",
    "ClassSpec",
    "DreamSpec",
    "FilmProgress",
    "FilmSpec",
    "InvertSpec",
    "Method",
    "PlayProgress",
    "Played",
    "Role",
    "Spec",
    "StyleSpec",
    "Technique",
    "accentuate",
    "accentuate_steps",
    "attack",
    "attack_steps",
    "caricature",
    "chosen_layer",
    "class_picture",
    "default_layer",
    "dream",
    "dream_steps",
    "film_role",
    "film_steps",
    "finished",
    "fitting_smoothness",
    "invert",
    "invert_steps",
    "stages",
    "strip",
    "stylize",
    "stylize_steps",
]
