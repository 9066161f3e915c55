"""What a monitor is given, looked at before anything is written."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import torch
from pydantic import ValidationError
from torch import nn

from deepvis_app.errors import UserError, one_line
from deepvis_app.lab.log.about import About, OptimizerInfo
from deepvis_app.lab.log.read import read_log
from deepvis_app.lab.log.writer import log_files
from deepvis_app.lab.untouched import root_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from torch.optim import Optimizer


def is_first_process() -> bool:
    """Whether this is the process that writes: the first one of several that train together."""
    distributed = torch.distributed
    return not (
        distributed.is_available() and distributed.is_initialized() and distributed.get_rank()
    )


def networks(model: nn.Module | Mapping[str, nn.Module]) -> dict[str, nn.Module]:
    """Return the networks by name, "" for a single one, without what compiles or spreads them."""
    found = dict(model) if isinstance(model, Mapping) else {"": model}
    for name, each in found.items():
        if not isinstance(each, nn.Module):
            raise UserError(
                f"The model is {_a(each)}, not a torch.nn.Module",
                "Give the network, or a dict of networks by name",
            )
        found[name] = root_of(each)
    if not found:
        raise UserError("There is no model", "Give at least one network")
    return found


def modules_of(models: Mapping[str, nn.Module]) -> dict[str, nn.Module]:
    """Return all modules of networks by their full names."""
    return {
        ".".join(filter(None, (prefix, name))): module
        for prefix, model in models.items()
        for name, module in model.named_modules()
    }


def optimizers(optimizer: Optimizer | Iterable[Optimizer]) -> list[Optimizer]:
    """Return the optimisers, one or several, without what other libraries wrap around them."""
    several = isinstance(optimizer, Iterable) and not isinstance(
        optimizer, torch.optim.Optimizer | nn.Module
    )
    values = optimizer.values() if isinstance(optimizer, Mapping) else optimizer
    found = [_inner(each) for each in (values if several else [optimizer])]  # type: ignore[union-attr]
    for each in found:
        if not isinstance(each, torch.optim.Optimizer):
            raise UserError(
                f"The optimiser is {_a(each)}, not a torch.optim.Optimizer, whose hooks tell of"
                " its steps",
                "Give an optimiser of torch.optim or a class derived from it, or a list of them",
            )
    if not found:
        raise UserError("There is no optimiser", "Give at least one")
    return list({id(each): each for each in found}.values())


def _inner(optimizer: Any) -> Any:
    while not hasattr(optimizer, "_optimizer_step_pre_hooks") and hasattr(optimizer, "optimizer"):
        optimizer = optimizer.optimizer
    return optimizer


def check(every: int | None, limit: float) -> None:
    """Raise `UserError` for intervals and limits that cannot be."""
    if every is not None and every < 1:
        raise UserError(
            f"every={every!r} is no number of steps", "Give 1 or more, or None to leave it open"
        )
    if not limit > 0:
        raise UserError(
            f"limit={limit!r} is no share of a step's time",
            "Give one above 0, such as 0.05, or math.inf for no limit",
        )


def about_of(given: Mapping[str, Any] | None, classes: Sequence[str]) -> About:
    """Return what is known of the run besides."""
    said = {"started": time.time(), **(given or {})}
    if classes:
        said["classes"] = tuple(map(str, classes))
    unknown = ", ".join(sorted(said.keys() - About.model_fields.keys()))
    known = ", ".join(About.model_fields)
    if unknown:
        raise UserError(f"A run has no {unknown}", f"Put it into facts; there is {known}")
    try:
        return About.model_validate(said)
    except ValidationError as error:
        raise UserError(
            f"What is said about the run is not valid: {one_line(error)}", "See About"
        ) from error


def last_step(folder: Path) -> int:
    """Return the last step that a folder's log holds, 0 where there is none to go on with."""
    if not log_files(folder):
        return 0
    try:
        return read_log(folder).step
    except UserError:  # spoilt: the new log is a file of its own
        return 0


def optimizer_info(optimizer: Optimizer) -> OptimizerInfo:
    """Describe an optimiser as its first group is now."""
    group = optimizer.param_groups[0]
    plain = (bool, int, float, str, tuple, list, type(None))
    settings = {k: v for k, v in group.items() if k != "params" and isinstance(v, plain)}
    return OptimizerInfo(kind=type(optimizer).__name__, settings=settings)


def _a(value: object) -> str:
    return f"a {type(value).__name__}"
