"""Loads networks and brings them to a device, in a thread that lives while there is work.

It must not live on: what a thread that ran a network costs the live loop, `on_own_thread` tells.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, replace
from threading import Lock, RLock, Thread, current_thread
from typing import TYPE_CHECKING

from deepvis_app.engine.device.device import choose_device
from deepvis_app.engine.device.replica import replica_on
from deepvis_app.engine.failures import loading_failure
from deepvis_app.engine.memory import give_back_after
from deepvis_app.engine.status import NetworkStatus, Phase, Progress
from deepvis_app.engine.surroundings import Surroundings
from deepvis_app.engine.weights import Weights
from deepvis_app.engine.worker import Model
from deepvis_app.errors import UserError
from deepvis_app.nets import load_network
from deepvis_app.vitals import Vitals

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from deepvis_app.engine.device.device import Device
    from deepvis_app.nets.network import Network
    from deepvis_app.nets.trust import Trust

logger = logging.getLogger(__name__)

PATIENCE_S = 2.0  # for a load that is to end, before it is left alone


@dataclass(frozen=True, slots=True)
class _Wish:
    """A network to be loaded, or one that is there already; all that is kept of it is put on it."""

    spec: str
    weights: str | Path | None = None
    trust: Trust = False
    network: Network | None = None


class _Superseded(BaseException):
    """Raised inside a load that nobody waits for any more."""


class Loader:
    """Loads what was wished for last; the network before goes on until the new one is ready.

    `deliver` gets a replica on the device, while a lock is held: it must not block. `settle` is
    called without it, when the network was delivered and told of. `dressed` puts directions on a
    network that is there. `status` is a frozen value.

    What is loaded is other people's code, which may never come back. Another wish waits a moment
    for it and then leaves its thread alone, as `give_up` does at once; nobody hears of it again.
    """

    def __init__(
        self,
        device: Device,
        deliver: Callable[[Model], None],
        on_news: Callable[[], None],
        settle: Callable[[], None] = lambda: None,
        surroundings: Surroundings | None = None,
        vitals: Vitals | None = None,
        dressed: Callable[[Network], Network] = lambda network: network,
    ) -> None:
        self._dressed = dressed
        self._vitals = vitals or Vitals()
        self.status = NetworkStatus()
        self.device = device  # in use
        self._deliver, self._settle = deliver, settle
        self._on_news = on_news
        self._surroundings = surroundings or Surroundings(only_own=True)
        self._lock = RLock()
        self._writing = Lock()  # nobody copies weights while others are written over them
        self._wish: _Wish | None = None
        self._device_name: str | None = None  # wished for
        self._started = self._closing = False
        self._dresses_again = False  # once the present wish is done
        self._at_work: Thread | None = None  # the one that is heard
        self._next: Thread | None = None  # waits for the moment to take over

    def start(self) -> None:
        """Begin with what was wished for so far."""
        with self._lock:
            self._started = True
            self._set_to_work()

    def load(self, spec: str, weights: str | Path | None = None, trust: Trust = False) -> None:
        self._want(_Wish(spec, weights, trust))

    def dress_again(self) -> None:
        """Put on the present network what is kept of it by now; nothing is read anew.

        While one is opened that waits: it may have what was kept a moment ago.
        """
        with self._lock:
            network, phase = self.status.network, self.status.phase
            self._dresses_again = phase is Phase.OPENING
        if network is not None and phase is Phase.READY:
            self._want(_Wish(self.status.spec, network=network))

    def use(self, network: Network) -> None:
        self._want(_Wish(network.spec or network.name, network=network))

    def move(self, device_name: str) -> None:
        """Bring the present and all coming networks to another device."""
        with self._lock:
            self._device_name = device_name
            self._set_to_work()

    def take_weights(
        self, network: Network, values: Mapping[str, NDArray[np.generic]], note: str
    ) -> Weights:
        """Write what a network has learned over its weights; return that for its replicas.

        Raises `UserError`, and writes nothing, where the values do not fit.
        """
        with self._writing:
            return Weights(network, values, network.take_weights(values), note)

    def give_up(self) -> None:
        """Leave the present load to itself; the network before stays."""
        with self._lock:
            if self.status.phase is not Phase.OPENING:
                return
            self._at_work = self._wish = None
            self._surroundings.is_loading = False
            self._vitals.loads("")
            network = self.status.network
            spec = "" if network is None else network.spec or network.name
            phase = Phase.EMPTY if network is None else Phase.READY
            self.status = NetworkStatus(phase, spec, network)
            self._set_to_work()
        self._on_news()

    def close(self) -> None:
        """Ask the thread to end, at the next sign of progress; returns at once."""
        with self._lock:
            self._closing = True

    def join(self, timeout_s: float) -> None:
        """Wait until nothing is being loaded."""
        until = time.monotonic() + timeout_s
        for thread in (self._at_work, self._next):
            if thread is not None:
                thread.join(max(until - time.monotonic(), 0.0))

    def _want(self, wish: _Wish) -> None:
        with self._lock:
            now_s = time.monotonic()
            self._wish = wish
            self.status = replace(
                self.status,
                phase=Phase.OPENING,
                spec=wish.spec,
                progress=None,
                error=None,
                since_s=now_s,
                heard_s=now_s,
            )
            self._set_to_work()
        self._on_news()

    def _set_to_work(self) -> None:
        """Start a thread where one is needed. With the lock held."""
        is_stuck = self._at_work is not None and self._wish is not None
        is_free = self._at_work is None or is_stuck
        if self._started and self._has_work() and is_free and self._next is None:
            thread = Thread(
                target=self._run, args=(self._at_work,), name="deepvis-loader", daemon=True
            )
            self._next = thread
            thread.start()

    def _has_work(self) -> bool:
        return not self._closing and (self._wish is not None or self._device_name is not None)

    # The threads

    def _run(self, before: Thread | None) -> None:
        if before is not None:
            before.join(PATIENCE_S)
        with self._lock:
            self._at_work, self._next = current_thread(), None
        while self._run_one():
            pass

    def _run_one(self) -> bool:
        """Do what is wished for; return False where there is nothing to do, or not here."""
        with self._lock:
            if self._at_work is not current_thread() or self._next is not None:
                return False  # what is wished for is another's
            if not self._has_work():
                self._at_work = None
                return False
            wish, self._wish = self._wish, None
            device_name, is_done = self._device_name, True
            self._surroundings.is_loading = True
            if wish is not None and wish.network is None:
                self._vitals.loads(wish.spec, str(wish.weights or ""))
        try:
            self._do(wish, device_name)
        except _Superseded:
            is_done = False  # and whoever comes next moves to the device
        except UserError as error:
            self._fail(error)
        except BaseException as error:
            logger.info("loading failed", exc_info=True)
            self._fail(loading_failure(error))
        with self._lock:
            if self._at_work is current_thread():
                if is_done and self._device_name == device_name:
                    self._device_name = None
                self._surroundings.is_loading = False
                self._surroundings.restore()
                self._vitals.loads("")
        return True

    def _do(self, wish: _Wish | None, device_name: str | None) -> None:
        device = self.device if device_name is None else choose_device(device_name)
        network = self.status.network if wish is None else self._load(wish)
        model = None
        if network is not None:
            with self._writing:
                fingerprint = network.fingerprint
                self._go_on("Copying to the device", 0, 0)
                model = Model(replica_on(network, device), device, fingerprint, network)
        with self._lock:
            self._go_on("Copying to the device", 0, 0)
            if model is not None:
                self._deliver(model)
            self.device = device
            phase = Phase.READY if network is not None else Phase.EMPTY
            before = self.status.network
            self.status = NetworkStatus(phase, self.status.spec, network)
        if before is not None and before is not network:
            give_back_after(before)
        del before, network, model  # not held while the rest is waited for
        self._on_news()
        self._settle()
        if self._dresses_again:
            self.dress_again()

    def _load(self, wish: _Wish) -> Network:
        network = wish.network
        if network is None:
            network = load_network(wish.spec, wish.weights, trust=wish.trust, progress=self._go_on)
        self._dresses_again = False
        return self._dressed(network)

    def _go_on(self, what: str, done: int, total: int) -> None:
        """Tell the progress; stop here when something newer is wished for."""
        with self._lock:
            is_left = self._at_work is not current_thread()
            if is_left or self._closing or self._wish is not None:
                raise _Superseded
            progress = Progress(what, done, total)
            if progress != self.status.progress:
                self.status = replace(self.status, progress=progress, heard_s=time.monotonic())

    def _fail(self, error: UserError) -> None:
        with self._lock:
            if self._wish is None and self._at_work is current_thread():
                self.status = replace(self.status, phase=Phase.FAILED, progress=None, error=error)
        self._on_news()
