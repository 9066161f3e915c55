"""What a unit would like to see: regularised optimisation of a picture, recipes as data.

Plain science: a network in, pictures out. No Qt, no threads, no settings.
"""

from deepvis_app.synth.ball import Ball, Norm
from deepvis_app.synth.canvas import Canvas
from deepvis_app.synth.natural_table import NaturalTable, natural_table
from deepvis_app.synth.objectives import (
    ChannelObjective,
    DirectionObjective,
    LayerObjective,
    LogitObjective,
    Objective,
    Sample,
    Sum,
    UnitObjective,
    made_together,
    objective_of,
)
from deepvis_app.synth.parameters import parameters
from deepvis_app.synth.play import (
    attack,
    attack_steps,
    dream,
    dream_steps,
    invert,
    invert_steps,
    stylize,
    stylize_steps,
)
from deepvis_app.synth.presets import DEFAULT_RECIPE, PRESETS, load_recipes, read_recipe
from deepvis_app.synth.reads import PICTURE, Held, Reads
from deepvis_app.synth.recipe import Recipe
from deepvis_app.synth.references import References, bundled_references
from deepvis_app.synth.result import (
    StopReason,
    SynthesisProgress,
    SynthesisResult,
    is_faint,
    legible,
    stretched,
)
from deepvis_app.synth.run import steering_problem, synthesis_pieces, synthesis_steps, synthesize

__all__ = [
    "DEFAULT_RECIPE",
    "PICTURE",
    "PRESETS",
    "Ball",
    "Canvas",
    "ChannelObjective",
    "DirectionObjective",
    "Held",
    "LayerObjective",
    "LogitObjective",
    "NaturalTable",
    "Norm",
    "Objective",
    "Reads",
    "Recipe",
    "References",
    "Sample",
    "StopReason",
    "Sum",
    "SynthesisProgress",
    "SynthesisResult",
    "UnitObjective",
    "attack",
    "attack_steps",
    "bundled_references",
    "dream",
    "dream_steps",
    "invert",
    "invert_steps",
    "is_faint",
    "legible",
    "load_recipes",
    "made_together",
    "natural_table",
    "objective_of",
    "parameters",
    "read_recipe",
    "steering_problem",
    "stretched",
    "stylize",
    "stylize_steps",
    "synthesis_pieces",
    "synthesis_steps",
    "synthesize",
]
