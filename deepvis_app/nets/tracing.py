"""Follow the dependence on the input through a forward pass, operation by operation."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from deepvis_app.nets.dependence import Dependence, union
from deepvis_app.nets.dependence_call import Call, NoRule
from deepvis_app.nets.dependence_rules import everywhere, rule_of, writes
from deepvis_app.nets.memory import may_overlap, memory, view
from deepvis_app.nets.origins import Origins

if TYPE_CHECKING:
    from collections.abc import Iterable

    from deepvis_app.nets.dependence_call import Result
    from deepvis_app.nets.memory import View

# They turn a tensor where it is: the values stay, another view of them has its name.
_TURNING = {"transpose_", "t_", "squeeze_", "unsqueeze_", "swapaxes_"}
_rule = lru_cache(None)(rule_of)


class Tracer(TorchDispatchMode):
    """While entered, keeps account of which input pixels every tensor depends on.

    Tensors are known by their memory and how they lie in it, since torch hands out new Python
    objects for the same view. What cannot be followed (sparse tensors, values that leave torch)
    is not known.
    """

    def __init__(self, x: Tensor) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._known: dict[int, dict[View, Dependence]] = {}
        self.origins = Origins()
        self._set(x, Dependence.of_input(x.shape))

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Answer torch that no compiler must be kept out, for which it would import it: seconds."""
        return False

    def __torch_dispatch__(
        self,
        func: torch._ops.OpOverload,
        types: object,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        inputs = [*_tensors(args), *_tensors(kwargs.values())]
        memories = {memory(t) for t in inputs}
        depends = any(m in self._known for m in memories)
        turned = str(func).split(".")[1] in _TURNING and depends
        before = self.dependence(args[0]) if turned else None
        result = func(*args, **kwargs)
        results = _tensors((result,))
        in_place = writes(func)
        fresh = [tensor for tensor in results if memory(tensor) not in memories]
        for tensor in fresh:
            self._known.pop(memory(tensor), None)  # what was there is gone
        self.origins.note(func, args, inputs, results if in_place else fresh)
        if depends and any(tensor.numel() for tensor in results):
            known = (lambda _: before) if turned else self.dependence
            call = Call(func, args, kwargs, inputs, results, known)
            self._follow(call, in_place=in_place and not turned)
        return result

    def dependence(self, tensor: Tensor) -> Dependence | None:
        """Return what a tensor depends on, None where it does not depend on the input."""
        views = self._known.get(memory(tensor))
        if views is None or not tensor.numel():
            return None
        shown = view(tensor)
        if shown in views:
            return views[shown]
        # Another view of memory that was written: it may show any part of what it overlaps.
        parts = [v.everywhere(tensor.shape) for k, v in views.items() if may_overlap(k, shown)]
        return union(parts, tensor.shape) if parts else None

    def _follow(self, call: Call, *, in_place: bool) -> None:
        found = _found(call) if call.all() else None
        if found is None:
            return
        first = found if isinstance(found, Dependence) else found[0]
        many = [] if isinstance(found, Dependence) else found
        for number, tensor in enumerate(call.results):
            if not tensor.numel():
                continue
            known = many[number] if number < len(many) else first
            known = known if known.shape == tensor.shape else known.everywhere(tensor.shape)
            if in_place:
                self._overwrite(tensor, known)
            else:
                self._set(tensor, known)

    def _set(self, tensor: Tensor, dependence: Dependence) -> None:
        self._known.setdefault(memory(tensor), {})[view(tensor)] = dependence

    def _overwrite(self, tensor: Tensor, dependence: Dependence) -> None:
        """Note a write; other views of the memory may now show it too."""
        views = self._known.setdefault(memory(tensor), {})
        if views.get(view(tensor)) is not dependence:
            written = view(tensor)
            for key, other in views.items():
                if not may_overlap(key, written):
                    continue
                views[key] = union([other, dependence.everywhere(other.shape)], other.shape)
        views[view(tensor)] = dependence


def _found(call: Call) -> Result:
    """Apply the operation's rule, or the general one.

    An unforeseen use of an operation must not keep anybody's network from loading.
    """
    for rule in (_rule(call.operation), everywhere):
        try:
            return rule(call)
        except (NoRule, RuntimeError, ValueError, TypeError, IndexError, NotImplementedError):
            continue
    return None


def _tensors(values: Iterable[object]) -> list[Tensor]:
    """Return the tensors among arguments or results, which hold lists of them at most."""
    found: list[Tensor] = []
    for value in values:
        if isinstance(value, Tensor):
            found.append(value)
        elif isinstance(value, list | tuple):
            found += _tensors(value)
    return found
