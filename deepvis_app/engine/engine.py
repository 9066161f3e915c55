"""The live engine as the window, the command line and notebooks use it."""

from __future__ import annotations

import logging
import time
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar, cast

import numpy as np
import torch

from deepvis_app.engine.activations import write_activations
from deepvis_app.engine.capture import Capture
from deepvis_app.engine.device.device import choose_device, device_names
from deepvis_app.engine.failures import failure_in_words
from deepvis_app.engine.following import Following
from deepvis_app.engine.handle import Handle
from deepvis_app.engine.jobs import Jobs
from deepvis_app.engine.jobs.clerk import Clerk
from deepvis_app.engine.jobs.kinds import make_kinds
from deepvis_app.engine.kept.gallery import Gallery
from deepvis_app.engine.loader import PATIENCE_S, Loader
from deepvis_app.engine.provenance import NPZ_NAME, Provenance
from deepvis_app.engine.rate import RateMeter
from deepvis_app.engine.recorder import Recorder
from deepvis_app.engine.run_specs import PREFIX as RUN
from deepvis_app.engine.status import EngineStatus, Rates, SourceStatus
from deepvis_app.engine.surroundings import Surroundings
from deepvis_app.engine.worker import DeviceWorker
from deepvis_app.errors import UserError
from deepvis_app.frames import Policy, open_source
from deepvis_app.frames.address import kept

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from types import TracebackType

    from deepvis_app.engine.kept.directions import DirectionsShelf
    from deepvis_app.engine.live import LiveProcessor
    from deepvis_app.engine.request import LiveRequest
    from deepvis_app.engine.snapshot import Snapshot
    from deepvis_app.engine.worker import Model
    from deepvis_app.frames import Frame, FrameSource
    from deepvis_app.nets.network import Network
    from deepvis_app.nets.trust import Trust
    from deepvis_app.store import Store
    from deepvis_app.vitals import Vitals

logger = logging.getLogger(__name__)

T = TypeVar("T")
M = TypeVar("M")


STUCK_S = 2.0  # who has been at one thing for so long when all closes is not waited for
AFTER_ALL_S = 0.5  # but for a moment
NO_ANSWER = UserError(
    "The network did not come back, and another took its place", "Ask again, or choose another"
)


