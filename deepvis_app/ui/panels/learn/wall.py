"""Examples whose labels may be wrong, or that are taken for another class: which, and in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.lab.diagnoses.rules.labels import EARLY, stand_out
from deepvis_app.lab.trainer.suspects import suspects
from deepvis_app.ui.kit.pictures.picture_grid import Cell
from deepvis_app.words.figures import figure

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis_app.lab.examples import Examples
    from deepvis_app.lab.log.run import Run

    Ints = NDArray[np.int64]

MARGINS, FAKE = "labels/margins", "labels/fake"
MOST = 24


class Suspects:
    """The examples with the lowest mean margins, and how many are suspect, by which rule."""

    def __init__(self, run: Run) -> None:
        margins = run.arrays[MARGINS]
        fake = run.arrays.get(FAKE, np.zeros(len(margins))).astype(bool)
        own = np.where(fake | ~np.isfinite(margins), np.inf, margins)
        order = np.argsort(own, kind="stable")
        self.places: Ints = order[: min(MOST, int(np.isfinite(own).sum()))]
        self.margins: NDArray[np.float32] = margins[self.places]
        self.by_false_class = bool(fake.any())
        found = suspects(margins, fake) if self.by_false_class else stand_out(own)
        self.is_early = run.step < EARLY * run.about.steps_per_epoch
        self.count = 0 if self.is_early else len(found)
        self.total = int((~fake).sum())

    @property
    def words(self) -> str:
        """Say how many labels are suspect, and what tells."""
        if self.is_early:
            return f"wrong labels are looked for after {EARLY} epochs"
        by = "below 99 % of a class that does not exist" if self.by_false_class else "far behind"
        total = f"{self.total:,}".replace(",", "\u2009")
        return f"{self.count} of {total} suspect: {by}" if self.count else "no label stands out"

    @property
    def title(self) -> str:
        """Say what is shown: suspects, or what is merely hard."""
        return "Labels that may be wrong" if self.count else "Hardest to learn"


def has_margins(run: Run | None) -> bool:
    """Tell whether a log has margins of single examples."""
    return run is not None and MARGINS in run.arrays and len(run.arrays[MARGINS]) > 0


def label(names: tuple[str, ...], number: int) -> str:
    return names[number] if 0 <= number < len(names) else str(number)


def suspect_cells(found: Examples, shown: Suspects, names: tuple[str, ...]) -> list[Cell]:
    """Return a picture an example: its label, then what the network says; the rest as a tooltip."""
    cells = []
    for k in range(len(found.given)):
        given, said, true = (int(part[k]) for part in (found.given, found.said, found.true))
        tip = [f"Example {int(found.numbers[k])}: labelled {label(names, given)}"]
        tip.append(f"the network says {label(names, said)}")
        if true != given:
            tip.append(f"it is {label(names, true)}: this label was made wrong on purpose")
        tip.append(f"mean margin {figure(float(shown.margins[k]))}")
        cells.append(
            Cell(
                _picture(found, k),
                f"{label(names, given)} → {label(names, said)}",
                tip="; ".join(tip),
            )
        )
    return cells


def pair_cells(found: Examples, names: tuple[str, ...]) -> list[Cell]:
    """Return a picture an example that is taken for another class."""
    return [
        Cell(
            _picture(found, k),
            f"{label(names, int(found.given[k]))} → {label(names, int(found.said[k]))}",
            tip=f"Example {int(found.numbers[k])}",
        )
        for k in range(len(found.given))
    ]


def pair_words(pair: tuple[int, int], names: tuple[str, ...]) -> str:
    """Say which examples are looked at."""
    is_class, said = (label(names, number) for number in pair)
    return f"Is {is_class}, said so" if pair[0] == pair[1] else f"Is {is_class}, said {said}"


def _picture(found: Examples, k: int) -> NDArray[np.uint8] | None:
    return None if found.pictures is None else found.pictures[k]
