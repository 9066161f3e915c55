"""A closer look: long questions to the engine, their answers as they come."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject

from deepvis_app.explain import (
    CATALOGUE,
    CatalogueResult,
    Curves,
    OcclusionResult,
    View,
    view_picture,
)
from deepvis_app.state.explaining import exists, explain_request, seed_for
from deepvis_app.ui.kit.choice_rows import ChoiceRow
from deepvis_app.ui.panels.why import questions
from deepvis_app.ui.panels.why.closer_view import LIVE, OCCLUSION
from deepvis_app.ui.panels.why.live import nothing_words
from deepvis_app.ui.panels.why.questions import Asked, age_text
from deepvis_app.words.figures import figure
from deepvis_app.words.quantities import time_text

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from deepvis_app.engine import Engine
    from deepvis_app.engine.questions import Make
    from deepvis_app.engine.snapshot import Snapshot
    from deepvis_app.explain import Seed
    from deepvis_app.nets import Network, Unit
    from deepvis_app.state.explaining import ExplainOptions
    from deepvis_app.state.options import ViewOptions
    from deepvis_app.state.selection import Selection
    from deepvis_app.ui.main_window import MainWindow

FREEZE_HINT = "The picture moves on meanwhile: freeze it first."


class CloserPresenter(QObject):
    """One question at a time; its answer stays until the next or another network."""

    def __init__(
        self,
        window: MainWindow,
        engine: Engine,
        selection: Selection,
        options: ExplainOptions,
        view_options: ViewOptions,
    ) -> None:
        super().__init__(window)
        self._view = window.closer
        self._engine = engine
        self._selection = selection
        self._options = options
        self._view_options = view_options
        self._network: Network | None = None
        self._snapshot: Snapshot | None = None
        self._name = next(iter(CATALOGUE))
        self._result: Asked | None = None  # whose map is shown
        self._test: Asked | None = None  # whose curves are shown
        self._row = 0  # of the list: the unit, or a class that rises
        self._map_view = View.OVERLAY
        self._connect()

    @property
    def result(self) -> Asked | None:
        return self._result

    @property
    def test(self) -> Asked | None:
        return self._test

    def set_network(self, network: Network | None) -> None:
        """Take another network: answers of the old one are gone."""
        self.cancel()
        self._network = network
        self._snapshot = None
        self._result = self._test = None
        self._view.set_busy(False)
        self._view.set_result(None)
        self._view.set_rows((), 0)
        self._view.plot.set_curves(None, None)
        self._view.set_reading("")
        self._show_patch()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def set_moving(self, moving: bool) -> None:
        """Tell whether the picture changes by itself."""
        self._view.set_hint(FREEZE_HINT if moving else "")

    def tick(self) -> None:
        """Look whether there is anything new."""
        for asked, show in ((self._result, self._show_result), (self._test, self._show_test)):
            state = (asked.answer.serial, asked.answer.done) if asked else (-1, False)
            if asked is not None and asked.seen != state:
                asked.seen = state
                show(asked)
        self._show_progress()
        self._show_age()

    # Asking

    def ask_occlusion(self) -> None:
        options = self._options
        unit, seed = self._unit(), self._seed(OCCLUSION)
        if unit is None or seed is None:
            return
        inputs: list[object] = []
        make = questions.occlusion(
            unit,
            seed,
            options.patch_px,
            options.stride_px,
            options.fill,
            inputs,  # type: ignore[arg-type]
        )
        self._ask(f"Occlusion · {_name(unit)}", unit, seed, make, inputs)
        self._map_view = View.OVERLAY

    def ask_method(self) -> None:
        unit, seed = self._unit(), self._seed(self._name)
        if unit is None or seed is None:
            return
        inputs: list[object] = []
        make = questions.catalogued(unit, seed, self._name, inputs)  # type: ignore[arg-type]
        title = f"{CATALOGUE[self._name].title} · {_name(unit)}"
        self._ask(title, unit, seed, make, inputs)

    def ask_test(self, which: str) -> None:
        """Test the live map, or the one that is the last result."""
        if self._is_busy() or self._network is None:
            return
        if which == LIVE:
            wanted = explain_request(self._options, self._selection, self._network)
            if wanted is None:
                return
            make = questions.tested_live(wanted.unit, wanted.seed, wanted.method)
            title = f"{wanted.method.title} · {_name(wanted.unit)}"
            unit, seed = wanted.unit, wanted.seed
        else:
            result = self._result
            found = result.map() if result else None
            if result is None or found is None or not result.inputs:
                return
            make = questions.tested(result.unit, result.seed, found, result.inputs[0])
            title, unit, seed = result.title, result.unit, result.seed
        self._test = Asked(title, unit, seed, self._engine.ask(make), [])
        self._view.plot.set_curves(None, None)
        self._view.set_reading("", title)
        self._view.set_busy(True)

    def cancel(self) -> None:
        for asked in (self._result, self._test):
            if asked is not None:
                asked.answer.cancel()

    def _ask(self, title: str, unit: Unit, seed: Seed, make: Make, inputs: list[object]) -> None:
        if self._is_busy():
            return
        self._row = 0
        self._result = Asked(title, unit, seed, self._engine.ask(make), inputs)  # type: ignore[arg-type]
        self._view.set_title(title)
        self._view.set_words("The first picture comes in a moment")
        self._view.set_rows((), 0)
        self._view.set_busy(True)

    def _unit(self) -> Unit | None:
        unit = self._options.unit(self._selection)
        known = unit is not None and self._network is not None and exists(self._network, unit)
        return unit if known else None

    def _seed(self, method: str) -> Seed | None:
        unit = self._unit()
        if unit is None or self._network is None:
            return None
        return seed_for(self._options, self._network, unit, method)

    def _is_busy(self) -> bool:
        asked = (self._result, self._test)
        return any(one is not None and not one.answer.done for one in asked)

    # Showing

    def _show_progress(self) -> None:
        """Show how far the open question is; once it is answered, allow the next."""
        for asked in (self._result, self._test):
            if asked is None or asked.answer.done:
                continue
            step, total = (getattr(asked.answer.progress, key, 0) for key in ("step", "total"))
            spent = time.monotonic() - asked.began_s
            left = f" · {time_text(spent / step * (total - step))} left" if step else ""
            text = f"Step {step} of {total}{left}" if step else "Begins with the next frame"
            self._view.progress.set_progress(text, step, total)
            return
        if not self._view.progress.isHidden():
            self._view.set_busy(False)

    def _show_result(self, asked: Asked) -> None:
        answer = asked.answer
        if answer.error is not None:
            self._view.set_words(answer.error.cause, answer.error.remedy)
            self._view.set_title(asked.title)
            return
        if asked.picture is None and answer.frame is not None and self._network is not None:
            options = self._view_options
            asked.picture = self._network.view(answer.frame.image, options.fit, options.mirror)[0]
        result = answer.result
        if isinstance(result, CatalogueResult) and result.empty:
            self._view.set_words(nothing_words(result.map), result.empty)
            return
        if isinstance(result, OcclusionResult):
            self._view.set_rows(self._rows(asked, result), self._row)
        self._draw(asked)

    def _draw(self, asked: Asked) -> None:
        found = self._drawn_map(asked)
        if found is None or self._network is None:
            if asked.answer.done:
                self._view.set_words("Stopped before the first picture", "Ask again")
            return
        flat = len(found) == 1
        view = self._options.flat_view if flat else self._map_view
        picture = view_picture(
            questions.shown_map(self._network, found),
            view,
            picture=asked.picture,
            opacity=self._options.opacity,
        )
        score = getattr(asked.answer.result, "score", None)
        self._view.set_view(view)
        self._view.set_title(asked.title, "" if score is None else f"score {figure(score)}")
        self._view.set_result(picture)
        result = asked.answer.result
        self._view.set_note(result.sum_words if isinstance(result, CatalogueResult) else "")

    def _drawn_map(self, asked: Asked) -> NDArray[np.float32] | None:
        result = asked.answer.result
        if self._row and isinstance(result, OcclusionResult):
            return result.rises[self._row - 1].map[None]
        return asked.map()

    def _rows(self, asked: Asked, result: OcclusionResult) -> list[ChoiceRow]:
        """Return the unit's own fall, then the classes that rise."""
        fall = float(result.drop.max())
        share = fall / abs(result.score) if result.score else 0.0
        own = self._network.unit_label(asked.unit) if self._network else None
        name = f"{own or _name(asked.unit)} falls"
        rows = [ChoiceRow(name, f"−{figure(max(fall, 0.0))}", share)]
        labels = self._network.labels if self._network else ()
        for rise in result.rises:
            known = rise.index < len(labels)
            label = labels[rise.index] if known else f"class {rise.index}"
            rows.append(ChoiceRow(label, f"+{rise.amount:.3f}", rise.amount))
        return rows

    def _show_test(self, asked: Asked) -> None:
        answer = asked.answer
        if answer.error is not None:
            self._view.set_reading(str(answer.error), asked.title)
            return
        found = answer.result or answer.progress
        if found is None:
            return
        self._view.plot.set_curves(found.deletion, found.insertion)  # type: ignore[attr-defined]
        if isinstance(found, Curves):
            self._view.set_reading(truth_text(found), asked.title)

    def _show_age(self) -> None:
        """Say of which frame a result is, once another is shown."""
        asked = self._result
        if asked is None or asked.answer.frame is None:
            return
        shown = self._snapshot.frame if self._snapshot else None
        self._view.result.set_stale(age_text(asked.answer.frame, shown, time.monotonic()))

    def _show_patch(self, *_: object) -> None:
        options, most = self._options, 100
        if self._network is not None:
            most = max(min(self._network.input_shape[1:]) * 2 // 3, 5)
        self._view.set_patch(options.patch_px, options.stride_px, options.fill, most)

    # Gestures

    def _connect(self) -> None:
        view, options = self._view, self._options
        view.patch_changed.connect(self._change_patch)
        view.stride_changed.connect(lambda value: setattr(options, "stride_px", value))
        view.fill_picked.connect(lambda fill: setattr(options, "fill", fill))
        view.occlusion_requested.connect(self.ask_occlusion)
        view.method_picked.connect(self._choose)
        view.method_requested.connect(self.ask_method)
        view.cancel_requested.connect(self.cancel)
        view.view_picked.connect(self._choose_view)
        view.rise_picked.connect(self._choose_row)
        view.test_requested.connect(self.ask_test)
        for name in ("patch_px", "stride_px", "fill"):
            getattr(options.events, name).connect(self._show_patch)
        options.events.opacity.connect(self._redraw)
        self._choose(self._name)
        self._show_patch()

    def _change_patch(self, value: int) -> None:
        self._options.patch_px = value
        self._options.stride_px = min(self._options.stride_px, value)

    def _choose(self, name: str) -> None:
        self._name = name
        self._view.set_method(name)

    def _choose_view(self, view: View) -> None:
        found = self._result.map() if self._result else None
        if found is not None and len(found) > 1:
            self._map_view = view
        else:
            self._options.flat_view = view
        self._redraw()

    def _choose_row(self, row: int) -> None:
        self._row = row
        self._redraw()

    def _redraw(self, *_: object) -> None:
        if self._result is not None and self._result.answer.error is None:
            self._draw(self._result)


def truth_text(curves: Curves) -> str:
    """Return how to read the curves, with their areas."""
    return (
        f"Pixels taken away, most important first: area {curves.deletion_area:.2f}, small is "
        f"good. Put back: area {curves.insertion_area:.2f}, large is good. Where the map is true, "
        "the score falls fast and rises fast."
    )


def _name(unit: Unit) -> str:
    return f"{unit.layer} · {unit.index}"
