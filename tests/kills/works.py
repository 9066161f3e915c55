"""Work that is killed, each of its own kind, and what has to be there afterwards.

`live` works until it is killed and reports what it was told is kept. `faults` returns what is
wrong with what a kill left, in another process; `told` is all that was reported in this folder.
"""

from __future__ import annotations

import itertools
import json
import random
import threading
import time
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from deepvis_app.engine import Engine, Gallery, JobState, Purpose, Scribe, SynthesisRequest
from deepvis_app.engine.jobs.kinds import make_kinds
from deepvis_app.engine.jobs.memory import LIST, listed, record_of
from deepvis_app.engine.recorder import QUEUE_PICTURES, Recorder
from deepvis_app.nets import Unit
from deepvis_app.session import Session, load_session, save_session
from deepvis_app.settings import Settings, load_settings, save_settings
from deepvis_app.store import Store
from deepvis_app.synth import Sample
from tests.engine.jobs.killed import RECIPES, network
from tests.kills.scans import Scans

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    Report = Callable[[Any], None]

LATE_S = 1.0  # of a recording at most so much is missing


class Work(Protocol):
    longest_s: float  # after its first report it is killed within this time

    def live(self, folder: Path, seed: int, report: Report) -> None: ...

    def faults(self, folder: Path, told: Sequence[Any]) -> list[str]: ...


class Jobs:
    """Preferred images are made and kept; the list of what is unfinished is, too."""

    longest_s = 1.5

    def live(self, folder: Path, seed: int, report: Report) -> None:
        chance = random.Random(seed)
        store = Store(folder)
        engine = Engine("cpu", threads=1, store=store)
        engine.start()
        engine.set_network(network())
        for status in engine.jobs.take_back():
            engine.jobs.resume(status.id)
        reported: set[str] = set()
        while True:
            statuses = engine.jobs.statuses()
            if sum(not status.state.is_final for status in statuses) < 8:
                samples = tuple(
                    Sample(Unit("0", chance.randrange(100)), chance.randrange(10**6))
                    for _ in range(chance.choice((1, 2, 5)))
                )
                engine.jobs.submit(SynthesisRequest(samples, chance.choice(RECIPES), Purpose.LAYER))
            kept = [{"picture": key} for status in statuses for key in status.results.values()]
            jobs = [{"job": job} for job in listed(store.kept(LIST))]
            for each in (*kept, *jobs):
                name = each.get("picture") or each["job"]["uid"]
                if name not in reported:
                    reported.add(name)
                    report(each)
            engine.next_snapshot(0.02 * chance.random())  # none comes: there is no source

    def faults(self, folder: Path, told: Sequence[Any]) -> list[str]:
        store = Store(folder)
        gallery = Gallery(store)
        found = store.verify()
        wrong = [f"damaged: {key}" for key in found.damaged]
        wrong += ["the index was damaged"] if found.index else []
        keys = [each["picture"] for each in told if "picture" in each]
        wrong += [f"lost: {key}" for key in keys if gallery.get(key) is None]
        left = listed(store.kept(LIST))
        for job in (each["job"] for each in told if "job" in each):
            if job["uid"] not in {one["uid"] for one in left} and not self._is_whole(gallery, job):
                wrong.append(f"a job is forgotten: {job['uid']}")
        offered = Engine("cpu", store=store).jobs.take_back()
        if len(offered) != len(left) or {one.state for one in offered} - {JobState.OFFERED}:
            wrong.append(f"{len(offered)} of {len(left)} jobs are offered")
        store.close()
        return wrong

    def _is_whole(self, gallery: Gallery, job: dict[str, Any]) -> bool:
        record = record_of(job, make_kinds(None))
        if record is None:
            return False
        fingerprint, request = record.network.fingerprint, record.request
        return all(gallery.find(fingerprint, sample, request.recipe) for sample in request.samples)


class Recording:
    """Pictures are recorded as they come, thirty a second."""

    longest_s = 4.0

    def live(self, folder: Path, seed: int, report: Report) -> None:
        recorder = Recorder()
        path = folder / f"{seed}.mp4"
        recorder.start(path)
        started = time.monotonic()
        # Those that may still wait for the writer; the one before them it has taken.
        waiting: deque[float] = deque(maxlen=QUEUE_PICTURES + 1)
        for number in itertools.count():
            at_s = time.monotonic() - started
            dropped = recorder.dropped
            recorder.add(np.full((48, 64, 3), number % 200, np.uint8), at_s)
            if recorder.dropped == dropped:
                waiting.append(at_s)
                report({"file": path.name, "at_s": waiting[0]})
            threading.Event().wait(1 / 30)

    def faults(self, folder: Path, told: Sequence[Any]) -> list[str]:
        last = {each["file"]: each["at_s"] for each in told}
        ends = {name: played_s(folder / name) for name in [*last][-1:]}
        return [
            f"{name} plays up to {end:.2f} of {last[name]:.2f} s"
            for name, end in ends.items()
            if max(end, 0.0) < last[name] - LATE_S
        ]


def played_s(path: Path) -> float:
    """Return the time of the last picture that a player can show; -1 where it shows none."""
    import av

    last = -1.0
    with suppress(av.FFmpegError, OSError), av.open(str(path)) as file:
        for frame in file.decode(video=0):
            last = frame.time
    return last


class Files:
    """Settings and session are written by the scribe, again and again."""

    longest_s = 0.4

    def live(self, folder: Path, seed: int, report: Report) -> None:
        scribe = Scribe()
        for number in itertools.count(max(self._written().values()) + 1):
            scribe.write("session", lambda n=number: self._session(n, report))
            scribe.write("settings", lambda n=number: self._settings(n, report))
            threading.Event().wait(0.001)

    def _written(self) -> dict[str, int]:
        """Return the numbers that the files hold."""
        limit_gb = load_settings()[0].live.store_limit_gb
        return {"session": load_session()[0].unit, "settings": round((limit_gb - 1) * 1000)}

    def _session(self, number: int, report: Report) -> None:
        save_session(Session(unit=number, recent_sources=("demo",) * (number % 50)))
        report({"session": number})

    def _settings(self, number: int, report: Report) -> None:
        live = Settings().live.model_copy(update={"store_limit_gb": 1 + number / 1000})
        save_settings(Settings(live=live))
        report({"settings": number})

    def faults(self, folder: Path, told: Sequence[Any]) -> list[str]:
        wrong = [*load_session()[1], *load_settings()[1]]
        for name, number in self._written().items():
            newest = max((each[name] for each in told if name in each), default=0)
            if number < newest:
                wrong.append(f"{name} {number} is there, {newest} was written")
        return wrong


WORKS: dict[str, Work] = {
    "jobs": Jobs(),
    "recording": Recording(),
    "files": Files(),
    "scans": Scans(),
}


def data_of(lines: bytes) -> list[Any]:
    """Return what was reported whole."""
    return [json.loads(line) for line in lines.split(b"\n")[:-1]]
