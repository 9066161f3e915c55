"""Preferred images made batch by batch, with a progress bar; batches shrink to the memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from deepvis_app.engine.device.device import Device
from deepvis_app.engine.failures import is_out_of_memory
from deepvis_app.errors import UserError
from deepvis_app.nets import Network
from deepvis_app.synth import Recipe, Sample, SynthesisResult, synthesis_steps
from deepvis_app.synth.natural_table import NaturalTable

Keep = Callable[[Sample, SynthesisResult], None]


def in_batches(
    network: Network,
    recipe: Recipe,
    samples: Sequence[Sample],
    batch: int,
    keep: Keep,
    device: Device,
    photographs: NaturalTable | None = None,
) -> None:
    """Make a picture of every sample and hand each to `keep` when its batch is done.

    Where the memory does not suffice, the batch is halved, and that is said on stderr.
    Raises `UserError` where not even one picture fits.
    """
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(
        *columns, TimeRemainingColumn(), console=console, disable=not console.is_terminal
    ) as bar:
        pictures = bar.add_task("pictures", total=len(samples))
        steps = bar.add_task("steps", total=recipe.stop.steps)

        def on_step(step: int) -> None:
            bar.update(steps, completed=step)

        done = 0
        while done < len(samples):
            part = samples[done : done + batch]
            results = _results(network, recipe, part, on_step, photographs)
            if results is None:
                device.release_memory()
                batch = _halved(len(part), device)
                console.print(f"Out of memory: the batch is halved to {batch}.")
                continue
            for sample, result in zip(part, results, strict=True):
                keep(sample, result)
                bar.advance(pictures)
            done += len(part)


def _halved(batch: int, device: Device) -> int:
    if batch == 1:
        raise UserError(
            f"The memory of {device.name} does not suffice for one picture",
            "Use a smaller picture (--set image.size=0.5) or another --device",
        )
    return batch // 2


def _results(
    network: Network,
    recipe: Recipe,
    samples: Sequence[Sample],
    on_step: Callable[[int], None],
    photographs: NaturalTable | None,
) -> tuple[SynthesisResult, ...] | None:
    """Return what came of the samples; None where the memory did not suffice."""
    steps = synthesis_steps(network, samples, recipe, photographs=photographs)
    try:
        while True:
            on_step(next(steps).step)
    except StopIteration as stop:
        results: tuple[SynthesisResult, ...] = stop.value
        return results
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        return None
