"""Every layer at every step: from a run to the look of the picture and its words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deepvis_app.lab.layer_steps import DEAD, GRADIENT, MOVED, UPDATE, layer_steps
from deepvis_app.tiles.over_steps import BAD, kinds_of, log_range
from deepvis_app.ui.kit.pictures.step_heat import HeatLook, Tick
from deepvis_app.words.figures import figure

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Protocol

    from deepvis_app.lab.log.run import Run

    class Severity(Protocol):
        @property
        def value(self) -> str: ...

    class Began(Protocol):
        """A finding, as far as it is marked."""

        @property
        def step(self) -> int: ...
        @property
        def title(self) -> str: ...
        @property
        def severity(self) -> Severity: ...


SHADES = {"alarm": "bad", "warning": "warning", "hint": "muted"}
MOST_TICKS = 24


@dataclass(frozen=True, slots=True)
class Quantity:
    """What the colours can mean; `lacks` is said where a log does not have it."""

    key: str
    title: str
    tip: str
    lacks: tuple[str, str]
    is_share: bool = False


_MONITOR = "deepvis’ Monitor, and what is trained here, writes them"
QUANTITIES = (
    Quantity(
        GRADIENT,
        "Gradient",
        "Colour each layer by the length of its gradient over that of its weights, ‖g‖ / ‖w‖",
        ("This log has no gradients of the layers", _MONITOR),
    ),
    Quantity(
        UPDATE,
        "Update / weight",
        "Colour each layer by how far a step moved its weights, ‖Δw‖ / ‖w‖",
        ("This log has no updates of the layers", _MONITOR),
    ),
    Quantity(
        DEAD,
        "Dead units",
        "Colour each layer by the share of its units that never fired on the probe so far",
        ("No activations were measured", "Give Monitor a probe: some examples that stay the same"),
        is_share=True,
    ),
    Quantity(
        MOVED,
        "Moved",
        "Colour each layer by how far its weights are from where they began, ‖w − w₀‖ / ‖w₀‖",
        ("This log does not say how far the weights went", _MONITOR),
    ),
)
BY_KEY = {each.key: each for each in QUANTITIES}


def available(run: Run | None) -> frozenset[str]:
    """Return the quantities that a log has."""
    return frozenset(
        each.key for each in QUANTITIES if run is not None and layer_steps(run, each.key)
    )


def heat_look(run: Run | None, key: str) -> HeatLook | None:
    """Return a quantity of a run as a picture; None: the log does not have it."""
    found = None if run is None else layer_steps(run, key)
    if run is None or found is None:
        return None
    kinds = kinds_of(found.values, found.bad)
    if BY_KEY[key].is_share:
        return HeatLook(
            found.names, found.steps, found.values, kinds, 0.0, 1.0,
            is_log=False, last=run.step, word=_percent,
        )  # fmt: skip
    low, high = log_range(found.values)
    return HeatLook(found.names, found.steps, found.values, kinds, low, high, last=run.step)


def detail(look: HeatLook | None, columns: int) -> str:
    """Say what one column stands for, and what is not finite."""
    if look is None:
        return ""
    said = []
    bad = int((look.kinds == BAD).sum())
    if bad:
        said.append(f"not finite {bad} {'time' if bad == 1 else 'times'}")
    if columns and len(look.steps) > columns:
        said.append("a column: the largest of its steps")
    return " · ".join(said)


def ticks(run: Run | None, findings: Iterable[Began]) -> tuple[Tick, ...]:
    """Return what was changed by hand, and where findings began, by step."""
    if run is None:
        return ()
    found = [Tick(mark.step, mark.text, "text") for mark in run.marks]
    found += [Tick(f.step, f.title, SHADES[f.severity.value]) for f in findings]
    return tuple(sorted(found, key=lambda tick: tick.step)[:MOST_TICKS])


def row_of(look: HeatLook | None, layer: str) -> int | None:
    """Return the row of a layer; None where it is not among them."""
    return look.rows.index(layer) if look is not None and layer in look.rows else None


def _percent(share: float) -> str:
    whole = share in (0, 1) or share > 0.095
    return f"{100 * share:.0f} %" if whole else f"{figure(100 * share)} %"
