"""Whether a gradient leads from a value back to the picture: a question to autograd's graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

# Steps have no slope: autograd goes back through them, but with zeros.
_FLAT = ("Round", "Floor", "Ceil", "Trunc", "Sign", "Heaviside", "Bernoulli")
# What has no derivative (quantised layers): autograd ends there, some of it with a warning.
_UNDERIVED = ("WarnNotImplemented", "NotImplemented")


class WaysBack:
    """The ways of one pass back to `leaf`, which requires gradients."""

    def __init__(self, leaf: Tensor) -> None:
        # A leaf has no node of its own but this one; looked-up nodes are kept, so that each stays
        # the same Python object.
        self._end = leaf.view_as(leaf).grad_fn.next_functions[0][0]  # type: ignore[union-attr]
        self._known: dict[Any, bool] = {self._end: True}

    def lead_from(self, tensor: Tensor) -> bool:
        """Tell whether there is a way from a tensor of the pass."""
        return tensor.grad_fn is not None and self._leads(tensor.grad_fn)

    def _leads(self, start: Any) -> bool:
        open_nodes = [start]
        while open_nodes:
            node = open_nodes[-1]
            if node in self._known:
                open_nodes.pop()
                continue
            before = [] if _is_flat(node) else [n for n, _ in node.next_functions if n is not None]
            unknown = [n for n in before if n not in self._known]
            if unknown:
                open_nodes += unknown
                continue
            self._known[node] = any(self._known[n] for n in before)
            open_nodes.pop()
        return self._known[start]


def _is_flat(node: Any) -> bool:
    name = node.name().rpartition("::")[2]
    return name in _UNDERIVED or any(name.startswith(f"{flat}Backward") for flat in _FLAT)
