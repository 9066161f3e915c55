"""Networks of torchvision's zoo: `torchvision:NAME`, with its weights, a file's, or random ones."""

from __future__ import annotations

import difflib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlparse

import torch

from deepvis_app.errors import UserError
from deepvis_app.nets.download import fetch, offline_in_window
from deepvis_app.nets.parts import Parts
from deepvis_app.nets.preprocessing import Interpolation, Preprocessing
from deepvis_app.nets.state_dicts import class_count, fit
from deepvis_app.nets.titles import title_of
from deepvis_app.nets.weights_file import WeightsFile, read_weights

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import nn
    from torchvision.models import WeightsEnum

    from deepvis_app.nets.taken import TakenWeights
    from deepvis_app.nets.trust import Trust

PREFIX = "torchvision:"
RANDOM = "none"
_CLASSES = 1000
# DenseNet's files are older than the rule that module names hold no dots (as torchvision's loader).
_DENSE = re.compile(r"(denselayer\d+\.(?:norm|relu|conv))\.([12]\.)")


def load_zoo(
    spec: str,
    weights: Path | None = None,
    *,
    trust: Trust = False,
    progress: Callable[[str, int, int], None] | None = None,
) -> Parts:
    """Return what makes the network `torchvision:NAME[@ENTRY]`.

    ENTRY is one of torchvision's weight entries of that model ("IMAGENET1K_V1"), or "none" for
    random weights, the same each time; without it torchvision's default. With the file `weights`,
    the entry gives only preprocessing and labels (labels only where the classes are as many).
    """
    name, _, tag = spec.removeprefix(PREFIX).partition("@")
    entry = _entry(name, tag)
    title = title_of(name)
    labels = tuple(entry.meta["categories"] or ())
    taken = None
    if weights is not None:
        module, classes, taken = _filled(name, entry, read_weights(weights, trust))
        labels = labels if len(labels) == classes else ()
    elif tag == RANDOM:
        module, title = build(name, entry, random=True), f"{title} (random weights)"
    else:
        module = _pretrained(name, entry, progress)
    preprocessing, size = _preprocessing(entry)
    return Parts(module, title, (3, size, size), preprocessing, labels, taken=taken)


def zoo_names() -> list[str]:
    """Return the names of torchvision's classification models."""
    from torchvision import models

    names: list[str] = models.list_models(module=models)
    return names


def nearest_names(name: str) -> list[str]:
    """Return the names of torchvision's that may be meant by a wrong one."""
    return difflib.get_close_matches(name.lower(), zoo_names(), 3, 0.6)


def entries(name: str) -> dict[str, WeightsEnum]:
    """Return the weight entries of a model by name, the default one first."""
    from torchvision.models import get_model_weights

    found = get_model_weights(name)
    default = found.DEFAULT
    return {default.name: default, **{entry.name: entry for entry in found}}


def cached_file(entry: WeightsEnum) -> Path:
    """Return where torch keeps the file of a weight entry, whether it is there or not."""
    return kept_file(Path(urlparse(entry.url).path).name)


def kept_file(name: str) -> Path:
    """Return where torch keeps a file of that name; torchvision, slow to import, is not asked."""
    return Path(torch.hub.get_dir()) / "checkpoints" / name


def is_cached(spec: str) -> bool:
    """Tell whether `torchvision:NAME[@ENTRY]` exists and loads without a connection."""
    name, _, tag = spec.removeprefix(PREFIX).partition("@")
    try:
        entry = _entry(name, tag)
    except UserError:
        return False
    return tag == RANDOM or cached_file(entry).is_file()


def build(
    name: str, entry: WeightsEnum, classes: int = _CLASSES, *, random: bool = False
) -> nn.Module:
    """Return the architecture, as torchvision builds it for `entry`, with seeded random weights.

    Without `random` the weights mean nothing: a state dict is to follow.
    """
    from torchvision.models import get_model

    options: dict[str, Any] = {"num_classes": classes}
    if name in ("googlenet", "inception_v3"):
        options |= {"aux_logits": False, "transform_input": True, "init_weights": False}
    if name.startswith("vgg") and not random:
        options["init_weights"] = False  # slow, and for nothing
    if name.startswith("vit_"):
        options["image_size"] = entry.meta["min_size"][0]
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        module: nn.Module = get_model(name, **options)
    return module.eval()


def _entry(name: str, tag: str) -> WeightsEnum:
    names = zoo_names()
    if name not in names:
        near = " or ".join(f"{PREFIX}{each}" for each in nearest_names(name))
        raise UserError(
            f"torchvision has no classification network {name!r}",
            f"Did you mean {near}?"
            if near
            else "Use one that `deepvis nets --all` lists, as torchvision:squeezenet1_0",
        )
    known = entries(name)
    if tag in ("", "DEFAULT", RANDOM):
        return next(iter(known.values()))
    if tag not in known:
        raise UserError(
            f"torchvision has no weights {tag!r} for {name}",
            f"Use {' or '.join(f'{PREFIX}{name}@{each}' for each in (*known, RANDOM))}",
        )
    return known[tag]


def _pretrained(
    name: str, entry: WeightsEnum, progress: Callable[[str, int, int], None] | None
) -> nn.Module:
    path, title = cached_file(entry), title_of(name)
    if not path.is_file():
        fetch(
            entry.url,
            path,
            what=f"{title}'s weights",
            remedy=(
                "Connect to the internet once, or give a file with --weights, "
                f"or take random weights with {PREFIX}{name}@{RANDOM}"
            ),
            in_window=offline_in_window(f"{PREFIX}{name}@{RANDOM}"),
            progress=progress,
        )
    try:
        return _filled(name, entry, read_weights(path))[0]
    except UserError as error:
        raise UserError(
            f"The stored weights of {title} cannot be used: {error.cause}",
            f"Delete {path} and load it again",
        ) from error


def _filled(
    name: str, entry: WeightsEnum, file: WeightsFile
) -> tuple[nn.Module, int, TakenWeights]:
    """Return the architecture with weights of `file` in it, and how many classes it has."""
    module = build(name, entry)
    file = file.renamed(lambda key: _DENSE.sub(r"\1\2", key))
    classes = class_count(file, module, _CLASSES)
    if classes != _CLASSES:
        module = build(name, entry, classes)
    taken = fit(module, file, title_of(name))
    return module, classes, taken


def _preprocessing(entry: WeightsEnum) -> tuple[Preprocessing, int]:
    """Return what torchvision's transform of `entry` does, and the side of its crop in px."""
    transform = entry.transforms()
    preprocessing = Preprocessing(
        mean=tuple(transform.mean),
        std=tuple(transform.std),
        resize=transform.resize_size[0],
        interpolation=Interpolation(transform.interpolation.value),
    )
    return preprocessing, transform.crop_size[0]
