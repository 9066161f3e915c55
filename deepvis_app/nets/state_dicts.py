"""Put a state dict into a module, and explain in one line why it does not fit."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from deepvis_app.errors import UserError
from deepvis_app.nets.weights import StateDict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from torch import Tensor, nn

# Put before every name by DataParallel, Lightning and the like, torch.compile.
_PREFIXES = ("module.", "model.", "_orig_mod.", "net.", "network.", "backbone.")
_SHOWN = 3


def fit(module: nn.Module, state: StateDict, file: str, title: str) -> None:
    """Load `state` into `module`; every parameter must be there, of the right shape.

    Raises `UserError` naming what is missing, unexpected or of another shape. The module is not to
    be used after that.
    """
    own = module.state_dict()
    # Modules convert the weights of their older versions; a file without versions is a current one.
    state = strip_prefixes(state, own)
    state = StateDict(state, state.versions or getattr(own, "_metadata", None))
    shapes = _shape_misfits(own, state)
    missing: Iterable[str] = own.keys() - state.keys()
    unexpected: Iterable[str] = state.keys() - own.keys()
    if not shapes:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of conversions that then succeed
            missing, unexpected = module.load_state_dict(state, strict=False)
    missing = [key for key in own if key in set(missing) and not _is_counter(key)]
    unexpected = [key for key in state if key in set(unexpected) and not _is_counter(key)]
    if missing or unexpected or shapes:
        raise _misfit(
            file, title, missing, unexpected, shapes, matched=bool(own.keys() & state.keys())
        )


def strip_prefixes(state: StateDict, wanted: Iterable[str]) -> StateDict:
    """Return `state` without the wrapper prefixes that keep its names from being the wanted ones.

    Entries outside a stripped prefix (a loss's own weights) are left out. `state` itself is
    returned when its names are as good as any.
    """
    names = frozenset(wanted)
    best, step = state, state
    for _ in range(4):
        options = [step.inside(p) for p in _PREFIXES if any(k.startswith(p) for k in step)]
        if not options:
            break
        step = max(options, key=lambda option: (len(names & option.keys()), len(option)))
        if len(names & step.keys()) > len(names & best.keys()):
            best = step
    return best


def class_count(state: StateDict, own: Mapping[str, Tensor], usual: int) -> int:
    """Return how many classes `state` has, given a module's own state dict for `usual` classes.

    The last weight of the module with `usual` rows is taken for the final layer's.
    """
    state = strip_prefixes(state, own)
    heads = [key for key, value in own.items() if value.ndim >= 2 and value.shape[0] == usual]
    if not heads or heads[-1] not in state or state[heads[-1]].ndim == 0:
        return usual
    return int(state[heads[-1]].shape[0])


def _is_counter(key: str) -> bool:
    return key.endswith("num_batches_tracked")  # written since torch 0.4.1, of no effect here


def _shape_misfits(own: Mapping[str, Tensor], state: Mapping[str, Tensor]) -> list[str]:
    return [
        f"{key}: file {_shape(state[key])}, network {_shape(value)}"
        for key, value in own.items()
        if key in state and state[key].shape != value.shape
    ]


def _shape(value: Tensor) -> str:
    return "x".join(map(str, value.shape)) or "one number"


def _misfit(
    file: str,
    title: str,
    missing: Sequence[str],
    unexpected: Sequence[str],
    shapes: Sequence[str],
    *,
    matched: bool,
) -> UserError:
    parts = [
        f"{len(found)} {what} ({'; '.join(found[:_SHOWN])}{'; …' if len(found) > _SHOWN else ''})"
        for found, what in (
            (missing, "missing"), (unexpected, "unexpected"), (shapes, "of another shape"),
        )
        if found
    ]  # fmt: skip
    remedy = (
        "Name the variant that the weights were saved from"
        if matched
        else "The weights are another architecture's: name the one that they were saved from"
    )
    return UserError(f"{file} does not fit {title}: {', '.join(parts)}", remedy)
