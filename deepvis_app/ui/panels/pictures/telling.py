"""What is said of a unit's pictures and scores: words and numbers from values alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.corpus.bins import edges
from deepvis_app.known.patches import nth
from deepvis_app.state.pictures import TOP
from deepvis_app.ui.panels.pictures.class_table import ClassLine
from deepvis_app.words.figures import figure
from deepvis_app.words.quantities import pictures_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from deepvis_app.corpus.selectivity import ClassRow
    from deepvis_app.known.unit_pictures import Spread, UnitClasses, UnitPictures

BARS = 48
CLASSES = 8  # lines of the table
RANKED = 10  # live values up to this rank are named by it
CONFIDENCE = 3  # of N pictures without one that fires: at 95 % at most 3 of N do


def so_far(found: UnitPictures) -> str:
    """Return " so far" while not all pictures are scanned."""
    return " so far" if found.scanned < found.total else ""


def message(found: UnitPictures) -> str:
    """Return what the pictures alone do not tell of a unit, "" where they tell all."""
    spread, rest = found.spread, so_far(found)
    if not spread.pictures:
        return f"No number came of {pictures_text(found.scanned)}{rest}: all are NaN or infinite"
    if spread.is_dead:
        what = "Zero" if spread.lowest == spread.highest == 0 else "Never above zero"
        if found.is_signed:
            what = f"Always {figure(spread.highest)}"
        words = all_pictures(spread.pictures)
        rarely = bound(spread.pictures, is_signed=found.is_signed)
        return f"{what} on {words}{rest}. {rarely}".strip()
    if not found.is_signed and spread.fired < found.wish.count:
        return f"Fires on {spread.fired} of {pictures_text(spread.pictures)}{rest}"
    if not found.patches:
        return "None of the pictures looked through is left: tick less below"
    if found.is_short and len(found.patches) < found.wish.count:
        return f"{len(found.patches)} of the kept pictures are left: scores were not kept"
    return ""


def all_pictures(count: int) -> str:
    return "the one picture" if count == 1 else f"all {pictures_text(count)}"


def bound(pictures: int, *, is_signed: bool = False) -> str:
    """Return how often a unit may fire that did on none of so many pictures (rule of three).

    In a layer that goes below zero: how often it may give anything but what it always gave. "" for
    so few pictures that nothing follows.
    """
    if pictures <= CONFIDENCE:
        return ""
    what = "is another" if is_signed else "fires"
    return f"At 95\u2009% confidence it {what} on at most {CONFIDENCE} of {pictures}."


def band_words(found: UnitPictures) -> str:
    """Return how the shown ones are called in the plot."""
    if len(found.patches) == 1:
        return "this one"
    return "these nine" if len(found.patches) == 9 else f"these {len(found.patches)}"


def live_words(spread: Spread, value: float | None, fraction: str = "") -> str:
    """Return where the live value stands among all scores."""
    if value is None or not np.isfinite(value) or not spread.pictures:
        return fraction
    above = spread.above(value)
    if above is None:
        share = below_share(spread, value)
        return f"live: above about {share:.0%}".replace("%", "\u2009%")
    if above == 0:
        return "live: highest of all" if value > spread.highest else "live: as the highest"
    if above < RANKED:
        return f"live: {nth(above + 1)} highest"
    return f"live: above {(spread.pictures - above) / spread.pictures:.0%}".replace("%", "\u2009%")


def below_share(spread: Spread, value: float) -> float:
    """Return which share of the pictures score lower, as far as the bins tell."""
    upper = edges()[1:]
    return float(spread.histogram[upper <= value].sum() / max(spread.pictures, 1))


def bars_of(spread: Spread) -> tuple[NDArray[np.float64] | None, tuple[float, float]]:
    """Return counts in bins of equal width between the lowest and the highest score.

    From the logarithmic bins, where scores were not kept, each is spread evenly over its width.
    """
    if not spread.pictures:
        return None, (0.0, 1.0)
    low, high = min(spread.lowest, 0.0), max(spread.highest, 0.0)
    if not high > low:
        high = low + 1.0
    if spread.scores is not None:
        values = np.clip(spread.scores.astype(np.float64), low, high)  # halves round beyond
        return np.histogram(values, BARS, (low, high))[0].astype(np.float64), (low, high)
    return _even(spread.histogram, low, high), (low, high)


def _even(histogram: NDArray[np.int64], low: float, high: float) -> NDArray[np.float64]:
    wanted = np.linspace(low, high, BARS + 1)
    found = np.zeros(BARS)
    all_edges = np.clip(edges(), low, high)
    for place in np.flatnonzero(histogram):
        left, right = all_edges[place], all_edges[place + 1]
        if right <= left:
            found[min(int(np.searchsorted(wanted, left, "right")) - 1, BARS - 1)] += histogram[
                place
            ]
            continue
        overlap = np.minimum(wanted[1:], right) - np.maximum(wanted[:-1], left)
        found += histogram[place] * np.maximum(overlap, 0) / (right - left)
    return found


def shown_range(found: UnitPictures) -> tuple[float, float] | None:
    """Return the lowest and the highest score of the shown pictures; of the top, up to the end."""
    if not found.patches:
        return None
    values = [patch.value for patch in found.patches]
    high = max(values)
    return min(values), max(high, found.spread.highest) if found.wish.band >= TOP else high


def class_lines(rows: Sequence[ClassRow]) -> tuple[ClassLine, ...]:
    """Return the table's lines, bars by d' as a share of the best."""
    told = [row for row in rows if np.isfinite(row.d_prime)][:CLASSES]
    best = max((row.d_prime for row in told), default=0.0)
    return tuple(
        ClassLine(
            f"{row.name} ({row.pictures})",
            max(row.d_prime, 0.0) / best if best > 0 else 0.0,
            (f"{row.d_prime:.2f}".replace("-", "−"), figure(row.mean),
             _share(row.hits), _share(row.false_alarms)),
        )
        for row in told
    )  # fmt: skip


def _share(value: float) -> str:
    return "–" if np.isnan(value) else f"{100 * value:.0f}\u2009%"


def classes_words(found: UnitClasses | None) -> tuple[str, str]:
    """Return the detail of the section, and why there is no table."""
    if found is None:
        return "", ""
    if found.why_not:
        return "", found.why_not
    index = found.selectivity
    what = "kinds of classes · selectivity " if found.are_kinds else "selectivity "
    return what + ("–" if np.isnan(index) else f"{index:.2f}"), ""
