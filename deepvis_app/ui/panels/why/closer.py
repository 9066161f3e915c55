"""A closer look: long questions as jobs, their answers as they come."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from deepvis_app.engine.jobs.kinds.explaining import Question
from deepvis_app.engine.known_array import KnownArray
from deepvis_app.explain import (
    CATALOGUE,
    CatalogueResult,
    Curves,
    CurvesProgress,
    OcclusionResult,
    Rendering,
    render_map,
)
from deepvis_app.known.job_words import step_text
from deepvis_app.state.explaining import exists, explain_request, seed_for
from deepvis_app.ui.kit.choice_rows import ChoiceRow
from deepvis_app.ui.panels.why import questions
from deepvis_app.ui.panels.why.closer_view import LIVE, OCCLUSION
from deepvis_app.ui.panels.why.live import nothing_words
from deepvis_app.ui.panels.why.questions import Inquiry, age_text
from deepvis_app.words.figures import figure

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from deepvis_app.engine.jobs import JobStatus
    from deepvis_app.engine.jobs.kinds.truth import TruthQuestion
    from deepvis_app.engine.snapshot import Snapshot
    from deepvis_app.explain import Seed
    from deepvis_app.frames.source import Frame
    from deepvis_app.nets import Network, Unit
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panels.why.closer_view import CloserView

FREEZE_HINT = "The picture moves on meanwhile: freeze it first."


class CloserPresenter:
    """One question at a time; its answer stays until the next or another network."""

    def __init__(self, view: CloserView, desk: Desk) -> None:
        self._view = view
        self._jobs = desk.jobs
        self._selection = desk.selection
        self._options, self._view_options = desk.options.why, desk.options.view
        self._network: Network | None = None
        self._snapshot: Snapshot | None = None
        self._name = next(iter(CATALOGUE))
        self._result: Inquiry | None = None  # whose map is shown
        self._test: Inquiry | None = None  # whose curves are shown
        self._row = 0  # of the list: the unit, or a class that rises
        self._map_view = Rendering.OVERLAY
        self._connect()

    @property
    def result(self) -> Inquiry | None:
        return self._result

    def set_network(self, network: Network | None) -> None:
        """Take another network: what was asked of the old one is in the list of jobs still."""
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

    def take(self, statuses: tuple[JobStatus, ...]) -> None:
        """Show what the jobs have found since."""
        for asked, show in ((self._result, self._show_result), (self._test, self._show_test)):
            if asked is not None and asked.take(statuses):
                show(asked)
        self._show_progress()

    # Asking

    def ask_occlusion(self) -> None:
        options, picture = self._options, self._picture()
        unit, seed = self._unit(), self._seed(OCCLUSION)
        if unit is None or seed is None or picture is None:
            return
        patch, stride = options.patch_px, options.stride_px
        question = questions.occlusion(picture, unit, seed, patch, stride, options.fill)
        self._ask(f"Occlusion · {_name(unit)}", question)
        self._map_view = Rendering.OVERLAY

    def ask_method(self) -> None:
        unit, seed, picture = self._unit(), self._seed(self._name), self._picture()
        if unit is None or seed is None or picture is None:
            return
        title = f"{CATALOGUE[self._name].title} · {_name(unit)}"
        self._ask(title, Question(picture, unit, seed, self._name))

    def ask_test(self, which: str) -> None:
        """Test the live map, or the one that is the last result."""
        question = None if self._is_busy() else self._to_test(which)
        if question is None:
            return
        title, request, frame = question
        self._test = Inquiry(title, request, self._jobs.submit(request), frame)
        self._view.plot.set_curves(None, None)
        self._view.set_reading("", title)
        self._view.set_busy(True)

    def _to_test(self, which: str) -> tuple[str, TruthQuestion, Frame] | None:
        """Return what the map to be tested is called, the question, and the frame it is of."""
        if which == LIVE:
            picture = self._picture()
            if picture is None or self._network is None or self._snapshot is None:
                return None
            wanted = explain_request(self._options, self._selection, self._network)
            if wanted is None:
                return None
            title = f"{wanted.method.title} · {_name(wanted.unit)}"
            question = questions.tested_live(picture, wanted.unit, wanted.seed, wanted.method)
            return title, question, self._snapshot.frame
        result = self._result
        found = result.map() if result else None
        if result is None or found is None or not isinstance(result.request, Question):
            return None
        return result.title, questions.tested(result.request, found), result.frame

    def cancel(self) -> None:
        for asked in (self._result, self._test):
            if asked is not None and not asked.done:
                self._jobs.cancel(asked.job)

    def _ask(self, title: str, question: Question) -> None:
        if self._is_busy() or self._snapshot is None:
            return
        self._row = 0
        self._result = Inquiry(title, question, self._jobs.submit(question), self._snapshot.frame)
        self._view.set_title(title)
        self._view.set_words("The first picture comes in a moment")
        self._view.set_rows((), 0)
        self._view.set_busy(True)

    def _picture(self) -> KnownArray | None:
        """Return the shown picture as the network sees it, whatever the brush has covered."""
        if self._snapshot is None or self._network is None:
            self._view.set_words("There is no picture yet", "Wait for the first one")
            return None
        options, image = self._view_options, self._snapshot.frame.image
        return KnownArray.of(self._network.view(image, options.fit, options.mirror)[0])

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
        return any(one is not None and not one.done and not one.is_held for one in asked)

    # Showing

    def _show_progress(self) -> None:
        """Show how far the open question is; once it is answered, or rests, allow the next."""
        for asked in (self._result, self._test):
            if asked is None or asked.done or asked.is_held:
                continue
            status = asked.status
            step, total = (0, 0) if status is None else (status.step, status.total)
            text = step_text(status) if status is not None and step else "begins in a moment"
            self._view.progress.set_progress(text[:1].upper() + text[1:], step, total)
            return
        if self._view.is_busy():
            self._view.set_busy(False)

    def _show_result(self, asked: Inquiry) -> None:
        if asked.error is not None:
            self._view.set_words(asked.error.cause, asked.error.remedy)
            self._view.set_title(asked.title)
            return
        found = asked.found
        if isinstance(found, CatalogueResult) and found.empty:
            self._view.set_words(nothing_words(found.map), found.empty)
            return
        if isinstance(found, OcclusionResult):
            self._view.set_rows(self._rows(asked, found), self._row)
        self._draw(asked)

    def _draw(self, asked: Inquiry) -> None:
        found = self._drawn_map(asked)
        if found is None or self._network is None:
            if asked.done:
                self._view.set_words("Stopped before the first picture", "Ask again")
            elif asked.is_held:
                self._view.set_words("This question rests", "Go on with it in the list of jobs")
            return
        flat = len(found) == 1
        view = self._options.flat_view if flat else self._map_view
        picture = render_map(
            questions.shown_map(self._network, found),
            view,
            picture=asked.picture,
            opacity=self._options.opacity,
        )
        result = asked.found
        score = getattr(result, "score", None)
        self._view.set_view(view)
        self._view.set_title(asked.title, "" if score is None else f"score {figure(score)}")
        self._view.set_result(picture)
        self._view.set_note(result.sum_words if isinstance(result, CatalogueResult) else "")

    def _drawn_map(self, asked: Inquiry) -> NDArray[np.float32] | None:
        result = asked.found
        if self._row and isinstance(result, OcclusionResult):
            return result.rises[self._row - 1].map[None]
        return asked.map()

    def _rows(self, asked: Inquiry, result: OcclusionResult) -> list[ChoiceRow]:
        """Return the unit's own fall, then the classes that rise."""
        fall = float(result.drop.max())
        share = fall / abs(result.score) if result.score else 0.0
        unit = asked.request.unit
        own = self._network.unit_label(unit) if self._network else None
        name = f"{own or _name(unit)} falls"
        rows = [ChoiceRow(name, f"−{figure(max(fall, 0.0))}", share)]
        labels = self._network.labels if self._network else ()
        for rise in result.rises:
            known = rise.index < len(labels)
            label = labels[rise.index] if known else f"class {rise.index}"
            rows.append(ChoiceRow(label, f"+{rise.amount:.3f}", rise.amount))
        return rows

    def _show_test(self, asked: Inquiry) -> None:
        if asked.error is not None:
            self._view.set_reading(str(asked.error), asked.title)
            return
        found = asked.found
        if isinstance(found, CurvesProgress | Curves):
            self._view.plot.set_curves(found.deletion, found.insertion)
        if isinstance(found, Curves):
            self._view.set_reading(truth_text(found), asked.title)

    def show_age(self) -> None:
        """Say of which frame a result is, once another is shown."""
        asked = self._result
        if asked is None:
            return
        shown = self._snapshot.frame if self._snapshot else None
        self._view.result.set_stale(age_text(asked.frame, shown, time.monotonic()))

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
        view.brush_toggled.connect(lambda on: setattr(options, "is_brushing", on))
        options.events.is_brushing.connect(lambda on, *_: view.set_brushing(on))
        for name in ("patch_px", "stride_px", "fill"):
            getattr(options.events, name).connect(self._show_patch)
        options.events.opacity.connect(self._redraw)
        view.set_brushing(options.is_brushing)  # it may be in the hand before the page is made
        self._choose(self._name)
        self._show_patch()

    def _change_patch(self, value: int) -> None:
        self._options.patch_px = value
        self._options.stride_px = min(self._options.stride_px, value)

    def _choose(self, name: str) -> None:
        self._name = name
        self._view.set_method(name)

    def _choose_view(self, view: Rendering) -> None:
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
        if self._result is not None and self._result.error is None:
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
