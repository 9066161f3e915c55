"""The network that a plan trains, and what it wants to be shown."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from deepvis_app import paths
from deepvis_app.errors import UserError, in_words
from deepvis_app.lab.trainer.choices import Weights
from deepvis_app.lab.trainer.initial import initialise
from deepvis_app.lab.trainer.plan import CONVNET, FULLY_CONNECTED, POCKET
from deepvis_app.nets import load_network
from deepvis_app.nets.free_factories import free_builder
from deepvis_app.nets.learners import LEAST_SIDE, POCKET_LEAST_SIDE
from deepvis_app.nets.profile import read_profile

if TYPE_CHECKING:
    from deepvis_app.lab.trainer.plan import TrainPlan
    from deepvis_app.nets.network import Network
    from deepvis_app.nets.preprocessing import Preprocessing

    Shape = tuple[int, int, int]

NO_CLASS = "no class"  # of the examples that find wrong labels
_BUILDERS = "deepvis_app.nets.learners:"
# What builders call the number of classes.
_CLASS_ARGUMENTS = ("num_classes", "class_count", "classes")
_OWN_REMEDY = "Use fully-connected, convnet, pocket, torchvision:NAME or timm:NAME"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a network takes; None and 0: whatever the data is."""

    shape: Shape | None = None
    preprocessing: Preprocessing | None = None
    channels: int = 0
    least_side: int = 1


@dataclass(frozen=True, slots=True)
class Made:
    """A module, and the factory and arguments by which a profile makes it again."""

    module: nn.Module
    factory: str
    arguments: dict[str, Any] = field(default_factory=dict)
    pretrained: bool = False


def wanted(plan: TrainPlan) -> Wanted:
    """Return what a plan's network takes. Raises `UserError` where there is no such network."""
    if plan.network == FULLY_CONNECTED:
        return Wanted()
    if plan.network == CONVNET:
        return Wanted(least_side=LEAST_SIDE)
    if plan.network == POCKET and plan.weights is Weights.RANDOM:
        return Wanted(channels=3, least_side=POCKET_LEAST_SIDE)
    network = _opened(plan.network)
    return Wanted(network.input_shape, network.preprocessing)


def make_network(plan: TrainPlan, shape: Shape, classes: int) -> Made:
    """Return a plan's network for inputs (C, H, W), with its first weights.

    Nothing outside is drawn from: the seed decides. Raises `UserError`.
    """
    factory, arguments = _factory(plan, shape, classes)
    build = free_builder(factory, arguments)
    if build is None:
        raise UserError(f"{plan.network} cannot be made anew to be trained", _OWN_REMEDY)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(plan.seed)
        try:
            module: nn.Module = build(**arguments)
        except UserError:
            raise
        except Exception as error:  # builders of others
            raise UserError(
                f"{plan.network} cannot be made for {classes} classes: {in_words(error)}",
                _OWN_REMEDY,
            ) from error
        initialise(module, plan.initialisation)
    if plan.weights is Weights.OWN:
        _take_weights(module, _opened(plan.network))
    return Made(module, factory, arguments, plan.weights is Weights.OWN)


def _factory(plan: TrainPlan, shape: Shape, classes: int) -> tuple[str, dict[str, Any]]:
    """Return what builds a plan's network: "module:name" and plain arguments."""
    common = {
        "classes": classes,
        "activation": plan.activation.value,
        "dropout": plan.dropout,
        "batch_norm": plan.batch_norm,
    }
    if plan.network == FULLY_CONNECTED:
        given = {"inputs": list(shape), "hidden": list(plan.hidden), **common}
        return _BUILDERS + "fully_connected", given
    if plan.network == CONVNET:
        return _BUILDERS + "convnet", {
            "inputs": list(shape), "channels": list(plan.channels), **common,
        }  # fmt: skip
    if plan.network == POCKET:  # what ships has its norms folded
        norms = plan.weights is Weights.RANDOM
        return _BUILDERS + "pocket", {"classes": classes, "batch_norm": norms}
    return _of_another(plan.network, classes)


def _of_another(spec: str, classes: int) -> tuple[str, dict[str, Any]]:
    zoo, _, name = spec.partition(":")
    name = name.partition("@")[0]
    if zoo in ("torchvision", "timm") and name:
        return f"{zoo}.models:{name}", {"num_classes": classes}
    path = paths.expanded(spec)
    if path.suffix != ".toml":
        raise UserError(f"{spec} cannot be trained: its parts cannot be made anew", _OWN_REMEDY)
    profile = read_profile(path)
    if profile.factory.startswith(("torchvision:", "timm:")):
        return _of_another(profile.factory, classes)
    return profile.factory, _with_classes(path.name, profile.factory, profile.arguments, classes)


def _with_classes(
    file: str, factory: str, arguments: dict[str, Any], classes: int
) -> dict[str, Any]:
    """Return a builder's arguments with the number of classes in place of its own."""
    build = free_builder(factory, arguments)
    if build is None:
        raise UserError(
            f"{file} makes its network with code of its own, which is not run to be trained",
            _OWN_REMEDY,
        )
    known = inspect.signature(build).parameters
    named = next((one for one in _CLASS_ARGUMENTS if one in arguments or one in known), None)
    if named is None and any(p.kind is p.VAR_KEYWORD for p in known.values()):
        named = _CLASS_ARGUMENTS[0]
    if named is None:
        raise UserError(
            f"The factory {factory} of {file} does not say how many classes it gives",
            f"Use a factory that takes {' or '.join(_CLASS_ARGUMENTS)}",
        )
    return arguments | {named: classes}


@lru_cache(maxsize=1)
def _opened(spec: str) -> Network:
    return load_network(spec)


def _take_weights(module: nn.Module, network: Network) -> None:
    """Put into a module what another brings of the same name and shape: all but a new last layer.

    Raises `UserError` where most does not fit.
    """
    own, given = module.state_dict(), network.module.state_dict()
    fits = {k: v for k, v in given.items() if k in own and v.shape == own[k].shape}
    if sum(v.numel() for v in fits.values()) < 0.5 * sum(v.numel() for v in own.values()):
        raise UserError(
            f"The weights of {network.name} do not fit the network as it is made anew",
            "Use weights = random",
        )
    module.load_state_dict(own | fits)
