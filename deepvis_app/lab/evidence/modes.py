"""In which mode a network is asked: training or evaluation, with gradients or without."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from deepvis_app.lab.evidence.guarded import Gathering, guarded

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch.nn import Module

#: Kinds of layers that do one thing while training and another in evaluation.
TWO_FACED = (
    nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout, nn.FeatureAlphaDropout,
    nn.modules.batchnorm._BatchNorm,  # noqa: SLF001 - the class that all of them share
)  # fmt: skip
LAYERED = (nn.LSTM, nn.GRU, nn.RNN)


class Modes(Gathering):
    """Counts a network's passes by mode, where it has layers to which the mode matters.

    `learning_in_evaluation`: gradients were noted in evaluation mode. `judging_in_training`,
    `judging`: none were noted, in training mode and in evaluation. Passes while `is_own()` are not
    the user's and do not count.
    """

    def __init__(self, model: Module, is_own: Callable[[], bool] = lambda: False) -> None:
        super().__init__()
        self._is_own = is_own
        self.layers = [name for name, module in model.named_modules() if _minds(module)]
        self.counts = dict.fromkeys(
            ("learning", "learning_in_evaluation", "judging", "judging_in_training"), 0
        )
        if self.layers:
            self._hooks.append(model.register_forward_pre_hook(self._pass))

    @guarded
    def _pass(self, model: Module, _: object) -> None:
        if self._is_own():
            return
        if torch.is_grad_enabled():
            key = "learning" if model.training else "learning_in_evaluation"
        else:
            key = "judging_in_training" if model.training else "judging"
        self.counts[key] += 1

    def __reduce__(self) -> Any:
        return _Deaf, ()  # the hook of a network that is copied or kept counts nothing


class _Deaf:
    """What is left of `Modes` in a copy of its network."""

    is_off, seconds = True, 0.0

    def _pass(self, *_: object) -> None:
        pass


def _minds(module: Module) -> bool:
    if isinstance(module, LAYERED):
        return module.dropout > 0
    if isinstance(module, nn.modules.batchnorm._BatchNorm):  # noqa: SLF001
        return module.track_running_stats
    return isinstance(module, TWO_FACED) and getattr(module, "p", 1) > 0
