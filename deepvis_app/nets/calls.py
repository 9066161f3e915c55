"""Meet every call to torch in a pass, those outside of modules too."""

from __future__ import annotations

from abc import abstractmethod
from contextvars import ContextVar, Token
from typing import TYPE_CHECKING, Any, Self

from torch.overrides import TorchFunctionMode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_MEETS_EVERY: ContextVar[bool] = ContextVar("meets every call", default=False)


class Calls(TorchFunctionMode):
    """A context in which `called` answers for every call to torch; it may make it itself."""

    def __enter__(self) -> Self:
        super().__enter__()  # type: ignore[no-untyped-call]
        return self

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        return self.called(func, args, kwargs or {})

    @abstractmethod
    def called(
        self, func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> Any:
        """Return what the call of `func` gives."""


class EveryCall(Calls):
    """As `Calls`, for whoever has to meet all that a network does.

    Quicker ways of doing the same, which torch's functions do not show, give way meanwhile.
    """

    _before: Token[bool]

    def __enter__(self) -> Self:
        self._before = _MEETS_EVERY.set(True)
        return super().__enter__()

    def __exit__(self, *error: Any) -> None:
        super().__exit__(*error)  # type: ignore[no-untyped-call]
        _MEETS_EVERY.reset(self._before)


def is_every_call_met() -> bool:
    """Tell whether someone has to meet every call of this thread's pass."""
    return _MEETS_EVERY.get()
