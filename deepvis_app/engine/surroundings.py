"""What a network may change around it, and how it is set back."""

from __future__ import annotations

import logging
import os
import sys
from contextlib import suppress
from pathlib import Path

import torch

logger = logging.getLogger(__name__)


class Surroundings:
    """What is global in this process, or in this thread, and not a network's to change.

    `restore` brings back what was there in the beginning: this thread's gradient mode and, unless
    `only_own`, what other programs in the same process may have changed just as well: the default
    type, the number of threads, the working folder, determinism, and where modules are looked for.
    While a network `is_loading` that may be changed, as long as the load lasts.
    """

    def __init__(self, *, only_own: bool) -> None:
        self._only_own = only_own
        self.is_loading = False
        self._dtype = torch.get_default_dtype()
        self.threads = torch.get_num_threads()
        self._debug_mode = torch.get_deterministic_debug_mode()
        self._folder = _folder()
        self._path = sys.path[:]

    def restore(self) -> None:
        """Set back what differs, in the thread that calls."""
        if not torch.is_grad_enabled():
            torch.set_grad_enabled(True)
        if self._only_own or self.is_loading:
            return
        if torch.get_default_dtype() is not self._dtype:
            torch.set_default_dtype(self._dtype)
        if torch.get_num_threads() != self.threads:
            torch.set_num_threads(self.threads)
        if torch.get_deterministic_debug_mode() != self._debug_mode:
            torch.set_deterministic_debug_mode(self._debug_mode)
        if sys.path != self._path:
            sys.path[:] = self._path
        if self._folder and _folder() != self._folder:
            with suppress(OSError):
                os.chdir(self._folder)


def _folder() -> str:
    try:
        return str(Path.cwd())
    except OSError:  # it was removed
        return ""
