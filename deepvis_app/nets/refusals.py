"""Why a network does not take one picture, and the lines of code that make it do so."""

from __future__ import annotations

import inspect
from itertools import product
from typing import TYPE_CHECKING

import torch

from deepvis_app.errors import UserError, first_line, in_words
from deepvis_app.nets.chance import Chance
from deepvis_app.nets.taps import evaluating

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from torch import Tensor, nn

_VALUES: dict[str, Callable[[Tensor], object]] = {
    "x": lambda x: x,
    "False": lambda _: False,
    "True": lambda _: True,
    "None": lambda _: None,
    "0": lambda _: 0,
}
_LENGTHS = (16, 8, 4, 32)  # pictures of a clip
_CLIPS: dict[str, Callable[[Tensor, int], Tensor]] = {
    "x.unsqueeze(2).expand(-1, -1, {}, -1, -1)": (
        lambda x, n: x.unsqueeze(2).expand(-1, -1, n, -1, -1)
    ),
    "x.unsqueeze(1).expand(-1, {}, -1, -1, -1)": (
        lambda x, n: x.unsqueeze(1).expand(-1, n, -1, -1, -1)
    ),
}


def cannot_run(
    error: BaseException, module: nn.Module, modules: Mapping[str, nn.Module], x: Tensor
) -> UserError:
    """Say why `module` failed on x (1, C, H, W).

    Where it wants more than a picture, what it wants is tried, and the remedy holds the class that
    gives it: lines of Python that work as they stand.
    """
    shape = " × ".join(str(n) for n in x.shape[1:])
    message = first_line(error) if isinstance(error, Exception) else in_words(error)
    if "more than 1 value per channel when training" in message:
        return UserError(
            "The network normalises by the statistics of its batch even in evaluation mode, and "
            "one picture alone has none",
            "Give its batch norms running statistics (track_running_stats=True, "
            "training=self.training), or wrap it so that it adds pictures of its own",
        )
    trial = _Trial(module, modules, x)
    names = _wanted(module)
    if names:
        cause = f"The network wants more than a picture: {', '.join(names)}"
        return UserError(cause, _wrapped(trial.beside(names)))
    if trial.channels_last():
        return UserError(
            "The network wants pictures with their channels last (N, H, W, C)",
            _wrapped("x.permute(0, 2, 3, 1)"),
        )
    if clip := trial.clip():
        return UserError(
            f"The network wants a clip of pictures, not one picture of {shape}", _wrapped(clip)
        )
    return UserError(
        f"The network cannot run on an input of {shape}: {message}",
        "Give the input shape (channels, height, width) that it was made for",
    )


def _wrapped(call: str) -> str:
    return (
        "Wrap it in a module that takes one picture (N, C, H, W), and give Wrapped(network):\n"
        "from torch import nn\n"
        "class Wrapped(nn.Module):\n"
        "    def __init__(self, net): super().__init__(); self.net = net\n"
        f"    def forward(self, x): return self.net({call})"
    )


def _wanted(module: nn.Module) -> tuple[str, ...]:
    """Return the names of what `forward` asks for beside its first argument."""
    try:
        parameters = [*inspect.signature(module.forward).parameters.values()]
    except (TypeError, ValueError):
        return ()
    kinds = inspect.Parameter
    return tuple(
        p.name
        for p in parameters[1:]
        if p.default is kinds.empty and p.kind not in (kinds.VAR_POSITIONAL, kinds.VAR_KEYWORD)
    )


class _Trial:
    """Tries a network with one thing and another."""

    def __init__(self, module: nn.Module, modules: Mapping[str, nn.Module], x: Tensor) -> None:
        self._module, self._modules, self._x = module, modules, x

    def beside(self, names: Sequence[str]) -> str:
        """Return what to call the network with; pictures for all where nothing is known to do."""
        usual = ["x"] * len(names)
        choices: Iterable[Sequence[str]] = (
            product(_VALUES, repeat=len(names))
            if len(names) < 3
            else ([value] * len(names) for value in _VALUES)
        )
        for values in choices:
            given = {n: _VALUES[v](self._x) for n, v in zip(names, values, strict=True)}
            if self._runs(self._x, given):
                usual = list(values)
                break
        return ", ".join(["x", *(f"{n}={v}" for n, v in zip(names, usual, strict=True))])

    def channels_last(self) -> bool:
        """Tell whether the network takes the picture with its channels last."""
        return self._runs(self._x.permute(0, 2, 3, 1).contiguous(), {})

    def clip(self) -> str:
        """Return the clip of one picture again and again that the network takes, "" for none."""
        for words, make in _CLIPS.items():
            for length in _LENGTHS:
                if self._runs(make(self._x, length), {}):
                    return words.format(length)
        return ""

    def _runs(self, x: Tensor, beside: Mapping[str, object]) -> bool:
        parts = self._modules.values()
        try:
            with evaluating(parts), torch.no_grad(), Chance(parts, x.device).fixed():
                self._module(x, **beside)
        except (torch.OutOfMemoryError, MemoryError):
            raise
        except (Exception, SystemExit):  # noqa: BLE001 - the user's code, which may raise anything
            return False
        return True
