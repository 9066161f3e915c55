"""Loads networks and brings them to a device, in a thread that lives while there is work.

It must not live on: what a thread that ran a network costs the live loop, `on_own_thread` tells.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from threading import Lock, Thread
from typing import TYPE_CHECKING

from deepvis_app.engine.device import choose_device
from deepvis_app.engine.failures import failure_in_words
from deepvis_app.engine.replica import replica_on
from deepvis_app.engine.status import NetworkStatus, Phase, Progress
from deepvis_app.engine.worker import Model
from deepvis_app.errors import UserError
from deepvis_app.nets import load_network

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from deepvis_app.engine.device import Device
    from deepvis_app.nets.network import Network
    from deepvis_app.nets.trust import Trust

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Wish:
    """A network to be loaded, or one that is there already."""

    spec: str
    weights: str | Path | None = None
    trust: Trust = False
    network: Network | None = None


class _Superseded(BaseException):
    """Raised inside a load that nobody waits for any more."""


class Loader:
    """Loads what was wished for last; the network before goes on until the new one is ready.

    `deliver` gets a replica on the device and the network itself; `status` is a frozen value.
    """

    def __init__(
        self, device: Device, deliver: Callable[[Model], None], on_news: Callable[[], None]
    ) -> None:
        self.status = NetworkStatus()
        self.device = device  # in use
        self._deliver = deliver
        self._on_news = on_news
        self._lock = Lock()
        self._wish: _Wish | None = None
        self._device_name: str | None = None  # wished for
        self._started = self._closing = self._at_work = False
        self._thread: Thread | None = None  # the newest

    def start(self) -> None:
        """Begin with what was wished for so far."""
        with self._lock:
            self._started = True
            self._set_to_work()

    def load(self, spec: str, weights: str | Path | None = None, trust: Trust = False) -> None:
        self._want(_Wish(spec, weights, trust))

    def use(self, network: Network) -> None:
        self._want(_Wish(network.spec or network.name, network=network))

    def move(self, device_name: str) -> None:
        """Bring the present and all coming networks to another device."""
        with self._lock:
            self._device_name = device_name
            self._set_to_work()

    def close(self) -> None:
        """Ask the thread to end, at the next sign of progress; returns at once."""
        with self._lock:
            self._closing = True

    def join(self, timeout_s: float) -> None:
        """Wait until nothing is being loaded."""
        thread = self._thread
        if thread is not None:
            thread.join(timeout_s)

    def _want(self, wish: _Wish) -> None:
        with self._lock:
            self._wish = wish
            self.status = replace(
                self.status, phase=Phase.OPENING, spec=wish.spec, progress=None, error=None
            )
            self._set_to_work()
        self._on_news()

    def _set_to_work(self) -> None:
        """Start a thread unless one is at work. With the lock held."""
        if self._started and self._has_work() and not self._at_work:
            self._at_work = True
            self._thread = Thread(target=self._run, name="deepvis-loader", daemon=True)
            self._thread.start()

    def _has_work(self) -> bool:
        return not self._closing and (self._wish is not None or self._device_name is not None)

    # The thread

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._has_work():
                    self._at_work = False
                    return
                wish, self._wish = self._wish, None
                device_name, self._device_name = self._device_name, None
            try:
                self._do(wish, device_name)
            except _Superseded:
                continue
            except UserError as error:
                self._fail(error)
            except Exception as error:
                logger.info("loading failed", exc_info=True)
                self._fail(failure_in_words(error))

    def _do(self, wish: _Wish | None, device_name: str | None) -> None:
        device = self.device if device_name is None else choose_device(device_name)
        network = self.status.network if wish is None else self._load(wish)
        if network is not None:
            fingerprint = network.fingerprint
            self._go_on("Copying to the device", 0, 0)
            replica = replica_on(network, device)
            self._go_on("Copying to the device", 0, 0)
            self._deliver(Model(replica, device, fingerprint))
        self.device = device
        with self._lock:
            if self._wish is None:  # else: that one is being opened
                phase = Phase.READY if network is not None else Phase.EMPTY
                self.status = NetworkStatus(phase, self.status.spec, network)
            else:
                self.status = replace(self.status, network=network)
        self._on_news()

    def _load(self, wish: _Wish) -> Network:
        if wish.network is not None:
            return wish.network
        return load_network(wish.spec, wish.weights, trust=wish.trust, progress=self._go_on)

    def _go_on(self, what: str, done: int, total: int) -> None:
        """Tell the progress; stop here when something newer is wished for."""
        with self._lock:
            if self._closing or self._wish is not None:
                raise _Superseded
            self.status = replace(self.status, progress=Progress(what, done, total))

    def _fail(self, error: UserError) -> None:
        with self._lock:
            if self._wish is None:
                self.status = replace(self.status, phase=Phase.FAILED, progress=None, error=error)
        self._on_news()
