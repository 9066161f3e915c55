"""A synthesis that needs no network, and jobs driven by hand."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from deepvis_app.engine.device.device import choose_device
from deepvis_app.engine.jobs import Jobs, JobState, JobStatus
from deepvis_app.engine.jobs.kind import Kinds
from deepvis_app.engine.jobs.kinds.synthesis import Purpose, Synthesis, SynthesisRequest
from deepvis_app.engine.kept.gallery import Gallery
from deepvis_app.nets.layers import Unit
from deepvis_app.store import Store
from deepvis_app.synth import (
    PRESETS,
    Recipe,
    Sample,
    StopReason,
    SynthesisProgress,
    SynthesisResult,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SHORT = PRESETS["fast-preview"].with_value("stop.steps", 4)


class Script:
    """Counts a sample's steps; raises and refuses as told. A step is two pieces."""

    def __init__(self) -> None:
        self.begun: list[tuple[Sample, ...]] = []
        self.steps: list[tuple[Sample, ...]] = []
        self.closed = 0
        self.most = 1000  # pictures that there is memory for
        self.error: Exception | None = None

    def __call__(self, network, samples, recipe: Recipe, *, resume=None) -> Iterator:
        samples = tuple(samples)
        self.begun.append(samples)
        step = 0 if resume is None else int(resume["step"])
        steered = False if resume is None else bool(resume["steered"])
        try:
            while step < recipe.stop.steps:
                if self.error is not None:
                    raise self.error
                if len(samples) > self.most:
                    raise RuntimeError("DefaultCPUAllocator: can't allocate memory: 9 bytes")
                yield None
                step += 1
                self.steps.append(samples)
                sent = yield self._progress(samples, recipe, step, steered)
                if sent is not None:
                    recipe, steered = sent, True
                    sent = yield self._progress(samples, recipe, step, steered)
        finally:
            self.closed += 1
        return tuple(_result(sample, recipe, step, steered) for sample in samples)

    def _progress(
        self, samples: tuple[Sample, ...], recipe: Recipe, step: int, steered: bool
    ) -> SynthesisProgress:
        state = {"step": torch.tensor(step), "steered": torch.tensor(steered)}
        return SynthesisProgress(
            step=step,
            total=recipe.stop.steps,
            activations=tuple(float(10 * sample.seed + step) for sample in samples),
            finished=(False,) * len(samples),
            _pictures=lambda: np.full((len(samples), 4, 5, 3), step, np.uint8),
            _state=lambda: state,
        )


def _result(sample: Sample, recipe: Recipe, step: int, steered: bool) -> SynthesisResult:
    return SynthesisResult(
        image=np.full((4, 5, 3), 100 + step, np.uint8),
        x=np.zeros((3, 4, 5), np.float32),
        activation=float(step),
        trace=np.arange(1, step + 1, dtype=np.float32),
        best_step=step,
        stop=StopReason.FINISHED,
        first_top_step=None,
        objective=sample.objective,
        recipe=recipe,
        seed=sample.seed,
        steered=steered,
    )


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


class Bench:
    """Jobs with a real store and gallery, whose pieces run when a test says so."""

    def __init__(self, folder: Path, *, kept: bool = True) -> None:
        self.folder = folder
        self.store = Store(folder) if kept else None
        self.gallery = Gallery(self.store) if self.store is not None else None
        self.script, self.clock = Script(), Clock()
        self.pokes = self.news = 0
        self.share: float | None = None
        self.pieces = None  # as a worker has it
        self.jobs = Jobs(
            self,
            self.store,
            Kinds(Synthesis(self.store, self.script)),
            self._note_news,
            clock=self.clock,
        )
        self.jobs.start()
        self.use("a")

    def _note_news(self) -> None:
        self.news += 1

    # What a worker is asked for

    def poke(self) -> None:
        self.pokes += 1

    def set_share(self, share: float) -> None:
        self.share = share

    # What a worker does

    def use(self, name: str) -> None:
        """Load the network `name`."""
        replica = SimpleNamespace(name=f"network {name}", spec=f"spec:{name}")
        self.model = SimpleNamespace(
            replica=replica, device=choose_device("cpu"), fingerprint=f"fingerprint {name}"
        )
        self.jobs.use_network(self.model)
        self.settle()

    def on(self, device: str) -> None:
        """Have jobs believe that they run on another device."""
        self.model.device = SimpleNamespace(
            name=device, synchronise=lambda: None, release_memory=lambda: None
        )

    def settle(self) -> None:
        """Wait until the store has been asked and told everything."""
        assert self.jobs._keeper.clerk.wait(20)

    def piece(self, count: int = 1) -> None:
        for _ in range(count):
            self.clock.now_s += 0.01
            self.pieces.run_piece(self.model)

    def steps(self, count: int = 1) -> None:
        """Run pieces until so many steps are done."""
        wanted = len(self.script.steps) + count
        for _ in range(20 * count + 20):
            if len(self.script.steps) >= wanted:
                return
            self.piece()
        raise AssertionError("no step")

    def run(self, until: Callable[[], bool] | None = None, most: int = 3000) -> None:
        """Run pieces until `until`, or until there is nothing to do."""
        for _ in range(most):
            self.settle()
            if until() if until is not None else self.pieces.next_s() is None:
                self.piece()  # one that finds nothing to do
                return
            self.piece()
        raise AssertionError("never")

    def submit(self, *samples: Sample, recipe: Recipe = SHORT, purpose=Purpose.LOOK) -> int:
        number = self.jobs.submit(SynthesisRequest(samples, recipe, purpose))
        self.settle()
        return number

    def status(self, number: int) -> JobStatus:
        return next(one for one in self.jobs.statuses() if one.id == number)

    def state(self, number: int) -> JobState:
        return self.status(number).state

    def close(self, *, killed: bool = False) -> None:
        """End as an engine does; `killed`: as after SIGKILL, with nothing more said."""
        if not killed:
            self.pieces.put_aside(closing=True)
        else:
            self.settle()
        self.jobs.close()
        self.jobs.join(20)
        if self.store is not None:
            self.store.close()


def units(count: int, layer: str = "conv") -> tuple[Sample, ...]:
    return tuple(Sample(Unit(layer, index)) for index in range(count))


@pytest.fixture
def make_bench(tmp_path: Path) -> Iterator[Callable[..., Bench]]:
    """Open jobs on a store of the test's own; a second one on the same store is a restart."""
    benches: list[Bench] = []

    def make(*, kept: bool = True) -> Bench:
        benches.append(Bench(tmp_path / "store", kept=kept))
        return benches[-1]

    yield make
    for bench in benches:
        bench.jobs.close()
        bench.jobs.join(20)


@pytest.fixture
def bench(make_bench) -> Bench:
    return make_bench()


@pytest.fixture
def short() -> Recipe:
    """Four steps."""
    return SHORT


@pytest.fixture
def samples() -> Callable[[int], tuple[Sample, ...]]:
    """One picture each of so many units of a layer."""
    return units
