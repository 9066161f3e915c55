"""The softmax or sigmoid that a network ends in, and what it was given: the true class scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import torch
from torch import Tensor
from torch.nn import functional

from deepvis_app.nets.calls import Calls
from deepvis_app.nets.memory import memory, version
from deepvis_app.nets.outputs import as_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from deepvis_app.nets.probe import Sighting
    from deepvis_app.nets.taps import Site

_aten = torch.ops.aten
_FUNCTIONS = {
    "softmax": (
        functional.softmax, torch.softmax, Tensor.softmax, torch.special.softmax,
        _aten.softmax.int, _aten._softmax.default,  # noqa: SLF001 - in saved programs
    ),
    "log softmax": (
        functional.log_softmax, torch.log_softmax, Tensor.log_softmax, torch.special.log_softmax,
        _aten.log_softmax.int, _aten._log_softmax.default,  # noqa: SLF001
    ),
    "sigmoid": (
        functional.sigmoid, torch.sigmoid, Tensor.sigmoid, torch.special.expit, torch.sigmoid_,
        Tensor.sigmoid_, _aten.sigmoid.default, _aten.sigmoid_.default,
    ),
    "log sigmoid": (functional.logsigmoid, _aten.log_sigmoid.default),
}  # fmt: skip
_KINDS = {function: kind for kind, functions in _FUNCTIONS.items() for function in functions}
_IN_PLACE = {torch.sigmoid_, Tensor.sigmoid_, _aten.sigmoid_.default}


@dataclass(frozen=True, slots=True)
class Ending:
    """The last function of a network, one of `_FUNCTIONS`: the `call`-th of these in a pass.

    `site` is where what it is given leaves a module, None where no module gives it.
    """

    kind: str
    call: int
    site: Site | None


@dataclass(frozen=True, slots=True, eq=False)
class _Call:
    kind: str
    given: Tensor
    result: Tensor
    version: int | None  # of what was given, at the time


class Squashes(Calls):
    """While entered, keeps what softmax and sigmoid functions are given: all, or one `call`."""

    def __init__(self, call: int | None = None) -> None:
        super().__init__()
        self.calls: dict[int, _Call] = {}
        self._wanted = call
        self._count = 0

    @property
    def given(self) -> Tensor | None:
        """What the one call was given, where it came."""
        call = None if self._wanted is None else self.calls.get(self._wanted)
        return None if call is None else call.given

    def __enter__(self) -> Self:
        self._count = 0
        return super().__enter__()

    def called(
        self, func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> Any:
        kind = _KINDS.get(func)
        if kind is None:
            return func(*args, **kwargs)
        self._count += 1
        number, given = self._count, args[0] if args else kwargs.get("input")
        is_wanted = self._wanted in (None, number) and isinstance(given, Tensor)
        if is_wanted and func in _IN_PLACE:
            given = given.clone()  # type: ignore[union-attr]
        before = version(given) if isinstance(given, Tensor) else None
        result = func(*args, **kwargs)
        if is_wanted:
            self.calls[number] = _Call(kind, given, result, before)  # type: ignore[arg-type]
        return result


def find_ending(
    seen: Squashes, scores: Tensor | None, sightings: Iterable[Sighting]
) -> Ending | None:
    """Return the function that gave the class scores of one picture; None: none that is known."""
    rows = None if scores is None else as_rows(scores, 1)
    for number, call in reversed(seen.calls.items()):
        if rows is None or call.result.numel() != rows.numel():
            continue
        same = torch.equal(call.result.reshape(-1).to(rows), rows.reshape(-1))
        if same and _is_over_classes(call.kind, rows):
            return Ending(call.kind, number, _site(call, sightings))
    return None


def _is_over_classes(kind: str, rows: Tensor) -> bool:
    """Tell whether a softmax runs over the classes, not over the batch, say."""
    if "sigmoid" in kind:
        return True
    shares = rows.exp() if kind.startswith("log") else rows
    return torch.allclose(shares.sum(1), torch.ones_like(shares[:, 0]), atol=1e-2)


def _site(call: _Call, sightings: Iterable[Sighting]) -> Site | None:
    given = call.given
    return next(
        (
            s.site
            for s in sightings
            if s.version is not None
            and (memory(s.tensor), s.version) == (memory(given), call.version)
            and s.tensor.numel() == given.numel()
            and not s.is_overwritten()
        ),
        None,
    )
