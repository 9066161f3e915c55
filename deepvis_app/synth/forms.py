"""Which class makes which form of picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.synth.choices import Form
from deepvis_app.synth.laplacian import Laplacian
from deepvis_app.synth.parameterisation import Pixels
from deepvis_app.synth.spectral import Fourier, Phase

if TYPE_CHECKING:
    from deepvis_app.synth.parameterisation import Parameterisation
    from deepvis_app.synth.recipe import ImageSpec
    from deepvis_app.synth.space import PictureSpace

_FORMS: dict[Form, type[Parameterisation]] = {
    Form.PIXEL: Pixels,
    Form.FOURIER: Fourier,
    Form.LAPLACIAN: Laplacian,
    Form.PHASE: Phase,
}


def make(space: PictureSpace, size: tuple[int, int], spec: ImageSpec) -> Parameterisation:
    """Return the parameterisation that a recipe asks for, of pictures of a size (H, W)."""
    return _FORMS[spec.parameterisation](space, size, spec)
