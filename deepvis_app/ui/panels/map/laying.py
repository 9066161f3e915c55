"""A map on its way: asked for where there is none, shown as it grows, stopped, begun again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.engine.jobs import JobState
from deepvis_app.engine.jobs.kinds.embedding import EmbeddingRequest, EmbeddingStatus
from deepvis_app.ui.panels.map import telling

if TYPE_CHECKING:
    from deepvis_app.engine.jobs import Jobs, JobStatus
    from deepvis_app.known.map_facts import MapFacts, Points
    from deepvis_app.known.maps import KnownMaps
    from deepvis_app.ui.panels.map.view import MapView

MOST_UNASKED = 20_000  # pictures that are laid out without being asked: it takes a minute


class Laying:
    """Looks after the job of the map that is wished for."""

    def __init__(self, view: MapView, jobs: Jobs, maps: KnownMaps) -> None:
        self._view, self._jobs, self._maps = view, jobs, maps
        self._facts: MapFacts | None = None
        self._status: EmbeddingStatus | None = None  # of the present wish
        self._begun: set[tuple[object, int]] = set()  # wishes that were seen to, with how many
        self._ended: set[int] = set()  # jobs whose end was heard

    @property
    def points(self) -> Points | None:
        """Where pictures are while they are on their way; None: they are where they belong."""
        status, facts = self._status, self._facts
        if status is None or facts is None or facts.is_final or status.state.is_final:
            return None
        laid = status.laid
        return laid.points if laid is not None and len(laid.points) == len(facts) else None

    @property
    def fault(self) -> str:
        """Why there is no such map, "" where nothing went wrong."""
        status = self._status
        if status is None or status.state is not JobState.FAILED or self._facts is None:
            return ""
        return "" if self._facts.is_final or status.error is None else str(status.error)

    @property
    def is_going(self) -> bool:
        """Whether the map is being laid out, or waits for that."""
        status = self._status
        return (
            status is not None
            and not status.state.is_final
            and status.state is not JobState.OFFERED
        )

    def take(self, statuses: tuple[JobStatus, ...]) -> bool:
        """Take what jobs are doing; tell whether something of the map's own is new."""
        wish = self._wish()
        own = [one for one in statuses if isinstance(one, EmbeddingStatus) and one.request == wish]
        going = [one for one in own if not one.state.is_final]
        status = next(iter(going), None) or next(iter(own[::-1]), None)
        has_news = status is not self._status
        self._status = status
        if status is not None and status.state is JobState.DONE and status.id not in self._ended:
            self._ended.add(status.id)
            self._maps.look_again()
        return has_news

    def tick(self, facts: MapFacts | None) -> None:
        """See to it that the map that is shown is laid out."""
        self._facts = facts
        if facts is None or not self._maps.is_current:
            return
        if facts.is_final:
            self._forget_offered()
            return
        seen = facts.wish, len(facts)
        if seen not in self._begun and len(facts) <= MOST_UNASKED:
            self.begin()

    def _forget_offered(self) -> None:
        """Offer no more to go on with a map that is there: another window has made it meanwhile."""
        if self._status is not None and self._status.state is JobState.OFFERED:
            self.stop()

    def begin(self) -> None:
        """Have the map laid out; one that is left over from the last time goes on."""
        request = self._wish()
        if request is None or self._facts is None:
            return
        self._begun.add((self._facts.wish, len(self._facts)))
        status = self._status
        if status is not None and status.state in (JobState.OFFERED, JobState.PAUSED):
            self._jobs.resume(status.id)
        elif status is None or status.state.is_final:
            self._jobs.submit(request)
        self.take(self._jobs.statuses())

    def stop(self) -> None:
        """Leave the map as it was."""
        if self._status is not None:
            self._jobs.cancel(self._status.id)
            self.take(self._jobs.statuses())

    def show(self) -> None:
        """Say in the head what there is, and how far it is."""
        head, status, facts = self._view.head, self._status, self._facts
        words = "" if facts is None else telling.head_words(facts, is_short=self.is_going)
        head.set_words(words)
        if self.is_going and status is not None:
            share = status.step / status.total if status.total else 0.0
            head.set_doing(telling.doing_words(status), share, telling.left_words(status))
        elif facts is not None and not self._maps.is_current:
            wish = self._maps.wish
            head.set_doing("" if wish is None else f"reading {wish.layer}", None)
        elif facts is not None and not facts.is_final:
            head.set_doing("", None, again="Lay out by t-SNE")
        else:
            head.set_doing("", None)

    def _wish(self) -> EmbeddingRequest | None:
        facts, wish = self._facts, self._maps.wish
        if wish is None:
            return None
        name = facts.of.name if facts is not None else ""
        return EmbeddingRequest(str(wish.corpus), wish.layer, wish.settings, name)
