"""Who makes a step of a gradient, with what a plan lets change while it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from deepvis_app.lab.light import light
from deepvis_app.lab.trainer.choices import Optimizer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor, nn

    from deepvis_app.lab.trainer.plan import TrainPlan

USUAL_BETA = 0.9  # of Adam's first average, where a plan has no momentum


def make_optimizer(module: nn.Module, plan: TrainPlan) -> torch.optim.Optimizer:
    """Return a plan's optimiser. L2 holds weights alone: neither biases nor norms.

    It is added to the gradient (coupled, as the cost's λ/2 Σ w² gives it), but for AdamW, which
    takes it off the weights beside the step (Loshchilov and Hutter 2019).
    """
    trained = [p for p in module.parameters() if p.requires_grad]
    groups: list[dict[str, Any]] = [
        {"params": [p for p in trained if p.ndim > 1], "decays": True},
        {"params": [p for p in trained if p.ndim <= 1], "decays": False},
    ]
    groups = [group for group in groups if group["params"]]
    optimizer: torch.optim.Optimizer
    match plan.optimizer:
        case Optimizer.SGD:
            optimizer = light(torch.optim.SGD)(
                groups, lr=plan.rate, momentum=plan.momentum, nesterov=plan.nesterov
            )
        case Optimizer.ADAM:
            optimizer = light(torch.optim.Adam)(groups, lr=plan.rate)
        case Optimizer.ADAMW:
            optimizer = light(torch.optim.AdamW)(groups, lr=plan.rate)
        case Optimizer.RMSPROP:
            optimizer = light(torch.optim.RMSprop)(groups, lr=plan.rate)
    set_up(optimizer, plan)
    return optimizer


def set_up(optimizer: torch.optim.Optimizer, plan: TrainPlan) -> None:
    """Give an optimiser a plan's rate, momentum and L2; what it has gathered stays."""
    for group in optimizer.param_groups:
        group["lr"] = plan.rate
        group["weight_decay"] = plan.l2 if group["decays"] else 0.0
        if "betas" in group:
            group["betas"] = (plan.momentum or USUAL_BETA, group["betas"][1])
        else:
            group["momentum"] = plan.momentum


def gathered(
    optimizer: torch.optim.Optimizer, module: nn.Module
) -> tuple[dict[str, Tensor], dict[str, list[str]]]:
    """Return what an optimiser has gathered: each quantity flat, and whose it is, in order.

    Flat, so that in a file nothing of it can be taken for weights.
    """
    flat: dict[str, list[Tensor]] = {}
    owners: dict[str, list[str]] = {}
    for name, parameter in module.named_parameters():
        for key, value in optimizer.state.get(parameter, {}).items():
            if isinstance(value, torch.Tensor):
                flat.setdefault(key, []).append(value.detach().cpu().flatten())
                owners.setdefault(key, []).append(name)
    return {key: torch.cat(parts) for key, parts in flat.items()}, owners


def give_back(
    optimizer: torch.optim.Optimizer,
    module: nn.Module,
    flat: Mapping[str, Tensor],
    owners: Mapping[str, list[str]],
) -> None:
    """Let an optimiser have what `gathered` gave. Raises `ValueError` where it is another's."""
    parameters = dict(module.named_parameters())
    optimizer.state.clear()
    for key, names in owners.items():
        if unknown := [name for name in names if name not in parameters]:
            raise ValueError(f"there is no parameter {unknown[0]}")
        sizes = [1 if key == "step" else parameters[name].numel() for name in names]
        if sum(sizes) != len(flat[key]):
            raise ValueError(f"{key} is of another network")
        for name, part in zip(names, flat[key].split(sizes), strict=True):
            parameter = parameters[name]
            value = part[0] if key == "step" else part.view(parameter.shape).to(parameter.device)
            optimizer.state[parameter][key] = value.clone()
