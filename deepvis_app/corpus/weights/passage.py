"""One pass of a network written down: which call to torch made each value, from which others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch.utils._pytree import tree_iter, tree_map  # no public name

from deepvis_app.nets.calls import EveryCall
from deepvis_app.nets.memory import memory, version
from deepvis_app.nets.taps import tensors

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from torch import Tensor

    from deepvis_app.nets import Network
    from deepvis_app.nets.taps import Keys, Site

INPUT = "input"
WRITE = "a write in place"  # into memory that the value shows


@dataclass(frozen=True, slots=True)
class Came:
    """Stands in a step's arguments for a value that depends on the input: its step's number."""

    step: int


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One value of a pass: what call made it. Weights and other constants are in its arguments.

    `name` is the function's, without what says that it works in place; `keys` is the way to the
    value in what the call returned.
    """

    number: int
    name: str
    function: Callable[..., Any] | None
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    keys: Keys
    shape: torch.Size

    def sources(self) -> list[int]:
        """Return the numbers of the steps whose values it was made from, in order."""
        return [a.step for a in tree_iter((self.args, dict(self.kwargs))) if isinstance(a, Came)]

    def get(self, position: int, name: str, default: Any = None) -> Any:
        """Return an argument, wherever it was given."""
        if position < len(self.args):
            return self.args[position]
        return self.kwargs.get(name, default)

    def run(self, *values: Tensor) -> Tensor:
        """Make the call again with other values in place of those that came, in their order."""
        left = iter(values)

        def filled(argument: Any) -> Any:
            return next(left) if isinstance(argument, Came) else argument

        assert self.function is not None
        result = self.function(*tree_map(filled, self.args), **tree_map(filled, dict(self.kwargs)))
        for key in self.keys:
            result = result[key]
        found: Tensor = result
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Passage:
    """All steps of a pass in order; `places` says which step's value is seen at a site."""

    steps: tuple[Step, ...]
    places: Mapping[Site, int]


def record(network: Network) -> Passage:
    """Run the network once on an even picture and write the pass down."""
    # In inference mode torch counts no writes, and what is overwritten could not be told.
    with torch.inference_mode(False), torch.no_grad():
        x = torch.zeros(1, *network.input_shape, device=network.device, dtype=network.dtype)
        recorder = _Recorder()
        places: dict[Site, int] = {}

        def hear(site: Site, tensor: Tensor) -> None:
            if not recorder.steps:
                recorder.begin(tensor)
            number = recorder.number(tensor)
            if number is not None:
                places[site] = number

        with recorder:
            network.listened(x, hear)
    return Passage(tuple(recorder.steps), places)


class _Recorder(EveryCall):
    """Writes steps down while it is entered; begins with the value that the network is given."""

    def __init__(self) -> None:
        super().__init__()
        self.steps: list[Step] = []
        self._kept: list[Tensor] = []  # no other tensor takes their memory meanwhile
        self._numbers: dict[int, int] = {}  # by id
        self._shown: dict[int, set[int]] = {}  # ids of the known tensors that show a memory

    def begin(self, x: Tensor) -> None:
        self._add(x, INPUT, None, (), {}, ())

    def number(self, tensor: Tensor) -> int | None:
        """Return the step that made a value, None where it does not depend on the input."""
        return self._numbers.get(id(tensor))

    def called(
        self, func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> Any:
        if not self.steps:
            return func(*args, **kwargs)
        given = [t for t in tree_iter((args, kwargs)) if isinstance(t, torch.Tensor)]
        if not any(id(t) in self._numbers for t in given):
            return func(*args, **kwargs)
        named = tuple(tree_map(self._named, tuple(args))), tree_map(self._named, dict(kwargs))
        before = [version(t) for t in given]
        result = func(*args, **kwargs)
        written = [
            t for t, old in zip(given, before, strict=True) if old is not None and version(t) != old
        ]
        for tensor in written:
            self._spoil(tensor)
        name = _name(func)
        for keys, tensor in tensors(result):
            self._add(tensor, name, func, *named, keys)
        return result

    def _named(self, value: Any) -> Any:
        if isinstance(value, torch.Tensor) and id(value) in self._numbers:
            return Came(self._numbers[id(value)])
        return value

    def _add(
        self,
        tensor: Tensor,
        name: str,
        func: Callable[..., Any] | None,
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
        keys: Keys,
    ) -> None:
        number = len(self.steps)
        self.steps.append(Step(number, name, func, args, kwargs, keys, tensor.shape))
        self._kept.append(tensor)
        self._numbers[id(tensor)] = number
        self._shown.setdefault(memory(tensor), set()).add(id(tensor))

    def _spoil(self, tensor: Tensor) -> None:
        """Whatever shows memory that was written may hold anything now."""
        self._add(tensor, WRITE, None, (), {}, ())
        for one in self._shown[memory(tensor)]:
            self._numbers[one] = len(self.steps) - 1


def _name(func: Callable[..., Any]) -> str:
    name = getattr(func, "__name__", type(func).__name__).split(".")[0].strip("_")
    return {"iadd": "add", "radd": "add", "imul": "mul", "rmul": "mul"}.get(name, name)