class Engine:
    """Streams a source through a network and answers requests with snapshots.

    Everything is asynchronous: results come by `take` and `status`, which never block. `on_news`
    is called from any thread, without arguments, when the status changed in a way that should be
    shown at once. From a notebook:

        with Engine() as engine:
            engine.load("pocket")
            engine.open_source("demo")
            strip = StripReader(("conv1",))
            engine.request(LiveRequest(readers=(strip,)))
            snapshot = engine.next_snapshot()
            snapshot.of(strip).thumbs["conv1"]

    Parameters
    ----------
    device
        "auto", "cpu", "cuda:0", "mps"; raises `UserError` for one that is not here.
    threads
        How many CPU threads the network uses; None: as torch chooses.
    store
        Where `jobs` keep what they make, and `gallery` finds it; the caller closes it after the
        engine. None: nothing is kept, and `gallery` is None.
    alone
        Whether nothing else runs in this process. Then what networks change around them, such as
        the working folder or torch's default type, is set back.
    vitals
        Where it is kept which network is at work, for the case that it ends the process.
    directions
        Where directions are kept: those of a network become layers of it. None: none do.
    """

    def __init__(
        self,
        device: str = "auto",
        *,
        threads: int | None = None,
        on_news: Callable[[], None] = lambda: None,
        store: Store | None = None,
        alone: bool = False,
        vitals: Vitals | None = None,
        directions: DirectionsShelf | None = None,
    ) -> None:
        self.directions = directions
        self._surroundings = Surroundings(only_own=not alone)
        self.recorder = Recorder()
        self.gallery = None if store is None else Gallery(store)
        self._on_news = on_news
        self._worker = DeviceWorker(on_news, self._surroundings, vitals)
        self.jobs = Jobs(self._worker, store, make_kinds(store, directions), on_news)
        self._reading = Clerk("deepvis-reading")
        self._loader = Loader(
            choose_device(device),
            self._use,
            on_news,
            self._see_to_exchange,
            self._surroundings,
            vitals,
            self._dressed,
        )
        self._following = Following(self._loader.take_weights, self._worker.put_weights, on_news)
        self._captured = RateMeter()
        self._capture: Capture | None = None
        self._left: list[Capture] = []  # those before it that have not ended yet
        self._devices = device_names()
        self._usual_threads = torch.get_num_threads()
        self._is_started = self._is_closed = False
        self.set_threads(threads)

    def __enter__(self) -> Engine:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def start(self) -> None:
        """Start the threads. A second call does nothing; a closed engine stays closed."""
        if self._is_started or self._is_closed:
            return
        self._is_started = True
        self.jobs.start()
        self._worker.start()
        self._loader.start()
        if self._capture is not None:
            self._capture.start()

    def close(self, timeout_s: float = 5.0) -> None:
        """End every thread after its present step; what takes longer is left to die alone."""
        if self._is_closed:
            return
        self._is_closed = True
        until = time.monotonic() + timeout_s
        if self._capture is not None:
            self._capture.close()
        self._loader.close()
        self._following.close()
        self._reading.close()
        self._worker.close()
        is_stuck = self._worker.at_work_s > STUCK_S
        self.recorder.close(timeout_s)
        self._worker.join(AFTER_ALL_S if is_stuck else max(until - time.monotonic(), 0.0))
        for part in (self._capture, *self._left, self._loader, self._following, self._reading):
            if part is not None:
                part.join(max(until - time.monotonic(), 0.0))
        self.jobs.close()
        self.jobs.join(max(until - time.monotonic(), timeout_s / 2))  # what is done is to be kept

    # What comes in

    def open_source(self, source: str | FrameSource | Sequence[str]) -> None:
        """Stream from another source: a spec, pictures' paths, or a source of one's own.

        The one before is left at once, also where it does not answer.
        """
        is_named = isinstance(source, str) or not hasattr(source, "due_in_s")
        spec = kept(source if isinstance(source, str) else getattr(source, "spec", ""))

        def make() -> FrameSource:
            if not is_named:
                return source  # type: ignore[return-value]
            if isinstance(source, str) and source.startswith(RUN):
                from deepvis_app.engine.run_pictures import open_run_pictures  # imports the lab

                return open_run_pictures(source)
            return open_source(source)  # type: ignore[arg-type]

        if self._capture is not None:
            self._capture.close()
            self._worker.poke()
            self._left = [each for each in (*self._left, self._capture) if each.is_alive]
        self._capture = Capture(make, spec, self._deliver, self._on_news, self._left)
        if self._is_started and not self._is_closed:
            self._capture.start()
        self._on_news()

    def _deliver(self, capture: Capture, frame: Frame, policy: Policy) -> None:
        if capture is not self._capture:
            return  # replaced meanwhile
        self._captured.count()
        waits = policy is Policy.EVERY
        self._worker.put_frame(frame, (lambda: capture.is_closing) if waits else None)

    def control(self, action: Callable[[FrameSource], None]) -> None:
        """Play, step, seek: run `action` on the source between two of its reads."""
        if self._capture is not None:
            self._capture.control(action)

    def freeze(self, frozen: bool) -> None:
        """Hold the shown frame; requests are answered for it still."""
        self._worker.freeze(frozen)
        self._on_news()

    def step_frame(self) -> None:
        """Let exactly one new frame pass while frozen."""
        self._worker.step()

    # The network

    def load(self, spec: str, weights: str | Path | None = None, trust: Trust = False) -> None:
        """Load another network; the old one goes on meanwhile."""
        self._loader.load(spec, weights, trust)

    def give_up_loading(self) -> None:
        """Leave a network that is being loaded to itself; the one before stays."""
        self._loader.give_up()

    def set_network(self, network: Network) -> None:
        """Use a network that is there already; the engine works on a copy of it."""
        self._loader.use(network)

    def put_directions(self) -> None:
        """Put on the present network the directions that are kept by now, and take others off."""
        self._loader.dress_again()

    def _dressed(self, network: Network) -> Network:
        if self.directions is None:
            return network
        dressed, problems = self.directions.put_on(network)
        for problem in problems:
            logger.info("directions were left out: %s", problem)
        return dressed

    def _use(self, model: Model) -> None:
        self.jobs.use_network(model)
        self._worker.put_model(model)
        if not self._is_closed:
            self._following.follow(model.network)

    def _see_to_exchange(self) -> None:
        """Leave a network that does not come back from what it is at: there is another one."""
        if not self._worker.exchanged(PATIENCE_S):
            self._worker.leave()

    def use_device(self, name: str) -> None:
        """Compute on "auto", "cpu", "cuda:0" or "mps" from now on."""
        self._loader.move(name)

    def set_threads(self, threads: int | None) -> None:
        """Let the network use so many CPU threads; None: as torch chooses."""
        count = max(threads or self._usual_threads, 1)
        self._surroundings.threads = count
        self._worker.put_task(lambda *_: torch.set_num_threads(count))

    # What comes out

    def request(self, request: LiveRequest) -> None:
        """Say what is to be shown; the newest request wins."""
        self._worker.put_request(request)

    def take(self) -> Snapshot | None:
        """Return the newest snapshot that was not taken; never blocks."""
        return self._worker.snapshots.take()

    def next_snapshot(self, timeout_s: float = 10.0) -> Snapshot | None:
        """Wait for a snapshot that was not taken yet; None when none comes in time."""
        return self._worker.snapshots.wait(timeout_s)

    def status(self) -> EngineStatus:
        """Return what the engine is doing; never blocks."""
        return EngineStatus(
            source=SourceStatus() if self._capture is None else self._capture.status,
            network=self._loader.status,
            device=self._loader.device.name,
            devices=self._devices,
            rates=Rates(
                self._captured.rate(),
                self._worker.processed.rate(),
                self._worker.dropped,
                self.jobs.steps.rate(),
            ),
            followed=self._following.status,
            frozen=self._worker.frozen,
            fault=self._worker.fault,
            at_work_s=self._worker.at_work_s,
        )

    def between_frames(self, function: Callable[[], T]) -> Future[T]:
        """Run a function on the device worker's thread, in one go; it has what comes of it."""
        future: Future[T] = Future()

        def run(*_: object) -> None:
            try:
                result = function()
            except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
                _end(future, error=error)
            else:
                _end(future, result)

        self._worker.put_task(run, lambda: _end(future, error=NO_ANSWER))
        return future

    def ask_network(self, question: Callable[[Network], T]) -> Future[T]:
        """Run a question on the device worker's thread, between two frames, with its network.

        It is to be short, and gets the replica, which it must leave as it is. `UserError` where no
        network is there or it does not come back.
        """
        return self._ask(lambda processor: question(processor.network))

    def ask_memory(self, kind: type[M], question: Callable[[M], T]) -> Future[T]:
        """Run a question with what readers of the present network remember of a kind."""
        return self._ask(lambda processor: question(processor.memory.of(kind)))

    def _ask(self, question: Callable[[LiveProcessor], T]) -> Future[T]:
        future: Future[T] = Future()

        def run(processor: LiveProcessor | None, _frame: Frame | None) -> None:
            if processor is None:
                _end(future, error=UserError("There is no network yet", "Wait until it is loaded"))
                return
            try:
                result = question(processor)
            except UserError as error:
                _end(future, error=error)
            except BaseException as error:  # noqa: BLE001 - the worker's border: any model may run
                _end(future, error=failure_in_words(error))
            else:
                _end(future, result)

        self._worker.put_task(run, lambda: _end(future, error=NO_ANSWER))
        return future

    def read(self, question: Callable[[], T], *, is_order: bool = False) -> Future[T]:
        """Have files read on a thread for that, one question after the other; returns at once.

        What nobody holds any more is not looked for; an order is done all the same, also at the
        end. It must not use torch. The thread starts with the first question.
        """
        if not self._reading.is_started and not self._is_closed:
            self._reading.start()
        return self._reading.ask(question, is_order=is_order)

    def save_activations(
        self,
        path: Path,
        layers: Sequence[str] | None = None,
        *,
        half: bool = False,
        provenance: Provenance | None = None,
    ) -> Handle:
        """Write the shown frame's activations as NPZ, one (C, h, w) array a layer; None: all.

        float32, or float16 with `half`. The file also has `input`, the network's input (C, H, W),
        `picture`, that input as uint8 (H, W, 3), and `provenance`, where all is from, as JSON.
        """
        handle = Handle(path)

        def save(processor: LiveProcessor | None, frame: Frame | None) -> None:
            facts = (provenance or Provenance(what="activations")).dated().of_frame(frame)
            handle.finish(_save(processor, frame, handle, path, layers, half, facts))

        self._worker.put_task(save, lambda: handle.finish(NO_ANSWER))
        return handle


def _end(future: Future[T], result: T | None = None, error: BaseException | None = None) -> None:
    """Say what came of a function; only the first call counts."""
    with suppress(InvalidStateError):
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(cast("T", result))


def _save(
    processor: LiveProcessor | None,
    frame: Frame | None,
    handle: Handle,
    path: Path,
    layers: Sequence[str] | None,
    half: bool,
    provenance: Provenance,
) -> UserError | None:
    if processor is None or frame is None:
        return UserError("There are no activations yet", "Wait for the first picture")
    try:
        arrays = processor.activations(layers, np.float16 if half else np.float32)
        facts = provenance.of_network(processor.network, processor.fingerprint)
        if handle.done:  # given up meanwhile: it was said that there is no file
            return None
        write_activations(path, {**arrays, NPZ_NAME: np.array(facts.to_json())})
    except UserError as error:
        return error
    except BaseException as error:  # noqa: BLE001 - the worker's border: any model may run here
        return failure_in_words(error)
    return None
