"""Snapshots to the input view: picture, what the network sees of it, smoothed class scores."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.engine.readers import UnitReader
from deepvis_app.known.fields import shown_field
from deepvis_app.nets import Fit, Scale
from deepvis_app.state.classes import no_class_unit
from deepvis_app.tiles import numbers
from deepvis_app.tiles.marks import array_marks, counts
from deepvis_app.ui.kit.pictures.aperture import Aperture
from deepvis_app.ui.panels.input.doubt import Doubt
from deepvis_app.ui.panels.input.score_bars import Score

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis_app.engine.readers import UnitReading
    from deepvis_app.engine.snapshot import Snapshot
    from deepvis_app.engine.status import Broken
    from deepvis_app.frames import SourceInfo
    from deepvis_app.nets import Network
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panels.input.view import InputView

TOP = 5
SCORES_S = 0.1  # slow enough to be read
NO_SCORES_YET = "No class scores yet", "They come with the first picture"
_SCALE_WORDS: dict[Scale | None, str] = {
    Scale.SHARE: "share of area",
    Scale.NUMBER: "bare numbers",
}
FIT_WORDS = {Fit.CROP: "centre crop", Fit.LETTERBOX: "letterbox", Fit.STRETCH: "stretched"}


class InputPresenter:
    """Keeps the left pane in step with the snapshots."""

    def __init__(self, view: InputView, desk: Desk) -> None:
        self._view, self._sight = view, desk.sight
        self._options = options = desk.options.view
        self.smoothing_s = 0.5
        self._network: Network | None = None
        self._reading: UnitReading | None = None
        self._is_moving = False
        self._scores: NDArray[np.float32] | None = None
        self._scored_at = 0.0
        self._worded_s = 0.0
        self._unworded: Snapshot | None = None  # its scores are not shown yet
        self._doubt = Doubt()
        self._extent = 0.0
        self._titled = ""  # what a picture of a run is called
        self._broken: Broken | None = None
        self._is_broken = False
        view.fit_picked.connect(lambda fit: setattr(options, "fit", fit))
        view.mirror_toggled.connect(lambda on: setattr(options, "mirror", on))
        view.network_view_toggled.connect(lambda on: setattr(desk.sight, "is_whole_frame", not on))
        view.scores.class_pin_toggled.connect(options.toggle_pin)
        view.class_pinned.connect(options.toggle_pin)
        desk.sight.events.pointed.connect(self._show_field)
        desk.options.setting.follow(
            lambda s: s.appearance.wheel,
            lambda s: view.picture.set_wheel_zooms(s.appearance.wheel.value == "zoom"),
        )
        desk.options.setting.follow(
            lambda s: s.appearance.score_smoothing_s,
            lambda s: setattr(self, "smoothing_s", s.appearance.score_smoothing_s),
        )

    def show_source(self, info: SourceInfo | None) -> None:
        self._is_moving = bool(info and info.rate_hz)
        self._view.set_source(info)

    def set_stale(self, text: str | None) -> None:
        self._view.picture.set_stale(text)

    def set_broken(self, broken: Broken | None) -> None:
        """Say in the picture's place that the present one cannot be shown; None: the next can."""
        if broken is None or broken == self._broken:
            self._is_broken = broken is not None
            return
        self._broken, self._is_broken = broken, True
        self._view.set_message(broken.error.cause, broken.error.remedy)
        self._view.scores.set_empty_text("There is no picture to name")
        self.clear_scores()

    def tick(self, now_s: float) -> None:
        """Show the scores that wait until they can be read."""
        if self._unworded is not None and self._network is not None:
            self._show_words(self._unworded, self._network, now_s)

    def _is_outdated(self, snapshot: Snapshot) -> bool:
        """Tell whether a snapshot is of a picture before the one that cannot be shown."""
        if self._broken is None:
            return False
        return self._is_broken or snapshot.frame.captured_at < self._broken.at_s

    def show_options(self, network: Network) -> None:
        fit = self._options.fit or network.preprocessing.fit
        self._view.set_fit(fit, self._options.mirror)
        _, height, width = network.input_shape
        self._view.set_detail(f"{self._titled or FIT_WORDS[fit]} {width} × {height}")
        self._view.show_predictions(self._options.show_predictions)

    def show_snapshot(self, snapshot: Snapshot, network: Network) -> None:
        if self._is_outdated(snapshot):
            return
        if self._broken is not None:
            self._broken = None
            self._view.set_message("", "")
        self._view.set_note(snapshot.frame.note)
        self._show_detail(snapshot, network)
        aperture = _aperture(snapshot) if self._sight.is_whole_frame else None
        self._view.set_picture(snapshot.frame.image, snapshot.picture, aperture)
        self._show_scores(snapshot, network)
        if (reading := snapshot.first(UnitReader)) is not None:
            self._reading = reading
            self._show_field()

    def _show_detail(self, snapshot: Snapshot, network: Network) -> None:
        """Say beside the heading which picture of a run it is; else how the input is fitted."""
        title = snapshot.frame.title if snapshot.frame.label is not None else ""
        if title != self._titled:
            self._titled = title
            self.show_options(network)

    def _show_field(self, *_: object) -> None:
        """Mark what the place under the pointer sees, else what the unit's maximum sees."""
        if self._network is not None and self._reading is not None:
            field = shown_field(self._network, self._reading, self._sight.pointed)
            self._view.picture.set_field(field.box, field.caption)

    def show_network(self, network: Network | None) -> None:
        self._network, self._reading = network, None
        self.clear_scores()
        self._view.scores.set_empty_text(*NO_SCORES_YET)
        self._extent = 0.0
        self._view.scores.set_barred(no_class_unit(network) if network else "")
        self._view.set_classes(network.labels if network and network.scale else ())

    def clear_scores(self) -> None:
        self._scores = self._unworded = None
        self._view.set_scores(None)
        self._view.set_doubt("")

    def _show_scores(self, snapshot: Snapshot, network: Network) -> None:
        if snapshot.scores is None or not np.isfinite(snapshot.scores).any():
            self._view.scores.set_empty_text(*_no_scores(snapshot, network))
            self.clear_scores()
            return
        self._scores = self._smoothed(snapshot.scores)
        self._unworded = snapshot
        self._show_words(snapshot, network, time.monotonic())

    def _show_words(self, snapshot: Snapshot, network: Network, now_s: float) -> None:
        """Show the classes; of moving pictures as often as one can read."""
        if self._scores is None or (self._is_moving and now_s - self._worded_s < SCORES_S):
            return
        self._worded_s, self._unworded = now_s, None
        extent = self._extent_of(self._scores, network)
        smoothed = f"smoothed {self.smoothing_s:.1f} s"
        truth = snapshot.frame.label_name
        words = [f"true: {truth}" if truth else "", _SCALE_WORDS.get(network.scale, "")]
        words += [smoothed] if self.smoothing_s and self._is_moving else []
        if (marks := array_marks(self._scores)) is not None:
            words += [f"{count} {word}" for word, count in counts(marks).items()]
        self._view.predictions_header.set_detail(", ".join(filter(None, words)))
        pinned = [i for i in self._options.pinned_classes if i < len(self._scores)]
        best = np.argsort(-self._scores, kind="stable")[:TOP]  # NaN comes last
        order = [*pinned, *(int(i) for i in best if i not in pinned)]
        self._view.set_scores(
            [
                Score(i, _label(network, i), float(self._scores[i]), i in pinned, extent)
                for i in order[: max(TOP, len(pinned))]
            ]
        )
        self._show_doubt(snapshot, network)

    def _show_doubt(self, snapshot: Snapshot, network: Network) -> None:
        doubt = ""
        known = self._scores is not None and bool(np.isfinite(self._scores).all())
        if self._scores is not None and known and network.scale in (Scale.SOFTMAX, Scale.GIVEN):
            doubt = self._doubt.words(
                self._scores, snapshot.likeness, time.monotonic(), moving=self._is_moving
            )
        self._view.set_doubt(doubt)

    def _extent_of(self, scores: NDArray[np.float32], network: Network) -> float | None:
        """Return the largest size of a bare number so far, which fills a bar; None: 0 to 1."""
        if network.scale is not Scale.NUMBER:
            return None
        self._extent = max(self._extent, float(np.abs(numbers(scores)).max()))
        return self._extent

    def _smoothed(self, scores: NDArray[np.float32]) -> NDArray[np.float32]:
        """Exponential average with the user's time constant; none for still pictures."""
        now = time.monotonic()
        elapsed, self._scored_at = now - self._scored_at, now
        old = self._scores
        if not self._is_moving or self.smoothing_s == 0 or old is None or len(old) != len(scores):
            return scores
        share = 1 - math.exp(-elapsed / self.smoothing_s)
        with np.errstate(invalid="ignore"):
            mean: NDArray[np.float32] = old + np.float32(share) * (scores - old)
        known = np.isfinite(mean)  # what is no number would stay in the average for ever
        return mean if known.all() else np.where(known, mean, scores)


def _label(network: Network, index: int) -> str:
    if index < len(network.labels):
        return network.labels[index]
    word = "output" if network.scale is Scale.NUMBER else "class"
    is_alone = network.output_layer and network.layer(network.output_layer).unit_count == 1
    return word if is_alone else f"{word} {index}"


def _no_scores(snapshot: Snapshot, network: Network) -> tuple[str, str]:
    """Return why there are no bars, and where to look instead."""
    marks = None if snapshot.scores is None else array_marks(snapshot.scores)
    if marks is not None:
        words = " and ".join(counts(marks))
        return f"This network gives {words} for its classes", "No number is left to sort them by"
    last = network.own_layers[-1]
    if last.map_size != (1, 1):
        return "This network gives maps, no score a class", f"They are the units of {last.name}"
    return "This network has no class output", ""


def _aperture(snapshot: Snapshot) -> Aperture:
    seen = snapshot.picture.shape[:2]
    return Aperture(seen, snapshot.frame_box, True, snapshot.placement.mirrored)
