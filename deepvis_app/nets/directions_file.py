"""Directions in a file: safetensors, with what they are called and how they were made as JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from deepvis_app.errors import UserError, in_brief, in_short
from deepvis_app.files import plain_name, write_whole
from deepvis_app.nets.activations import Activation
from deepvis_app.nets.directions import Directions
from deepvis_app.nets.weights import require_file
from deepvis_app.reading import parse_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SUFFIX = ".safetensors"
KEY = "deepvis directions"  # of the metadata
VERSION = 1
_TENSORS = ("weight", "bias", "threshold", "decoder", "decoder_bias")


@dataclass(frozen=True, slots=True)
class AboutDirections:
    """What is known of directions beside their numbers.

    `layer` is the one that they read, of the network with the fingerprint `network`. `name` is
    what they are called, `made` says in a sentence how they were made. `figures` are numbers, or
    lists with one a direction, such as those of `DirectionFigures`.
    """

    layer: str
    name: str
    network: str = ""
    network_name: str = ""
    made: str = ""
    figures: Mapping[str, float | list[float]] = field(default_factory=dict)


def write_directions(path: Path, directions: Directions, about: AboutDirections) -> None:
    """Write a directions file, whole or not at all. Raises `UserError`."""
    limits = directions.activation.thresholds(directions.count)
    values = {
        "weight": directions.weight, "bias": directions.bias, "threshold": limits,
        "decoder": directions.decoder, "decoder_bias": directions.decoder_bias,
    }  # fmt: skip
    facts = {
        "version": VERSION, "layer": about.layer, "name": about.name, "network": about.network,
        "network_name": about.network_name, "made": about.made, "names": list(directions.names),
        "activation": directions.activation.kind, "k": directions.activation.k,
        "figures": {**{k: list(v) for k, v in directions.figures.items()}, **about.figures},
    }  # fmt: skip
    tensors = {name: value for name, value in values.items() if value is not None}
    data = save(tensors, {KEY: json.dumps(facts, ensure_ascii=False)})
    try:
        write_whole(path, data)
    except OSError as error:
        raise UserError(
            f"The directions cannot be written to {path}: {in_short(error)}",
            "Choose a folder that can be written to",
        ) from error


def is_directions_file(path: Path) -> bool:
    """Tell whether a file is one that `write_directions` wrote, by its head alone."""
    try:
        with safe_open(path, framework="numpy") as opened:
            return KEY in (opened.metadata() or {})
    except (SafetensorError, OSError):
        return False


def read_about(path: Path) -> AboutDirections:
    """Return what a directions file says of them, without its numbers. Raises `UserError`."""
    require_file(path)
    try:
        with safe_open(path, framework="numpy") as opened:
            metadata = opened.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise _damaged(path) from error
    return _about(path, _facts(path, metadata))


def read_directions(path: Path) -> tuple[Directions, AboutDirections]:
    """Read what `write_directions` wrote. Raises `UserError`."""
    require_file(path)
    try:
        with safe_open(path, framework="pt") as opened:
            metadata = opened.metadata() or {}
            there = set(opened.keys())
            values = {n: opened.get_tensor(n) for n in _TENSORS if n in there}
    except (SafetensorError, OSError) as error:
        raise _damaged(path) from error
    facts = _facts(path, metadata)
    about = _about(path, facts)
    if "weight" not in values:
        raise _damaged(path)
    limits = values.get("threshold")
    try:
        threshold = () if limits is None else tuple(float(value) for value in limits.flatten())
        activation = Activation(str(facts["activation"]), int(facts["k"]), threshold)
        names = tuple(str(name) for name in facts["names"])
    except (KeyError, ValueError, TypeError, RuntimeError) as error:
        raise _damaged(path) from error
    directions = Directions(
        values["weight"], values.get("bias"), names=names, activation=activation,
        decoder=values.get("decoder"), decoder_bias=values.get("decoder_bias"),
        figures=_of_each(path, about.figures, len(values["weight"])),
    )  # fmt: skip
    return directions, about


def _of_each(
    path: Path, figures: Mapping[str, float | list[float]], count: int
) -> dict[str, list[float]]:
    """Return the figures that have one number a direction."""
    found = {name: each for name, each in figures.items() if isinstance(each, list)}
    for each in found.values():
        if len(each) != count or not all(isinstance(value, int | float) for value in each):
            raise _damaged(path)
    return found


def _facts(path: Path, metadata: Mapping[str, str]) -> dict[str, Any]:
    if KEY not in metadata:
        raise UserError(
            f"{path.name} holds no directions of deepvis",
            "Give a directions file, or add a sparse autoencoder with `deepvis directions add-sae`",
        )
    try:
        facts = parse_json(metadata[KEY])
    except ValueError as error:
        raise _damaged(path) from error
    if not isinstance(facts, dict):
        raise _damaged(path)
    if facts.get("version") != VERSION:
        raise UserError(
            f"{path.name} is of another version of deepvis ({in_brief(str(facts.get('version')))})",
            "Write it again with this one",
        )
    return facts


def _about(path: Path, facts: Mapping[str, Any]) -> AboutDirections:
    texts = {key: facts.get(key, "") for key in ("layer", "network", "network_name", "made")}
    name, figures = facts.get("name", ""), facts.get("figures", {})
    if not all(isinstance(text, str) for text in (*texts.values(), name)):
        raise _damaged(path)
    if not isinstance(figures, dict) or not texts["layer"]:
        raise _damaged(path)
    return AboutDirections(name=plain_name(name, "directions"), figures=figures, **texts)


def _damaged(path: Path) -> UserError:
    return UserError(f"{path.name} is damaged or no directions file", "Fetch or write it again")
