"""A gradient scaler's steps, counted: one that it skips calls no hook of the optimiser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor

    from deepvis_app.lab.monitor.watch import Watch


class ScalerWatch:
    """Stands in for a scaler's `step` until it is closed; `skipped` hears the scale."""

    def __init__(
        self, scaler: Any, watches: Sequence[Watch], skipped: Callable[[Tensor | None], None]
    ) -> None:
        self._scaler = scaler
        self._watches = {id(watch.optimizer): watch for watch in watches}
        self._skipped = skipped
        self._step = scaler.step
        self._mine = self._counted
        scaler.step = self._mine

    @property
    def scale(self) -> Tensor | None:
        """The loss scale where it lies: the scaler's own `get_scale` waits for the device."""
        found: Tensor | None = getattr(self._scaler, "_scale", None)
        return found

    def _counted(self, optimizer: Any, *args: Any, **kwargs: Any) -> Any:
        watch = self._watches.get(id(optimizer))
        before = watch.steps if watch else 0
        found = self._step(optimizer, *args, **kwargs)
        if watch and watch.steps == before:
            self._skipped(self.scale)
        return found

    def close(self) -> None:
        """Give the scaler its own `step` back."""
        if vars(self._scaler).get("step") is self._mine:
            del self._scaler.step
