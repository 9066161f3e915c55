"""Networks of timm: `timm:NAME`, where the extra is installed."""

from __future__ import annotations

import difflib
import math
import urllib.request
import warnings
from typing import TYPE_CHECKING, Any
from urllib.parse import urlparse

import torch

from deepvis_app.errors import UserError
from deepvis_app.nets.download import connect, offline_in_window
from deepvis_app.nets.parts import Parts
from deepvis_app.nets.preprocessing import Fit, Interpolation, Preprocessing
from deepvis_app.nets.state_dicts import class_count, fit
from deepvis_app.nets.weights_file import read_weights

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from torch import nn

    from deepvis_app.nets.taken import TakenWeights
    from deepvis_app.nets.trust import Trust

PREFIX = "timm:"
RANDOM = "none"
_FILES = ("model.safetensors", "pytorch_model.bin")


def load_timm(
    spec: str,
    weights: Path | None = None,
    *,
    trust: Trust = False,
    progress: Callable[[str, int, int], None] | None = None,
) -> Parts:
    """Return what makes the network `timm:NAME[.TAG][@none]`, from the hub's cache or the hub."""
    timm = _timm()
    name, _, random = spec.removeprefix(PREFIX).partition("@")
    _check_name(timm, name, random)
    module: Any = _created(timm, name)
    title, taken = name, None
    if weights is not None:
        module, taken = _filled(timm, name, module, weights, trust)
    elif random:
        title = f"{name} (random weights)"
    else:
        file = _pretrained_file(name, module.pretrained_cfg, progress)
        module = _created(timm, name, file)
    config = timm.data.resolve_model_data_config(module)
    return Parts(
        module,
        title,
        config["input_size"],
        _preprocessing(config),
        _labels(timm, module),
        taken=taken,
    )


def _timm() -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of names that timm has moved
            import timm
            import timm.data
    except ImportError as error:
        raise UserError("timm is not installed", "pip install 'deepvis[timm]'") from error
    return timm


def _check_name(timm: Any, name: str, tag: str) -> None:
    base, _, variant = name.partition(".")
    if tag not in ("", RANDOM):
        raise UserError(f"Unknown weights @{tag}", f"Use {PREFIX}{name} or {PREFIX}{name}@{RANDOM}")
    if not timm.is_model(base):
        near = difflib.get_close_matches(base, timm.list_models(), 3, 0.4) or ["resnet18"]
        meant = " or ".join(f"{PREFIX}{each}" for each in near)
        raise UserError(f"timm has no network {base!r}", f"Did you mean {meant}?")
    variants = timm.list_models(f"{base}.*", pretrained=True)
    if variant and name not in variants:
        near = difflib.get_close_matches(name, variants, 3, 0.0) or [f"{base}@{RANDOM}"]
        meant = " or ".join(f"{PREFIX}{each}" for each in near)
        raise UserError(f"timm has no weights {name!r}", f"Use {meant}")


def _created(timm: Any, name: str, file: str | None = None, **options: Any) -> nn.Module:
    """Return timm's module, with the weights in `file` or seeded random ones."""
    if file:
        options |= {"pretrained": True, "pretrained_cfg_overlay": {"file": file}}
    with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.default_generator.manual_seed(0)
        module: nn.Module = timm.create_model(name, **options)
    return module.eval()


def _filled(
    timm: Any, name: str, module: Any, weights: Path, trust: Trust
) -> tuple[nn.Module, TakenWeights]:
    file = read_weights(weights, trust)
    classes = class_count(file, module, module.num_classes)
    if classes != module.num_classes:
        module = _created(timm, name, num_classes=classes)
    return module, fit(module, file, name)


def _pretrained_file(
    name: str, config: dict[str, Any], progress: Callable[[str, int, int], None] | None
) -> str:
    """Return the weights file in the hub's cache, which is downloaded where it is not there yet."""
    import huggingface_hub

    hub_id = config.get("hf_hub_id")
    if not hub_id:
        raise UserError(f"timm has no weights for {name}", f"Use {PREFIX}{name}@{RANDOM}")
    repository, _, revision = hub_id.partition("@")
    files = [config["hf_hub_filename"]] if config.get("hf_hub_filename") else [*_FILES]
    for file in files:
        found = huggingface_hub.try_to_load_from_cache(repository, file, revision=revision or None)
        if isinstance(found, str):
            return found
    if progress:
        progress(f"{name}'s weights", 0, 0)
    return _downloaded(name, repository, revision or None, files)


def _downloaded(name: str, repository: str, revision: str | None, files: list[str]) -> str:
    import huggingface_hub
    from huggingface_hub.errors import EntryNotFoundError, LocalEntryNotFoundError

    _require_connection(name)
    reason: Exception | None = None
    for file in files:
        try:
            return str(huggingface_hub.hf_hub_download(repository, file, revision=revision))
        except LocalEntryNotFoundError as error:
            raise _unreachable(name, error) from error
        except EntryNotFoundError as error:  # another format of the same weights may be there
            reason = error
        except (OSError, ValueError) as error:
            raise _unreachable(name, error) from error
    raise UserError(
        f"The hub holds no weights of {name}", f"Use {PREFIX}{name}@{RANDOM}"
    ) from reason


def _require_connection(name: str) -> None:
    """Fail at once where there is no network: the hub's own client tries for most of a minute."""
    import huggingface_hub.constants

    url = urlparse(huggingface_hub.constants.ENDPOINT)
    if url.scheme in urllib.request.getproxies():
        return
    try:
        connect((str(url.hostname), url.port or 443)).close()
    except OSError as error:
        raise _unreachable(name, error) from error


def _unreachable(name: str, error: Exception) -> UserError:
    reason = str(error).strip().partition("\n")[0][:120]
    return UserError(
        f"Cannot download {name}'s weights: {reason}",
        "Connect to the internet once, or give a file with --weights, "
        f"or take random weights with {PREFIX}{name}@{RANDOM}",
        in_window=offline_in_window(f"{PREFIX}{name}@{RANDOM}"),
    )


def _preprocessing(config: dict[str, Any]) -> Preprocessing:
    """Return what `timm.data.create_transform` does for evaluation."""
    height, width = config["input_size"][1:]
    bicubic = config["interpolation"] == "bicubic"
    return Preprocessing(
        mean=tuple(config["mean"]),
        std=tuple(config["std"]),
        resize=math.floor(min(height, width) / config["crop_pct"]),
        interpolation=Interpolation.BICUBIC if bicubic else Interpolation.BILINEAR,
        fit=Fit.STRETCH if config.get("crop_mode") == "squash" else Fit.CROP,
    )


def _labels(timm: Any, module: Any) -> tuple[str, ...]:
    subset = timm.data.infer_imagenet_subset(module)
    if not subset:
        return ()
    info = timm.data.ImageNetInfo(subset)
    if info.num_classes() != module.num_classes:
        return ()
    names = (info.index_to_description(index) for index in range(module.num_classes))
    return tuple(name.partition(",")[0] for name in names)
