"""The state of a training on disk: one file, of which any reader of weights takes the weights."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from deepvis_app.errors import UserError, in_short
from deepvis_app.files import whole
from deepvis_app.nets.run_weights import NO_WEIGHT

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor, nn

_FORMAT = "1"


@dataclass(frozen=True, slots=True)
class Kept:
    """A state as it was read: weights, flat tensors by name, and facts."""

    weights: dict[str, Tensor]
    others: dict[str, Tensor]
    facts: dict[str, Any]


def weights_of(module: nn.Module) -> dict[str, Tensor]:
    """Return a module's state, each tensor once, in memory of its own."""
    return {name: value.detach().cpu().clone() for name, value in module.state_dict().items()}


def keep(
    target: Path,
    module: nn.Module,
    others: dict[str, Tensor],
    facts: dict[str, Any],
    *,
    durable: bool = False,
) -> None:
    """Write a state, whole or not at all. Raises `OSError`."""
    tensors = weights_of(module)
    tensors |= {NO_WEIGHT + name: value.contiguous() for name, value in others.items()}
    about = {"format": _FORMAT, "facts": json.dumps(facts)}
    with whole(target, durable=durable) as draft:
        try:
            save_file(tensors, draft, about)
        except SafetensorError as error:  # as it calls a full disk
            raise OSError(str(error)) from error


def kept_at(source: Path) -> Kept:
    """Read a state. Raises `UserError`."""
    try:
        with safe_open(source, framework="pt") as file:
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
            about = file.metadata() or {}
        facts = json.loads(about["facts"]) if about.get("format") == _FORMAT else None
    except FileNotFoundError as error:
        raise UserError(f"There is no {source}", "Choose another checkpoint") from error
    except (OSError, SafetensorError, ValueError, KeyError) as error:
        raise UserError(
            f"{source.name} is damaged: {in_short(error)}", "Go on from another checkpoint"
        ) from error
    if not isinstance(facts, dict):
        raise UserError(f"{source.name} is no state of a training", "Choose a checkpoint")
    others = {k.removeprefix(NO_WEIGHT): v for k, v in tensors.items() if k.startswith(NO_WEIGHT)}
    weights = {k: v for k, v in tensors.items() if not k.startswith(NO_WEIGHT)}
    return Kept(weights, others, facts)
