"""What is set of a style: what is kept, what is taken, and how it is painted."""

from __future__ import annotations

from enum import Enum

from pydantic import Field

from deepvis_app.fields import shown
from deepvis_app.synth.play.technique import Spec


class Measure(Enum):
    """What of a layer is the manner."""

    GRAM = "gram"
    SPREAD = "spread"


class Colours(Enum):
    """Whose colours the result has."""

    STYLE = "style"
    CONTENT = "content"
    MATCHED = "matched"


class Beginning(Enum):
    """The first picture."""

    CONTENT = "content"
    NOISE = "noise"


class Optimiser(Enum):
    """How it goes down."""

    ADAM = "adam"
    LBFGS = "lbfgs"


class StyleSpec(Spec):
    """What is kept of the one picture, what is taken from the other, and how."""

    layer: str = Field(default="", title="Content layer")
    """The layer whose code of the content is kept: the later, the freer is the drawing."""

    style_layers: str = Field(default="", title="Style layers", max_length=10_000)
    """Layers that give the manner, with weights such as conv1 conv2:0.5; none: a choice."""

    measure: Measure = Field(
        default=Measure.GRAM, title="Manner",
        json_schema_extra=shown(
            words={"gram": "Gram matrix", "spread": "Mean and spread"}, side_by_side=True
        ),
    )  # fmt: skip
    """Products of units (Gram), or their mean and covariance, which takes more of the content."""

    content_weight: float = Field(
        default=0.1, ge=0, le=100, title="Content", json_schema_extra=shown(logarithmic=True)
    )
    """Weight of the content's error beside the style's; 0 leaves a texture."""

    palette: float = Field(
        default=0.5, ge=0, le=10, title="Palette", json_schema_extra=shown(step=0.05)
    )
    """Weight of the style's colours themselves: its layers know them but roughly."""

    smoothness: float = Field(
        default=0.3, ge=0, le=10, title="Smoothness", json_schema_extra=shown(logarithmic=True)
    )
    """Weight of the picture's total variation: less noise, less detail."""

    longest_px: int = Field(
        default=512, ge=32, le=4096, title="Size", json_schema_extra=shown("px", step=1)
    )
    """Longer side of the result."""

    scales: int = Field(default=5, ge=1, le=12, title="Sizes")
    """Sizes one after another, each √2 larger: the first ones lay out what the last ones paint."""

    style_scale: float = Field(
        default=1.0, ge=0.1, le=4, title="Style size", json_schema_extra=shown("× result")
    )
    """Longer side of the style beside the result's: smaller is a finer stroke."""

    steps: int = Field(default=60, ge=1, le=5000, title="Steps")
    """Number of steps at each size; twice as many at the first, which costs least."""

    rate: float = Field(
        default=5.0, gt=0, le=100, title="Step size",
        json_schema_extra=shown("levels", logarithmic=True),
    )  # fmt: skip
    """How far a pixel moves in Adam's first steps at a size, of 255 levels; falls to a tenth."""

    optimiser: Optimiser = Field(
        default=Optimiser.ADAM, title="Optimiser",
        json_schema_extra=shown(words={"adam": "Adam", "lbfgs": "L-BFGS"}, side_by_side=True),
    )  # fmt: skip
    """How it goes down. L-BFGS needs no step size, and more memory."""

    colours: Colours = Field(
        default=Colours.STYLE, title="Colours", json_schema_extra=shown(side_by_side=True)
    )
    """The style's, the content's own, or the style's brought near to the content's before."""

    start: Beginning = Field(
        default=Beginning.CONTENT, title="Start", json_schema_extra=shown(side_by_side=True)
    )
    """The first picture. From noise things may move, and it takes more steps."""
