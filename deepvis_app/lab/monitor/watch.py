"""What one optimiser does at a step: its hooks see gradients as it gets them, and real updates."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import torch

from deepvis_app.lab.monitor.plain import is_sharded, size
from deepvis_app.lab.monitor.updates import Updates

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray
    from torch import Tensor
    from torch.optim import Optimizer

    from deepvis_app.lab.monitor.line import Update
    from deepvis_app.lab.monitor.sample import Sample
    from deepvis_app.lab.monitor.shared import Shared

LARGE = 50_000_000  # numbers in all, beyond which no further copies of them are kept
GRADIENTS = "gradients"  # the part that is every step's gradient norms

SHARDED = "the parameters are shards (FSDP, DTensor), whose norms would be but of a part"

Args = tuple[Any, ...]
Kwargs = dict[str, Any]


class Watch:
    """One optimiser, watched. The first that it makes in each of the loop's steps is measured.

    Where it is given a closure, the gradient is that of its first evaluation: the one at the
    weights before the step. `skipped` hears the loss scale of a step that a kernel skipped.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        part: str,
        shared: Shared,
        line: Callable[[Update], None],
        skipped: Callable[[float], None],
    ) -> None:
        self.optimizer, self.part = optimizer, part
        self.steps = 0  # that it has made
        self.rest: list[Tensor] = []  # parameters of no optimiser, measured with this one's
        self._shared, self._line, self._skipped = shared, line, skipped
        self._measured = -1  # the loop's step that was measured last
        self._is_whole = False
        self._skip = False
        self._is_on_cuda = any(each.is_cuda for each in self.parameters())
        self._is_sharded = any(map(is_sharded, self.parameters()))
        if self._is_sharded:
            shared.own.tell(part, NotImplementedError(SHARDED))
        is_large = sum(map(size, self.parameters())) > LARGE
        self._updates = Updates(shared, keeps=not is_large)
        self._handles = [
            optimizer.register_step_pre_hook(self._pre),
            optimizer.register_step_post_hook(self._post),
        ]

    def close(self) -> None:
        """Take the hooks off."""
        for handle in self._handles:
            handle.remove()

    def parameters(self) -> list[Tensor]:
        """Return all that the optimiser has now."""
        return [each for group in self.optimizer.param_groups for each in group["params"]]

    # The hooks

    def _pre(self, _: Optimizer, args: Args, kwargs: Kwargs) -> tuple[Args, Kwargs] | None:
        shared = self._shared
        now = shared.step + 1
        if self._measured == now or self._is_sharded or self._is_recorded():
            return None
        if getattr(self.optimizer, "found_inf", None) is not None:
            shared.own.run(GRADIENTS, self._see_skip)
        self._is_whole = not shared.own.is_off(self.part) and shared.governor.is_due(self.part, now)
        if not (self._is_whole or self._updates.waits or shared.governor.is_due(GRADIENTS, now)):
            return None
        self._measured = now
        part = self.part if self._is_whole else GRADIENTS
        if self._is_whole:
            shared.own.run(part, self._keep)
        closure = args[1] if len(args) > 1 else kwargs.get("closure")
        if not callable(closure):
            shared.own.run(part, self._see_gradients, shared.sample)
            return None
        seeing = self._seeing(closure, part, shared.sample)
        if len(args) > 1:
            return (args[0], seeing, *args[2:]), kwargs
        return args, {**kwargs, "closure": seeing}

    def _seeing(self, closure: Callable[[], Any], part: str, sample: Sample) -> Callable[[], Any]:
        """Return a closure that shows us the gradients of its first evaluation."""
        waits = [True]

        def seeing() -> Any:
            loss = closure()
            if waits:
                waits.clear()
                self._shared.own.run(part, self._see_gradients, sample)
            return loss

        return seeing

    def _post(self, _optimizer: Optimizer, _args: Args, _kwargs: Kwargs) -> None:
        self.steps += 1
        if self._is_whole and not self._is_recorded():
            self._is_whole = False
            update = self._shared.own.run(self.part, self._see_update)
            if update is not None:
                self._line(update)

    def _is_recorded(self) -> bool:
        """Whether this call is traced or captured for later: then there is nothing to measure."""
        if torch.compiler.is_compiling():
            return True
        return self._is_on_cuda and torch.cuda.is_current_stream_capturing()

    # What is measured

    def _keep(self) -> None:
        self._updates.keep(self._numbered(self.parameters()), self._numbered(self.rest))

    def _numbered(self, parameters: Sequence[Tensor]) -> dict[int, Tensor]:
        return {self._shared.number(each): each for each in parameters}

    def _see_gradients(self, sample: Sample) -> None:
        numbered = self._numbered([p for p in self.parameters() if p.grad is not None])
        gradients = {n: p.grad for n, p in numbered.items() if p.grad is not None}
        if not gradients:
            return
        scale = getattr(self.optimizer, "grad_scale", None)
        sample.norms("gradient", list(gradients), list(gradients.values()), scale)
        if self._is_whole:
            sample.histogram("gradients", list(gradients), list(gradients.values()), scale)
        self._updates.see(gradients, scale, is_whole=self._is_whole)
        self._shared.late.then(partial(self._forget, sample))

    def _see_skip(self) -> None:
        """Note whether the kernel itself will skip the step, as those of fused optimisers do."""
        scale = getattr(self.optimizer, "grad_scale", None)
        found = self.optimizer.found_inf  # type: ignore[attr-defined]
        both = torch.stack([found.reshape(()).float(), torch.ones_like(found).reshape(()).float()])
        if scale is not None:
            both[1] = scale.to(both.device)
        self._shared.late.read(both, self._tell_skip)

    def _tell_skip(self, both: NDArray[Any]) -> None:
        self._skip = bool(both[0] > 0)
        if self._skip:
            self._skipped(float(both[1]))

    def _forget(self, sample: Sample) -> None:
        if self._skip:
            sample.forget([self._shared.number(each) for each in self.parameters()])

    def _see_update(self) -> Update:
        sample = self._shared.sample
        made = self._updates.measure(sample, is_taken=lambda: not self._skip)
        self._shared.late.then(partial(self._forget, sample))
        self._shared.governor.done(self.part, sample.step)
        return made
