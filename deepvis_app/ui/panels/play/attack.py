"""An attack on the page: what was changed, what the network says of it, what was tried before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.synth.play import Method
from deepvis_app.tiles.difference import amplified
from deepvis_app.ui.panels.play.attack_look import Attempts, Moved, PairedScore, Tile
from deepvis_app.words.classes import class_name, score_text
from deepvis_app.words.figures import figure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from deepvis_app.nets import Network
    from deepvis_app.synth.play import Played
    from deepvis_app.ui.panels.play.attack_page import AttackPage
    from deepvis_app.ui.panels.play.runs import Run

    Floats = NDArray[np.float32]

LEVELS = 255
ROWS = 5
MOST_SERIES = 16  # pictures whose attempts are remembered


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """A finished attack: facts by name, and scores (K,) before and after."""

    facts: Mapping[str, float | str]
    before: Floats
    after: Floats

    @classmethod
    def of(cls, played: Played) -> Said | None:
        """Return what came of an attack; None for what tells no scores."""
        before, after = (played.arrays.get(f"scores_{when}") for when in ("before", "after"))
        return None if before is None or after is None else cls(played.facts, before, after)

    @property
    def label(self) -> int:
        """The class that was said of the input."""
        return int(self.number("label", float(np.argmax(self.before))))

    @property
    def goal(self) -> int:
        """The class that was aimed at, else what is said now, else the strongest other one."""
        target = int(self.number("target", -1))
        if target >= 0:
            return target
        order = [int(k) for k in np.argsort(-self.after, kind="stable")[:2]]
        return order[0] if order[0] != self.label else order[-1]

    @property
    def levels(self) -> float:
        """How large the change may be, in levels of 255."""
        return self.number("epsilon", 0.0) * LEVELS

    def number(self, name: str, other: float = 0.0) -> float:
        value = self.facts.get(name, other)
        return float(value) if isinstance(value, int | float) else other


class AttackShowing:
    """Shows the newest finished attack of a run; attempts on the same picture are kept."""

    def __init__(self, page: AttackPage) -> None:
        self._page = page
        self._tried: dict[tuple[object, ...], dict[float, Said]] = {}  # by picture and way
        self._shown: tuple[Run, Played] | None = None
        self.change: NDArray[np.uint8] | None = None  # amplified, as it is shown
        self._times = 1  # how many times

    def forget(self) -> None:
        """There is another network."""
        self._tried.clear()
        self._shown = None
        self.change = None
        self._page.set_scores((), None)
        self._page.set_moved((), "", "")

    def forget_shown(self) -> None:
        """Something else was on the page: what is shown next is to be shown whole."""
        self._shown = None

    def show(
        self, run: Run | None, network: Network | None, before: NDArray[np.uint8] | None,
        after: NDArray[np.uint8] | None,
    ) -> None:  # fmt: skip
        """Show a run; while it is under way, what the last one found beside the new picture."""
        played = None if run is None else run.played
        if run is not None and played is not None and network is not None:
            if self._shown != (run, played):
                self._shown = run, played
                self._show_played(run, played, network)
        elif run is None:
            self._shown, self.change = None, None
            self._page.set_scores((), None)
            self._page.set_moved((), "", "")
        self._show_tiles(network, before, after)

    def _show_played(self, run: Run, played: Played, network: Network) -> None:
        change = played.arrays.get("change")
        self.change, self._times = (None, 1) if change is None else amplified(change)
        said = Said.of(played)
        if said is None:
            self._page.set_scores((), None)
        else:
            series = self._series(run)
            series[said.levels] = said
            self._page.set_scores(paired(said, network), attempts(series, said, network))
        self._page.set_moved(moved_of(played), noise_words(played, network), linear_words(played))

    def _series(self, run: Run) -> dict[float, Said]:
        """Return what was tried on the run's picture in its way."""
        spec = run.request.spec
        way = tuple(getattr(spec, name, None) for name in ("method", "norm", "target"))
        key = (run.network, tuple(known for _, known in run.request.pictures), way)
        series = self._tried.setdefault(key, {})
        while len(self._tried) > MOST_SERIES:
            self._tried.pop(next(iter(self._tried)))
        return series

    def _show_tiles(
        self, network: Network | None, before: NDArray[np.uint8] | None,
        after: NDArray[np.uint8] | None,
    ) -> None:  # fmt: skip
        played = None if self._shown is None else self._shown[1]
        words = ["", "", ""]
        title = "Change"
        if played is not None and network is not None:
            words = tile_words(played, network)
            title = f"Change, amplified {self._times} ×" if self._times > 1 else "Change"
        self._page.set_tiles(
            (
                Tile(before, "Input", words[0]),
                Tile(self.change, title, words[1]),
                Tile(after, "Result", words[2]),
            )
        )


