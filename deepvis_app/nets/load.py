"""One way in: a word, a zoo's name or a file becomes a network."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import torch

from deepvis_app import paths
from deepvis_app.errors import UserError
from deepvis_app.nets.hugging_face import PREFIX as HF
from deepvis_app.nets.hugging_face import is_folder, load_folder
from deepvis_app.nets.parts import Parts
from deepvis_app.nets.run_folders import run_network
from deepvis_app.nets.weights import (
    SUFFIXES,
    ForeignObjectsError,
    read_module,
    require_file,
)
from deepvis_app.nets.weights_file import read_weights

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from deepvis_app.nets.network import Network
    from deepvis_app.nets.trust import Trust

    Report = Callable[[str, int, int], None]

FORMS = (
    "pocket, torchvision:NAME, timm:NAME, hf:FOLDER, a profile (.toml), "
    "the folder of a run or an exported program (.pt2)"
)


def load_network(
    spec: str | os.PathLike[str],
    weights: str | os.PathLike[str] | None = None,
    *,
    trust: Trust = False,
    device: str | torch.device = "cpu",
    progress: Report | None = None,
) -> Network:
    """Load a network, ready to be looked into: its weights ask for no gradients.

    Parameters
    ----------
    spec
        `pocket` (the bundled network), `torchvision:NAME[@WEIGHTS]`, `timm:NAME`, `hf:FOLDER` (or
        the folder) with a vision model as transformers saves it, a profile (`.toml`), a program
        saved with `torch.export.save` (`.pt2`), the folder of a training by deepvis (its newest
        weights; `FOLDER@800`: those of step 800); `@none` after a zoo's name: random weights.
    weights
        A file to take the weights from: a state dict (`.pth`, `.pt`, `.bin`, `.safetensors`),
        wherever in the file it lies; "FILE#NAME" chooses one of several. `Network.taken` tells
        which was taken and what else fits.
    trust
        Code of files that may run: True for any, or the digests of code that was agreed to. It is
        what a profile's own factory does, and what Python objects in a file name.
    device
        Where the weights go.
    progress
        Called with (what, done, total) during downloads (total 0: not known); may raise to cancel.

    Raises `UserError` with one line that names the cause and the remedy; where `trust` does not
    cover what would run, `UntrustedCodeError`, which carries that code and its digest.
    """
    place = _device(device)
    file = paths.expanded(weights) if weights else None
    spec = os.fspath(spec).strip()
    if spec == "pocket":
        from deepvis_app.nets.pocket import filled_pocket, load_pocket

        network = filled_pocket(file, trust) if file else load_pocket()
    else:
        network = _parts(spec, file, trust, progress).network(spec)
    network.weights_file = str(file.absolute()) if file else ""
    network.module.requires_grad_(False).to(place)
    return network


def _parts(spec: str, weights: Path | None, trust: Trust, progress: Report | None) -> Parts:
    # Each way in is imported when it is taken: torchvision, timm and torch.export are slow.
    if spec.startswith("torchvision:"):
        from deepvis_app.nets.zoo import load_zoo

        return load_zoo(spec, weights, trust=trust, progress=progress)
    if spec.startswith(HF) or is_folder(paths.expanded(spec)):
        return load_folder(paths.expanded(spec.removeprefix(HF)), weights, trust=trust)
    if spec.startswith("timm:"):
        from deepvis_app.nets.timm_zoo import load_timm

        return load_timm(spec, weights, trust=trust, progress=progress)
    path = paths.expanded(spec)
    if (run := run_network(spec)) is not None:
        from deepvis_app.nets.runs import load_run

        return load_run(run, weights, trust=trust, progress=progress)
    if path.suffix == ".toml":
        from deepvis_app.nets.profile import load_profile

        return load_profile(path, weights, trust=trust, progress=progress)
    if path.suffix in (".pt2", *SUFFIXES):
        return _file_parts(path, weights, trust)
    raise _unknown(spec)


_IN_WINDOW = (
    "Choose their network in the list or open its profile (.toml), then drop the weights on it"
)


def _file_parts(path: Path, weights: Path | None, trust: Trust) -> Parts:
    if path.suffix == ".pt2":
        if weights is not None:
            raise UserError(f"{path.name} brings its own weights", f"Leave out {weights.name}")
        from deepvis_app.nets.exported import load_exported

        return load_exported(path, trust=trust)
    if weights is not None:
        put = "weights" if weights.name == path.name else weights.name
        raise UserError(
            f"{path.name} names no architecture that {put} could be put into",
            "Give the architecture with --net torchvision:NAME, or a profile (.toml)",
            in_window=_IN_WINDOW,
        )
    require_file(path)
    try:
        read_weights(path)
    except ForeignObjectsError:
        module = read_module(path, trust)
        if module is not None:
            return Parts(module, path.stem)
    raise UserError(
        f"{path.name} holds weights without an architecture",
        f"Give it with --net torchvision:NAME --weights {path.name}, or write a profile (.toml)",
        in_window=_IN_WINDOW,
    )


def _unknown(spec: str) -> UserError:
    from deepvis_app.nets.zoo import PREFIX, nearest_names, zoo_names

    name, at, tag = spec.partition("@")
    near = [name] if name in zoo_names() else nearest_names(name)
    meant = " or ".join(f"{PREFIX}{each}{at}{tag}" for each in near)
    remedy = f"Did you mean {meant}?" if near else f"Give {FORMS}"
    return UserError(f"Unknown network {spec!r}", remedy)


def _device(device: str | torch.device) -> torch.device:
    try:
        place = torch.device(device)
        torch.empty(0, device=place)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise UserError(f"Device {device} cannot be used", "Use cpu") from error
    return place
