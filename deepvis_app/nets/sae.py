"""Sparse autoencoders as others save them: SAELens' names, and those of two linear layers.

SAELens (https://github.com/jbloomAus/SAELens) writes `W_enc` (C, D), `W_dec` (D, C), `b_enc`,
`b_dec`, for JumpReLU `threshold`, and a `cfg.json` beside. Two linear layers are `encoder.weight`
(D, C) and `decoder.weight` (C, D), as in OpenAI's `sparse_autoencoder`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from deepvis_app.errors import UserError, in_brief, short_text
from deepvis_app.nets.activations import Activation
from deepvis_app.nets.directions import Directions
from deepvis_app.nets.weights_file import read_weights
from deepvis_app.reading import Unreadable, parse_json, read_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from torch import Tensor

_ENCODERS = ("W_enc", "encoder.weight")
_DECODERS = ("W_dec", "decoder.weight")
_BIASES = ("b_enc", "encoder.bias", "latent_bias")
_OFFSETS = ("b_dec", "decoder.bias", "pre_bias", "bias")
INSIDE = "sae_weights"  # the stem of the file in a folder as SAELens writes it
_STANDARD = ("standard", "vanilla", "relu", "matryoshka", "")
_JUMPING = ("jumprelu", "batchtopk_jumprelu")


@dataclass(frozen=True, slots=True, eq=False)
class SparseAutoencoder:
    """A saved sparse autoencoder as directions, and in a sentence what was read."""

    directions: Directions
    made: str


def read_sae(path: Path) -> SparseAutoencoder:
    """Read a sparse autoencoder: a file, or the folder that SAELens writes.

    Activations are `f(W_enc · (x - b_dec) + b_enc)`, without `b_dec` where the configuration says
    so, or there is none and the layers are two linear ones. Raises `UserError`.
    """
    path = path / f"{INSIDE}.safetensors" if path.is_dir() else path
    tensors = read_weights(path).tensors
    config = _config(path)
    encoder = _found(tensors, _ENCODERS)
    if encoder is None:
        held = ", ".join(list(tensors)[:5])
        raise UserError(
            f"{path.name} holds no sparse autoencoder (found: {in_brief(held)})",
            "Give a file with W_enc and W_dec, or encoder.weight and decoder.weight",
        )
    name, weight = encoder
    is_lens = name == "W_enc"
    _check_kind(path, config, tensors)
    weight = _matrix(path, name, weight)
    weight = weight.T if is_lens else weight
    count, width = weight.shape
    if (told := config.get("d_in")) is not None and told != width:
        raise UserError(
            f"{path.name} reads {width} units, and its cfg.json says {in_brief(str(told))}",
            "Take the two that belong together",
        )
    decoder = _found(tensors, _DECODERS)
    rows = None if decoder is None else _decoder(path, *decoder, (count, width))
    bias, offset = _vector(path, tensors, _BIASES, count), _vector(path, tensors, _OFFSETS, width)
    shift = torch.zeros(count, dtype=torch.float64) if bias is None else bias.double()
    if offset is not None and config.get("apply_b_dec_to_input", is_lens):
        shift = shift - weight.double() @ offset.double()
    activation = _activation(path, config, tensors, count)
    if config.get("rescale_acts_by_decoder_norm") and rows is not None:
        norms = rows.norm(dim=1).clamp_min(1e-12)
        weight, shift, rows = weight * norms[:, None], shift * norms, rows / norms[:, None]
    directions = Directions(
        weight.float(), shift.float(), activation=activation, decoder=rows, decoder_bias=offset
    )
    beside = "" if config else ", without a cfg.json"
    made = f"sparse autoencoder {path.name} of {count} directions, {activation}{beside}"
    return SparseAutoencoder(directions, made)


def _config(path: Path) -> dict[str, Any]:
    """Return what lies beside a file as its configuration; {} where nothing does."""
    for beside in (path.with_name("cfg.json"), path.with_suffix(".json")):
        if not beside.is_file():
            continue
        try:
            found = parse_json(read_text(beside))
        except (ValueError, Unreadable, OSError) as error:
            raise UserError(f"{beside.name} is no JSON that can be read", "Write it again") from (
                error
            )
        if not isinstance(found, dict):
            raise UserError(f"{beside.name} holds no table of settings", "Write it again")
        nested = found.get("sae")
        return nested if isinstance(nested, dict) else found
    return {}


def _check_kind(path: Path, config: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> None:
    kind = _word(config, "architecture")
    is_gated = kind == "gated" or _found(tensors, ("W_gate", "r_mag", "b_gate")) is not None
    if is_gated or kind not in (*_STANDARD, *_JUMPING, "topk", "batchtopk"):
        raise UserError(
            f"{path.name} is a sparse autoencoder of the kind "
            f"{'gated' if is_gated else short_text(kind)}",
            "Use one with ReLU, TopK or JumpReLU",
        )
    scaling = _word(config, "normalize_activations")
    if scaling not in ("", "none", "expected_average_only_in"):
        raise UserError(
            f"{path.name} wants its input normalised ({in_brief(scaling)}), which no linear "
            "read-out does",
            "Use one with normalize_activations none",
        )


def _activation(
    path: Path, config: Mapping[str, Any], tensors: Mapping[str, Tensor], count: int
) -> Activation:
    kind = _word(config, "architecture")
    function = _word(config, "activation_fn") or _word(config, "activation_fn_str")
    limits = _found(tensors, ("threshold", "log_threshold"))
    if limits is not None:
        name, values = limits
        values = values.double().exp() if name.startswith("log") else values.double()
        return Activation("jumprelu", threshold=tuple(values.flatten().tolist()))
    if kind in _JUMPING:
        raise UserError(f"{path.name} is of the kind JumpReLU and has no threshold", "Save it")
    if "topk" in (kind, function.removeprefix("batch")) or kind == "batchtopk":
        k = _k(config, tensors)
        if not 1 <= k <= count:
            raise UserError(
                f"{path.name} is of the kind TopK, and its k is not known",
                'Write it beside, in cfg.json: {"architecture": "topk", "k": 32}',
            )
        return Activation("topk", k=k)
    if function not in ("", "relu"):
        raise UserError(
            f"{path.name} has the activation {in_brief(function)}", "Use ReLU, TopK or JumpReLU"
        )
    k = _k(config, tensors)
    return Activation("topk", k=k) if 1 <= k <= count else Activation("relu")


def _k(config: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> int:
    """Return how many TopK leaves, 0 where it is not told."""
    more = [config.get(key) for key in ("activation_fn_kwargs", "activation_params")]
    told = [config, *(one for one in more if isinstance(one, dict))]
    found = next((one["k"] for one in told if isinstance(one.get("k"), int | float)), None)
    if found is None and (kept := _found(tensors, ("k",))) is not None and kept[1].numel() == 1:
        found = float(kept[1])
    return int(found) if found is not None and float(found).is_integer() else 0


def _word(config: Mapping[str, Any], key: str) -> str:
    value = config.get(key)
    return value.casefold() if isinstance(value, str) else ""


def _found(tensors: Mapping[str, Tensor], names: tuple[str, ...]) -> tuple[str, Tensor] | None:
    """Return the tensor with one of some names, whatever prefix a file puts before all."""
    for name in names:
        same = [v for key, v in tensors.items() if key == name or key.endswith(f".{name}")]
        if len(same) == 1 and (name in tensors or "." in name or name[:2] in ("W_", "b_")):
            return name, same[0]
        if name in tensors:
            return name, tensors[name]
    return None


def _matrix(path: Path, name: str, value: Tensor) -> Tensor:
    if value.ndim != 2 or not value.numel():
        raise UserError(
            f"{name} of {path.name} has the shape {tuple(value.shape)}, not that of a matrix",
            "Save the autoencoder again",
        )
    return value.float()


def _decoder(path: Path, name: str, value: Tensor, shape: tuple[int, int]) -> Tensor:
    found = _matrix(path, name, value)
    found = found if name == "W_dec" else found.T
    if tuple(found.shape) != shape:
        raise UserError(
            f"{name} of {path.name} does not fit its encoder of {shape[1]} units and "
            f"{shape[0]} directions",
            "Save the autoencoder again",
        )
    return found


def _vector(
    path: Path, tensors: Mapping[str, Tensor], names: tuple[str, ...], count: int
) -> Tensor | None:
    found = _found(tensors, names)
    if found is None:
        return None
    name, value = found
    if value.numel() != count:
        raise UserError(
            f"{name} of {path.name} has {value.numel()} numbers, and {count} are wanted",
            "Save the autoencoder again",
        )
    return value.flatten().float()