def tile_words(played: Played, network: Network) -> list[str]:
    """Return what is said of input, change and result."""
    said = Said.of(played)
    most, mean = (played.facts.get(name, 0.0) for name in ("change_max", "change_mean"))
    changed = f"≤ {float(most):.3g} of 255, mean {float(mean):.2g}"
    if said is None:
        return ["", changed, ""]
    return [best_words(said.before, network), changed, best_words(said.after, network)]


def best_words(scores: Floats, network: Network) -> str:
    best = int(np.argmax(scores))
    return f"{class_name(network, best)} {score_text(float(scores[best]))}"


def paired(said: Said, network: Network) -> tuple[PairedScore, ...]:
    """Return the classes that count, the one aimed at first, then what was said, then the rest."""
    first = list(dict.fromkeys((said.goal, said.label)))
    by_size = np.argsort(-np.maximum(said.before, said.after), kind="stable")
    order = [*first, *(int(k) for k in by_size[: ROWS + 2] if int(k) not in first)][:ROWS]
    most = max(1.0, float(np.abs(said.before).max()), float(np.abs(said.after).max()))
    return tuple(
        PairedScore(
            class_name(network, k), float(said.before[k]) / most, float(said.after[k]) / most,
            score_text(float(said.before[k])), score_text(float(said.after[k])), k in first,
        )
        for k in order
    )  # fmt: skip


def attempts(series: Mapping[float, Said], newest: Said, network: Network) -> Attempts:
    """Return how two classes went with the size of the change; zero is the picture itself."""
    was, goal = newest.label, newest.goal
    found = {0.0: newest.before} | {levels: said.after for levels, said in series.items()}
    levels = tuple(sorted(found))
    return Attempts(
        levels,
        tuple(float(found[level][was]) for level in levels),
        tuple(float(found[level][goal]) for level in levels),
        class_name(network, was),
        class_name(network, goal),
        newest.levels,
    )


def moved_of(played: Played) -> tuple[Moved, ...]:
    """Return how far every layer moved, in percent; () where that is not told."""
    names = str(played.facts.get("layers", "")).split("\n")
    by_change, by_noise = (played.arrays.get(f"layers_{way}") for way in ("moved", "noise"))
    if by_change is None or by_noise is None:
        return ()
    return tuple(
        Moved(name, 100 * float(change), 100 * float(noise))
        for name, change, noise in zip(names, by_change, by_noise, strict=True)
    )


def noise_words(played: Played, network: Network) -> str:
    """Return what the two kinds of bars are, and what the network says under noise."""
    said, scores = Said.of(played), played.arrays.get("noise_scores")
    if said is None or scores is None:
        return ""
    name, stays = class_name(network, said.label), score_text(float(scores[said.label]))
    return f"blue: this change · grey: random noise of its size, {name} stays {stays}"


def linear_words(played: Played) -> str:
    """Return the argument of a linear network: many small changes; "" where not told."""
    facts = played.facts
    w_x, w_eta, count = (facts.get(name) for name in ("w_x", "w_eta", "dimensions"))
    if not all(isinstance(value, int | float) for value in (w_x, w_eta, count)):
        return ""
    dimensions = f"{round(float(count)):,}".replace(",", "\u2009")  # type: ignore[arg-type]
    numbers = figure(float(w_x)), figure(float(w_eta))  # type: ignore[arg-type]
    return (
        f"Were the network linear here: the class's evidence is w·x = {numbers[0]}, and the worst "
        f"change of this size adds w·η = {numbers[1]}: little a pixel, but over {dimensions} "
        "dimensions."
    )


def outcome(played: Played, network: Network) -> tuple[str, float | None]:
    """Return in a sentence what was not reached, and the size to try next, in 0..1.

    "" and None where the network says something else, in the file too.
    """
    said = Said.of(played)
    if said is None or "success" not in played.facts:
        return "", None
    if not said.number("success"):
        if played.facts.get("method") == Method.NOISE.value:  # it has no bound
            return "Not found: allow it more steps", None
        needed = played.facts.get("needed")
        words = f"Not found within ε = {said.levels:.3g} of 255"
        return words, float(needed) if needed else None
    if not said.number("success_8bit", 1.0):
        name = class_name(network, said.label)
        return f"Found, but in 8 bits, as a file holds it, the network still says {name}", None
    return "", None
