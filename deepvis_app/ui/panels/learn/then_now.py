"""A layer's weights then and now: what is read of a run, and what is shown of it."""

from __future__ import annotations

from dataclasses import dataclass
from math import isqrt
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.lab.kept_weights import weight_files
from deepvis_app.tiles.signed import as_matrix, common_peak, is_turned, kernel_colours, moved
from deepvis_app.ui.kit.pictures.matrix_views import MatrixLook
from deepvis_app.words.quantities import units_text

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from deepvis_app.known.run_weights import RunWeights, Shapes
    from deepvis_app.lab.log.run import Run

    Floats = NDArray[np.float32]
    Picture = NDArray[np.uint8]

NO_WEIGHTS = ("No weights of this run were kept", "Runs that are trained here keep some")
ONE_ONLY = ("Weights were kept at one step only", "With a second one there is a difference")
READING = ("", "Reading the weights…")
MOST_UNITS = 60
MOST_STEPS = 6
LEAST_SIDE = 5  # of an input that is taken for a picture


@dataclass(frozen=True, slots=True, eq=False)
class LayerWeights:
    """A layer's weights at some steps, rising: the first is then, the last is now."""

    layer: str
    name: str  # of the tensor
    steps: tuple[int, ...]
    weights: tuple[Floats, ...]

    @property
    def then(self) -> Floats:
        return self.weights[0]

    @property
    def now(self) -> Floats:
        return self.weights[-1]

    @property
    def moved(self) -> Floats:
        return moved(self.then, self.now)

    def look(self) -> MatrixLook:
        """Return then, now and their difference in one scale."""
        parts = (self.then, self.now, self.now - self.then)
        matrices = tuple(as_matrix(part)[0] for part in parts)
        rows, columns = as_matrix(self.now)[1]
        turned = is_turned(self.now.shape)

        def place(row: int, column: int) -> str:
            pair = row // rows, column // columns
            unit, given = reversed(pair) if turned else pair
            return f"Unit {unit}, input {given}"

        return MatrixLook(
            (*(f"step {_grouped(step)}" for step in (self.steps[0], self.steps[-1])), "difference"),
            matrices,
            common_peak(parts) or 1.0,
            (rows, columns),
            place,
        )

    def pictures(self) -> tuple[NDArray[np.uint8], ...] | None:
        """Return each step's incoming weights of all units as pictures (U, h, w, 3).

        One scale for all. None: what comes in is no picture.
        """
        shape = picture_shape(self.now.shape)
        if shape is None:
            return None
        units = len(self.now)
        kernels = [each.reshape(units, *shape) for each in self.weights]
        peak = common_peak(kernels) or 1.0
        return tuple(kernel_colours(each, peak) for each in kernels)

    def size_words(self) -> str:
        """Say how many units there are, and what each takes."""
        units, *rest = self.now.shape
        return " · ".join([units_text(units), *([" × ".join(map(str, rest))] if rest else [])])


def picture_shape(shape: tuple[int, ...]) -> tuple[int, int, int] | None:
    """Return the (C, h, w) in which one unit's incoming weights (O, …) are a picture, if they are.

    Kernels of a layer that reads grey or coloured pictures, and full rows that fill a square.
    """
    if len(shape) == 4 and shape[1] in (1, 3) and min(shape[2:]) > 1:
        return shape[1], shape[2], shape[3]
    if len(shape) == 2:
        for channels in (1, 3):
            side = isqrt(shape[1] // channels)
            if side >= LEAST_SIDE and side * side * channels == shape[1]:
                return channels, side, side
    return None


class ThenNow:
    """Asks for what is wanted until it is there. `why`: what is said until then, or instead."""

    def __init__(self, known: RunWeights) -> None:
        self._known = known
        self._path: Path | None = None
        self.why = NO_WEIGHTS
        self.layers: tuple[str, ...] = ()

    def find(self, run: Run | None, layer: str, at: int | None) -> LayerWeights | None:
        """Return a layer's weights at the first step and at others up to `at` (None: the last).

        A layer that has no weights, or "", is the first that has some.
        """
        files = {} if run is None else weight_files(run)
        if run is None or not files:
            self.why = NO_WEIGHTS if run is not None else ("", "")
            return None
        if run.path != self._path:
            self._path = run.path
            self._known.forget()
        steps = [step for step in files if at is None or step <= at] or [min(files)]
        if len(files) < 2:
            self.why = ONE_ONLY
            return None
        if len(steps) == 1:
            steps = sorted(files)[:2]
        shapes = self._known.shapes(files[steps[0]])
        if shapes is None:
            self._say_why()
            return None
        tensors = tensors_of(run, shapes)
        self.layers = tuple(tensors)
        name = tensors.get(layer) or next(iter(tensors.values()), "")
        if not name:
            self.why = ("No layer of this run has weights that lie in rows", "")
            return None
        return self._read(files, _some(steps, MOST_STEPS), _layer_of(tensors, name), name)

    def _read(
        self, files: dict[int, Path], steps: tuple[int, ...], layer: str, name: str
    ) -> LayerWeights | None:
        found = [(step, self._known.weights(files[step], name)) for step in steps]
        known = [(step, weights) for step, weights in found if weights is not None]
        if self._known.is_reading or len(known) < 2:
            self._say_why()
            return None
        shape = known[-1][1].shape
        known = [(step, weights) for step, weights in known if weights.shape == shape]
        return LayerWeights(layer, name, *zip(*known, strict=True))

    def _say_why(self) -> None:
        fault = self._known.fault
        if fault is None or self._known.is_reading:
            self.why = READING
        else:
            self.why = (fault.cause, fault.remedy)


def tensors_of(run: Run, shapes: Shapes) -> dict[str, str]:
    """Return by layer the name of the tensor that has its weights, in forward order."""
    found = {}
    for info in run.about.layers:
        name = next((p for p in info.parameters if len(shapes.get(p, ())) > 1), "")
        if name:
            found[info.name] = name
    if not found:  # a log that says nothing of its layers
        found = {n.rpartition(".")[0]: n for n, shape in shapes.items() if len(shape) > 1}
    return found


def _layer_of(tensors: dict[str, str], name: str) -> str:
    return next(layer for layer, tensor in tensors.items() if tensor == name)


def _some(steps: list[int], most: int) -> tuple[int, ...]:
    """Return at most so many steps, the first and the last among them, denser at the start.

    Weights change most at first, so checkpoints lie evenly by their number, which is by powers.
    """
    places = np.unique(np.linspace(0, len(steps) - 1, min(most, len(steps))).round().astype(int))
    return tuple(steps[place] for place in places)


def _grouped(step: int) -> str:
    return f"{step:,}".replace(",", "\u2009")
