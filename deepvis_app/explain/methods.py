"""The live methods: one backward pass each, told apart by the rule of their ReLUs."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from deepvis_app.errors import UserError
from deepvis_app.nets.relu_rules import ReluRule, relu_filter, relu_rule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from torch import Tensor


class Method(Enum):
    """A way to go back from a unit to the picture."""

    GRADIENT = "gradient"
    GRADIENT_X_INPUT = "gradient-x-input"
    DECONV = "deconv"
    GUIDED = "guided"
    GRADCAM = "gradcam"

    @property
    def title(self) -> str:
        return _ABOUT[self][0]

    @property
    def sentence(self) -> str:
        """What it shows in plain words, and where it comes from."""
        return _ABOUT[self][1]

    @classmethod
    def parse(cls, value: Method | str) -> Method:
        """Read a method's name; raises `UserError`."""
        try:
            return cls(value)
        except ValueError:
            names = ", ".join(method.value for method in cls)
            raise UserError(f"There is no live method {value!r}", f"Choose {names}") from None


_ABOUT = {
    Method.GRADIENT: (
        "Gradient",
        "How the unit would change if each pixel changed a little "
        "(Simonyan et al. 2013, arXiv:1312.6034).",
    ),
    Method.GRADIENT_X_INPUT: (
        "Gradient × input",
        "The gradient times the pixels: what each pixel adds to the unit if the network were "
        "linear around this picture (Shrikumar et al. 2016, arXiv:1605.01713).",
    ),
    Method.DECONV: (
        "Deconvnet",
        "What excites the unit, sent back through ReLUs that pass whatever is positive on its way "
        "back (Zeiler and Fergus 2013, arXiv:1311.2901).",
    ),
    Method.GUIDED: (
        "Guided backprop",
        "What excites the unit, sent back only through ReLUs that are on and only where it is "
        "positive; sharp, but shows edges more than reasons "
        "(Springenberg et al. 2014, arXiv:1412.6806).",
    ),
    Method.GRADCAM: (
        "Grad-CAM",
        "Where in a deep layer lies what speaks for the unit: its maps, weighted by their mean "
        "gradient, positive part (Selvaraju et al. 2016, arXiv:1610.02391).",
    ),
}


def _deconv(_y: Tensor, gradient: Tensor) -> Tensor:
    return gradient.clamp_min(0)


def _positive(gradient: Tensor) -> Tensor:
    return gradient.clamp_min_(0)


_RULES: dict[Method, Callable[[], ReluRule]] = {
    Method.DECONV: lambda: relu_rule(_deconv),
    Method.GUIDED: lambda: relu_filter(_positive),
}


def has_rule(method: Method) -> bool:
    """Tell whether the method gives ReLUs a backward rule of its own."""
    return method in _RULES


@dataclass(frozen=True, slots=True)
class RuleReport:
    """What a method's rule has met so far."""

    _met: ReluRule | None

    @property
    def relus(self) -> int:
        """How many ReLUs took the rule; 0 for methods without one."""
        return self._met.count if self._met else 0


@contextmanager
def rule(method: Method | str) -> Iterator[RuleReport]:
    """Give the ReLUs of forward passes within the context the method's backward rule.

    For `Network.forward` with gradients enabled; the backward pass may run after the context.
    Modules and functions, in place or not, are covered; the network itself is not touched.
    """
    make = _RULES.get(Method.parse(method))
    if make is None:
        yield RuleReport(None)
        return
    with make() as met:
        yield RuleReport(met)
