"""Scanned pictures as the network sees them, and what it makes of them: asked and kept.

A picture is decoded where files are read; all that needs torch is asked of the network between two
frames, a picture at a time, so that the live view goes on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

import numpy as np
import torch

from deepvis_app.corpus.pictures import FileSource
from deepvis_app.corpus.shard import shortest_px
from deepvis_app.errors import UserError
from deepvis_app.explain import (
    Method,
    Rendering,
    Seed,
    SeedKind,
    attribute,
    defined,
    render_map,
    rgb_map,
)
from deepvis_app.known.one_by_one import OneByOne
from deepvis_app.tiles import numbers, only_active

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from concurrent.futures import Future
    from pathlib import Path

    from numpy.typing import NDArray

    from deepvis_app.nets import Network, Unit

    T = TypeVar("T")

    class Asking(Protocol):
        """An `Engine`, as far as it is asked here."""

        def read(self, question: Callable[[], T]) -> Future[T]: ...

        def ask_network(self, question: Callable[[Network], T]) -> Future[T]: ...


MOST_SEEN, MOST_MADE = 64, 48  # pictures and maps that are kept
SILENT = 0.8  # how much of a picture goes dark where the unit is silent


@dataclass(frozen=True, slots=True)
class Backward:
    """A question: what of a picture makes one place of a unit fire; `position` None: the whole."""

    path: Path
    unit: Unit
    position: tuple[int, int] | None
    method: Method


@dataclass(frozen=True, slots=True)
class Forward:
    """A question: where in a picture a unit fires, and which class the network says it is."""

    path: Path
    unit: Unit


@dataclass(frozen=True, slots=True, eq=False)
class Passed:
    """The answer: the picture dark where the unit is silent; the class that scores highest."""

    masked: NDArray[np.uint8]  # (H, W, 3)
    best: int | None  # class; None: the network has none
    score: float


class Looks:
    """What is known of pictures by their paths. Call `tick` at every beat. For one thread."""

    def __init__(self, engine: Asking) -> None:
        self._engine = engine
        self._network: Network | None = None
        self._decoded: OneByOne[Path, NDArray[np.uint8]] = OneByOne(self._read, 16, at_once=4)
        self._views: OneByOne[Path, NDArray[np.uint8]] = OneByOne(self._view, MOST_SEEN, at_once=4)
        self._backward: OneByOne[Backward, NDArray[np.uint8]] = OneByOne(self._go_back, MOST_MADE)
        self._forward: OneByOne[Forward, Passed] = OneByOne(self._pass, MOST_MADE)
        self._wanted: tuple[Path, ...] = ()

    def set_network(self, network: Network | None) -> None:
        self._network = network
        for known in (self._decoded, self._views, self._backward, self._forward):
            known.want(())
            known.forget()

    def want(
        self,
        pictures: Iterable[Path],
        backward: Iterable[Backward] = (),
        forward: Iterable[Forward] = (),
    ) -> None:
        """Say what is looked at now, first what is to be seen first."""
        backward, forward = tuple(backward), tuple(forward)
        self._wanted = tuple(dict.fromkeys(pictures))
        self._views.want(self._wanted)
        self._backward.want(backward)
        self._forward.want(forward)

    def tick(self) -> bool:
        """Take answers and ask for what is missing; tell whether something new is known."""
        if self._network is None:
            return False
        self._decoded.want(
            path
            for path in self._wanted
            if self._views.get(path) is None and self._views.fault(path) is None
        )
        self._decoded.tick()
        return any(known.tick() for known in (self._views, self._backward, self._forward))

    # What is known

    def picture(self, path: Path) -> NDArray[np.uint8] | None:
        """Return a picture (H, W, 3) as the network sees it; None: not yet, or it cannot be."""
        return self._views.get(path)

    def fault(self, path: Path) -> UserError | None:
        """Return why a picture cannot be seen, None where it can, or may be."""
        return self._decoded.fault(path) or self._views.fault(path)

    def map(self, question: Backward) -> NDArray[np.uint8] | None:
        """Return what came back to the input as a picture (H, W, 3), zero is its middle grey."""
        return self._backward.get(question)

    def map_fault(self, question: Backward) -> UserError | None:
        return self._backward.fault(question)

    def passed(self, question: Forward) -> Passed | None:
        return self._forward.get(question)

    def passed_fault(self, question: Forward) -> UserError | None:
        return self._forward.fault(question)

    # Asking

    def _read(self, path: Path) -> Future[NDArray[np.uint8]] | None:
        assert self._network is not None
        shortest = shortest_px(self._network)
        return self._engine.read(lambda: FileSource(path.parent).read(path.name, shortest))

    def _view(self, path: Path) -> Future[NDArray[np.uint8]] | None:
        image = self._decoded.get(path)
        if image is None:
            return None
        return self._engine.ask_network(lambda network: network.view(image)[0])

    def _go_back(self, question: Backward) -> Future[NDArray[np.uint8]] | None:
        view = self._views.get(question.path)
        if view is None:
            return None
        return self._engine.ask_network(lambda network: backward_map(network, view, question))

    def _pass(self, question: Forward) -> Future[Passed] | None:
        view = self._views.get(question.path)
        if view is None:
            return None
        return self._engine.ask_network(lambda network: _passed(network, view, question.unit))


def backward_map(
    network: Network, view: NDArray[np.uint8], question: Backward
) -> NDArray[np.uint8]:
    """Return what of a picture makes a place fire, drawn as the page “Why” does: (H, W, 3).

    Raises `UserError` where that is not defined, or nothing comes back.
    """
    if why_not := defined(network, question.method):
        raise UserError(why_not, "Look at the crops instead")
    place = question.position
    seed = Seed(SeedKind.MAXIMUM) if place is None else Seed(SeedKind.PLACE, place)
    found = attribute(network, network.normalise(view), question.unit, question.method, seed)
    values = rgb_map(network, found.float().cpu().numpy())
    if not values.any():
        raise UserError("Nothing comes back", "The way from this place to the picture is silent")
    return render_map(values, Rendering.RAW)


def _passed(network: Network, view: NDArray[np.uint8], unit: Unit) -> Passed:
    with torch.inference_mode():
        forward = network.forward(network.normalise(view)[None], [unit.layer])
        values = forward.activations[unit.layer][0, unit.index].float().cpu().numpy()
        scores = network.scores(forward)
    info, size = network.layer(unit.layer), view.shape[:2]
    field = info.receptive_field
    box = (0.0, 0.0, float(size[0]), float(size[1]))
    if field is not None:
        box = field.extent(info.map_size, (size[0], size[1]))
    peak = float(np.abs(numbers(values)).max(initial=0))
    masked = only_active(view, values, box, peak, SILENT)
    if scores is None:
        return Passed(masked, None, 0.0)
    best = int(scores[0].argmax())
    return Passed(masked, best, float(scores[0, best]))
