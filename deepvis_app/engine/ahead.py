"""Pictures of a scan, decoded and prepared on a thread of their own while others are looked at."""

from __future__ import annotations

from queue import Full, Queue
from threading import Event, Thread
from typing import TYPE_CHECKING

from deepvis_app.corpus.shard import seen_by

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from deepvis_app.corpus.pictures import Source
    from deepvis_app.corpus.shard import Seen
    from deepvis_app.nets import Network

AHEAD = 16  # pictures that wait, at most
WAIT_S = 0.1  # between two looks at whether anybody is there still


class Ahead:
    """A reader for `scan_steps` that is some pictures ahead of it.

    Each call reads on one thread, which ends with the iterator, read to its end or closed. It
    decodes and fits (`Network.view`), and never runs torch: a thread that did would slow down the
    one which computes. `shortest` is as for `Source.read`.
    """

    def __init__(self, network: Network, source: Source, shortest: int, ahead: int = AHEAD) -> None:
        self._network, self._source, self._shortest = network, source, shortest
        self._ahead = ahead

    def __call__(self, names: Sequence[str]) -> Iterator[Seen]:
        """Read pictures by their names, in this order: as the network sees them, or why not."""
        ready: Queue[Seen | BaseException] = Queue(self._ahead)
        left = Event()
        words = names, ready, left
        thread = Thread(target=self._read, args=words, name="deepvis-ahead", daemon=True)
        thread.start()
        try:
            for _ in names:
                seen = ready.get()
                if isinstance(seen, BaseException):
                    raise seen
                yield seen
        finally:
            left.set()
            thread.join()

    def _read(self, names: Sequence[str], ready: Queue[Seen | BaseException], left: Event) -> None:
        for name in names:
            if left.is_set():
                return
            try:
                seen: Seen | BaseException
                seen = seen_by(self._network, self._source, name, self._shortest)
            except BaseException as error:  # noqa: BLE001 - it is raised where it is read
                seen = error
            _put(ready, seen, left)


def _put(ready: Queue[Seen | BaseException], seen: Seen | BaseException, left: Event) -> None:
    """Wait until there is room, or nobody reads any more."""
    while not left.is_set():
        try:
            ready.put(seen, timeout=WAIT_S)
        except Full:
            continue
        return
