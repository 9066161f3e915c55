"""What is shown while a key is held to the lesson, and what was learnt to the view."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.corpus.concepts.taught import LEAST
from deepvis_app.engine.readers import TeachingReader
from deepvis_app.engine.readers.teaching import MOMENTS
from deepvis_app.known.lesson import MOST, Lesson
from deepvis_app.state.sight import WATCH
from deepvis_app.state.teaching import LONGEST
from deepvis_app.ui.kit.choices import Choice, ChoiceGroup
from deepvis_app.ui.panels.teach.gathering import Gathering
from deepvis_app.ui.panels.teach.keeping import Keeping
from deepvis_app.ui.panels.teach.telling import (
    cells_of,
    count_words,
    score_words,
    share_words,
    verdict_words,
)
from deepvis_app.words.quantities import shape_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from deepvis_app.corpus.concepts.examples import Example
    from deepvis_app.engine.readers import Hold, TeachingReading
    from deepvis_app.engine.snapshot import Snapshot
    from deepvis_app.nets import Network
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panel import Tick
    from deepvis_app.ui.panels.teach.view import TeachView

AT_LEAST_S = 2.0  # a frame is waited for, after a key that was let go at once
WORDS_S = 0.1  # slow enough to be read
NAME = "concept"  # of one without a name
GONE = "Another network: the pictures that taught a concept are gone"
_NONE = np.zeros(0)
MOVED = "The network learns on: what its former weights were taught is gone"


class TeachPresenter:
    """Knows no Qt."""

    def __init__(
        self, view: TeachView, desk: Desk, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._view, self._desk, self._clock = view, desk, clock
        self._options = options = desk.options.teaching
        self.lesson = Lesson(clock)
        self._gathering, self._keeping = Gathering(desk), Keeping(desk)
        self._network: Network | None = None
        self._weights = self._source = ""
        self._reading: TeachingReading | None = None
        self._let_go_s: float | None = None  # the key came up before a frame was there
        self._worded_s = self._scored_s = 0.0
        self._shown = (-1, -1)  # versions of what the walls show
        self._turned = 0  # of the lesson's, those that were told of
        options.events.is_open.connect(self._turn)
        options.events.layer.connect(self._turn)
        options.events.hold.connect(self._show_hold)
        options.events.wanted.connect(self._take_wanted)
        view.pressed.connect(lambda is_inside: self.press(is_inside=is_inside))
        view.released.connect(self.release)
        view.lost.connect(self.end)
        view.folder_chosen.connect(lambda side, path: self.add_folder(path, is_inside=side))
        view.example_picked.connect(lambda side, place: self.remove(place, is_inside=side))
        view.layer_chosen.connect(self.choose_layer)
        view.name_changed.connect(lambda text: setattr(options, "name", text))
        view.keep_requested.connect(self.keep)
        view.clear_requested.connect(self.clear)
        view.closed.connect(options.close)

    # What there is

    def set_network(self, network: Network | None) -> None:
        """Turn to another network; directions put on the same one change nothing."""
        fingerprint = "" if network is None else network.last_fingerprint
        is_other = fingerprint != self._weights
        self._network, self._weights = network, fingerprint
        if is_other:
            self._forget(GONE)
        self._keeping.set_network(network)
        self._turn()

    def _forget(self, words: str) -> None:
        """Let everything go that was of another network, or of other weights."""
        self.end()
        self._gathering.forget()
        self._reading = None
        self._view.trace.clear()
        if self.lesson.clear() and self._options.is_open:
            self._desk.notices.say(words)

    def _turn(self, *_: object) -> None:
        """Be open or not, on the layer that is wished, or another where there is none such."""
        options, network = self._options, self._network
        names = () if network is None else tuple(info.name for info in network.own_layers)
        if network is not None and options.layer not in names:
            own = network.base_layer(options.layer) if self._is_there(options.layer) else ""
            options.layer = own or (names[-1] if names else "")
            return  # it is heard again
        if self.lesson.layer != options.layer:
            self._change_layer()
        self._view.setVisible(options.is_open)
        self._show_layers()
        self._show_all()
        self._desk.sight.move()

    def _is_there(self, layer: str) -> bool:
        network = self._network
        return network is not None and any(info.name == layer for info in network.layers)

    def _change_layer(self) -> None:
        lost = self.lesson.turn_to(self._options.layer)
        self._reading = None
        self._view.trace.clear()
        if lost:
            self._desk.notices.say(
                f"{_pictures(lost)} no more: of so large a network one layer’s codes are kept"
            )

    # Wishes

    def toggle(self) -> None:
        """Teach the picked layer, or put that away."""
        if self._options.is_open and self._desk.sight.workspace == WATCH:
            self._options.close()
        else:
            self.open(self._options.layer if self._has_any else self._desk.selection.layer)

    @property
    def _has_any(self) -> bool:
        return any(self.lesson.counts())

    def open(self, layer: str) -> None:
        self._desk.sight.workspace = WATCH
        self._options.open(layer)

    def choose_layer(self, layer: str) -> None:
        self._options.layer = layer

    def tap(self, *, is_inside: bool) -> None:
        """Take one frame, or open what it is for."""
        if not self._options.is_open or self._desk.sight.workspace != WATCH:
            self.toggle()
            return
        self.press(is_inside=is_inside)
        self.release()

    def press(self, *, is_inside: bool) -> None:
        """Let frames teach until the key, or the button, is let go."""
        if self._network is None:
            return
        if self.lesson.is_full(is_inside=is_inside):
            self._desk.notices.say(f"{MOST} pictures of a side are plenty: no more are taken")
            return
        self._let_go_s = None
        self._options.press(is_inside=is_inside)

    def release(self) -> None:
        """Take no more frames, once there is one."""
        hold = self._options.hold
        if hold is None or self._has_frame_of(hold):
            self.end()
        else:
            self._let_go_s = self._clock()

    def end(self) -> None:
        """Take no more frames."""
        self._let_go_s = None
        self._options.release()

    def _has_frame_of(self, hold: Hold) -> bool:
        reading = self._reading
        found = () if reading is None else reading.examples
        return any(one.moment // MOMENTS == hold.number for one in found)

    def add_folder(self, path: Path, *, is_inside: bool) -> None:
        """Be taught by the pictures of a folder, after which a concept without a name is called."""
        self._gathering.add_folder(path, is_inside=is_inside)
        if is_inside and not self._options.name:
            self._options.name = path.name[:LONGEST]
            self._view.set_name(self._options.name)
        self._show_sides()

    def _take_wanted(self, *_: object) -> None:
        """Be taught by pictures of the corpus alone: what was taught before gives way."""
        wanted, self._options.wanted = self._options.wanted, None
        if wanted is None:
            return
        self._desk.sight.workspace = WATCH
        self.clear()
        self._gathering.take_wanted(wanted)

    def remove(self, place: int, *, is_inside: bool) -> None:
        """Take an example away."""
        found = self.lesson.side(is_inside=is_inside)
        if place < len(found):
            one = found[place]
            self.lesson.remove(one)
            self._desk.notices.removed(
                f"{one.name} teaches no more", lambda: self._put_back((one,))
            )
            self._show_all()

    def clear(self) -> None:
        """Forget all examples."""
        self.end()
        self._gathering.forget()
        gone = self.lesson.clear()
        self._view.trace.clear()
        if gone:
            self._desk.notices.removed(
                f"{_pictures(len(gone))} no more", lambda: self._put_back(gone)
            )
        self._show_all()

    def _put_back(self, gone: tuple[Example, ...]) -> None:
        self.lesson.put_back([one for one in gone if self.lesson.layer in one.codes])
        self._show_all()

    def keep(self) -> None:
        """Keep the concept as a direction of its layer."""
        concept, network = self.lesson.concept, self._network
        if concept is None or network is None or self.lesson.is_learning:
            return
        name = self._options.name.strip() or NAME
        self._keeping.keep(network, self.lesson.layer, concept, name)
        self._show_foot()

    def put_away(self) -> bool:
        """Put it away by Esc, while it can be seen."""
        is_seen = self._options.is_open and self._desk.sight.workspace == WATCH
        if is_seen:
            self._options.close()
        return is_seen

    # In every round

    def ask(self) -> tuple[TeachingReader, ...]:
        options = self._options
        if not options.is_open or not self._is_there(options.layer):
            return ()
        return (TeachingReader(options.layer, options.hold),)

    def tick(self, tick: Tick) -> None:
        """Take frames, pictures and what was learnt of them."""
        self._follow_source(tick.status.source.spec)
        self._keeping.tick()
        has_news = self.lesson.add(self._gathering.tick(tick.jobs))
        if not self._gathering.progress:
            self._tell_turned()
        if tick.snapshot is not None:
            has_news |= self._take(tick.snapshot)
        self._end_late()
        if not self._options.is_open:
            return
        has_news |= self.lesson.tick(is_quiet=self._options.hold is None)
        if has_news or tick.jobs is not None:
            self._show_all()
        if self._reading is not None and self._clock() - self._scored_s >= WORDS_S:
            self._show_score(self._reading)  # a picture at rest, whose concept may be another

    def _tell_turned(self) -> None:
        """Say how many pictures of a folder were on the other side."""
        count, self._turned = self.lesson.turned - self._turned, self.lesson.turned
        if count:
            many = "One picture was" if count == 1 else f"{count} pictures were"
            self._desk.notices.say(f"{many} on the other side: each teaches where it came last")

    def _follow_source(self, spec: str) -> None:
        """Take nothing of another source for what was shown by this one."""
        if spec != self._source:
            self._source = spec
            self.end()

    def _take(self, snapshot: Snapshot) -> bool:
        self._follow_weights(snapshot.weights)
        reading = snapshot.first(TeachingReader)
        if reading is None or reading.layer != self.lesson.layer:
            return False
        if reading.why_not and reading.why_not != getattr(self._reading, "why_not", ""):
            self._desk.notices.say(reading.why_not)
        self._reading = reading
        before = self.lesson.turned
        has_news = self.lesson.add(reading.examples)
        self._turned += self.lesson.turned - before  # of a key that is held it is meant
        hold = self._options.hold
        if hold is not None and self.lesson.is_full(is_inside=hold.is_inside):
            self.end()
        self._show_score(reading)
        return has_news

    def _follow_weights(self, weights: str) -> None:
        if weights and weights != self._weights:
            self._weights = weights
            self._forget(MOVED)
            self._show_all()

    def _end_late(self) -> None:
        """End a hold that was let go before there was a frame of it."""
        hold = self._options.hold
        if self._let_go_s is None or hold is None:
            return
        is_over = self._clock() - self._let_go_s > AT_LEAST_S
        if is_over or self._has_frame_of(hold) or (self._reading and self._reading.why_not):
            self.end()

    # What is shown

    def _show_score(self, reading: TeachingReading) -> None:
        concept = self.lesson.concept
        if concept is None or len(concept.weight) != len(reading.code):
            return
        now_s = self._scored_s = self._clock()
        score = float(concept.scores(reading.code[None])[0])
        self._view.trace.add(now_s, score)
        if now_s - self._worded_s >= WORDS_S:
            self._worded_s = now_s
            self._view.set_score(*score_words(score))

    def _show_hold(self, *_: object) -> None:
        hold = self._options.hold
        self._view.set_held(None if hold is None else hold.is_inside)
        self._desk.sight.move()

    def _show_layers(self) -> None:
        network, layer = self._network, self._options.layer
        infos = () if network is None else network.own_layers
        choices = tuple(Choice(info.name, info.name, shape_text(info)) for info in infos)
        own = next((info for info in infos if info.name == layer), None)
        self._view.set_layers([ChoiceGroup("", choices)], layer, own.kind if own else "")

    def _show_all(self) -> None:
        self._view.show_keys()
        self._show_sides()
        self._show_trust()
        self._show_foot()

    def _show_sides(self) -> None:
        lesson, counts = self.lesson, self.lesson.counts()
        versions = lesson.version, lesson.concept_version
        for is_inside, count in zip((True, False), counts, strict=True):
            side = self._view.side(is_inside=is_inside)
            side.set_count(*count_words(count, self._gathering.progress.get(is_inside, "")))
            if versions != self._shown:
                side.set_examples(*cells_of(lesson.side(is_inside=is_inside), lesson.scores()))
        self._shown = versions

    def _show_trust(self) -> None:
        view, lesson, concept = self._view, self.lesson, self.lesson.concept
        view.profile.set_shares(lesson.layers(), lesson.accuracies, lesson.layer)
        if concept is None:
            self._show_none()
            return
        view.set_nothing("")
        view.set_words(*share_words(concept))
        judged = concept.judged
        share = None if judged is None else (judged.accuracy, judged.low, judged.high)
        control = _NONE if judged is None else judged.control
        view.bar.set_accuracy(share, control, is_better=judged is not None and judged.is_better)

    def _show_none(self) -> None:
        """Say why there is no concept, and what it takes."""
        view, lesson, fault = self._view, self.lesson, self.lesson.fault
        words = "Show it, and what it is not", f"{LEAST} pictures of either side are enough"
        if lesson.is_learning:
            words = "It is being learnt", ""
        if fault is not None:
            words = fault.cause, fault.remedy
        view.set_nothing(*words)
        view.trace.clear()

    def _show_foot(self) -> None:
        lesson, concept = self.lesson, self.lesson.concept
        self._view.set_name(self._options.name)
        self._view.set_verdict(*(("", "detail", "") if concept is None else verdict_words(concept)))
        why_not = "" if concept is not None else "There is no concept yet"
        why_not = "It is being learnt" if lesson.is_learning else why_not
        self._view.offer(
            keep=not why_not and not self._keeping.is_busy, clear=self._has_any, why_not=why_not
        )


def _pictures(count: int) -> str:
    return "One picture teaches" if count == 1 else f"{count} pictures teach"
