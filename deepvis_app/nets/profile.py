"""Profiles: a TOML file that says how a network is made, fed and labelled."""

from __future__ import annotations

import difflib
import importlib
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from torch import nn

from deepvis_app.errors import UserError, in_brief, in_short, in_words, short_text
from deepvis_app.nets.free_factories import free_builder
from deepvis_app.nets.hugging_face import PREFIX as HF
from deepvis_app.nets.hugging_face import load_folder
from deepvis_app.nets.own_factory import OwnFactory, folder_importable
from deepvis_app.nets.parts import Parts
from deepvis_app.nets.preprocessing import (
    MOST_SIDE,
    ChannelOrder,
    Fit,
    Interpolation,
    Preprocessing,
)
from deepvis_app.nets.state_dicts import fit
from deepvis_app.nets.trust import Trust, UntrustedCodeError, covers
from deepvis_app.nets.weights_file import read_weights
from deepvis_app.reading import Unreadable, as_text, parse_toml, read_bytes, read_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


MOST_BYTES = 2_000_000  # a list of many thousand labels may be in it
MOST_LABELS_BYTES = 20_000_000
LONGEST_LABEL = 200  # letters
_ZOOS = ("torchvision:", "timm:", HF)
_FORM = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*")  # module:function
_RANGES = {"0..1": (1 / 255, 0.0), "-1..1": (2 / 255, 1.0), "0..255": (1.0, 0.0)}
Pixels = Annotated[int, Field(ge=1, le=MOST_SIDE)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class InputSection(_Section):
    """`[input]`: what the network wants to be fed. What is left out is the factory's own."""

    size: Pixels | tuple[Pixels, Pixels] | None = None  # one side, or [height, width]
    channels: Annotated[int, Field(ge=1, le=1024)] | None = None
    show: tuple[int, int, int] | None = None  # channels seen as red, green and blue, from 0
    range: Literal["0..1", "-1..1", "0..255"] | None = None  # of values, before mean and std
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    order: ChannelOrder | None = None
    resize: Pixels | None = None  # short side before the centre crop
    interpolation: Interpolation | None = None
    fit: Fit | None = None


class Profile(_Section):
    """A whole profile. Paths are relative to its file."""

    factory: str  # "module:function", "torchvision:NAME", "timm:NAME" or "hf:FOLDER"
    title: Annotated[str, Field(max_length=200)] | None = None
    arguments: dict[str, Any] = {}  # the factory's keyword arguments
    weights: str | None = None  # a file, or FILE#NAME
    labels: tuple[str, ...] | str | None = None  # names, or a text file with one a line
    layers: Annotated[tuple[str, ...], Field(min_length=1)] | None = None  # those to show
    scores: Literal["softmax", "sigmoid", "given", "number"] | None = None  # see `Network`
    input: InputSection = InputSection()


def load_profile(
    path: Path,
    weights: Path | None = None,
    *,
    trust: Trust = False,
    progress: Callable[[str, int, int], None] | None = None,
) -> Parts:
    """Return what the profile at `path` makes; `weights` takes the place of its own weights.

    A factory of one's own is imported from the profile's folder or the Python path, and run: only
    where `trust` covers it, else `UntrustedCodeError` tells what it is. Raises `UserError`.
    """
    text = _text(path)
    profile = _parsed(text, path.name)
    file = weights or (path.parent / profile.weights if profile.weights else None)
    if profile.factory.startswith(_ZOOS):
        parts = _from_zoo(profile, path, file, trust, progress)
    else:
        parts = Parts(_made(profile, path, text, trust), path.stem)
        if file is not None:
            taken = fit(parts.module, read_weights(file, trust), profile.title or path.stem)
            parts = replace(parts, taken=taken)
    shape = _shape(profile.input, parts.input_shape)
    preprocessing = _preprocessing(profile.input, parts.preprocessing, shape[0])
    blank = np.zeros((*shape[1:], 3), np.uint8)
    preprocessing.normalise(blank, shape)  # raises where mean or std do not fit the channels
    return replace(
        parts,
        name=profile.title or parts.name,
        input_shape=shape,
        preprocessing=preprocessing,
        labels=labels_of(profile, path) or parts.labels,
        layer_names=profile.layers,
        scores=profile.scores,
    )


def read_profile(path: Path) -> Profile:
    """Read and check a profile. Raises `UserError` naming the key that is wrong."""
    return _parsed(_text(path), path.name)


def _text(path: Path) -> bytes:
    try:
        return read_bytes(path, MOST_BYTES)
    except OSError as error:
        raise UserError(f"Cannot read {path}: {in_short(error)}", "Check the path") from error
    except Unreadable as error:
        raise UserError(f"{path.name} cannot be read: {error}", "Give a profile") from error


def _parsed(text: bytes, file: str) -> Profile:
    try:
        values = parse_toml(as_text(text))
    except Unreadable as error:
        raise UserError(f"{file} cannot be read: {error}", "Correct that line") from error
    try:
        return Profile.model_validate(values)
    except ValidationError as error:
        raise _explained(error, file) from error


def _explained(error: ValidationError, file: str) -> UserError:
    first = error.errors(include_url=False)[0]
    # Union members add steps of their own to the way ("size.int"); a key is at most two deep.
    deep = 2 if first["loc"][0] == "input" else 1
    keys = [short_text(str(step)) for step in first["loc"][:deep]]
    key = ".".join(keys)
    if first["type"] == "missing":
        return UserError(f"{file} has no {key!r}", 'Add one: factory = "module:function"')
    if first["type"] == "extra_forbidden":
        known = InputSection.model_fields if len(keys) == 2 else Profile.model_fields
        near = difflib.get_close_matches(keys[-1], known, 1, 0.5)
        remedy = f"Did you mean {near[0]}?" if near else f"Keys here: {', '.join(known)}"
        return UserError(f"{file} has an unknown key {key!r}", remedy)
    return UserError(f"{file}: {key!r} is wrong: {first['msg']}", "Correct it")


def _from_zoo(
    profile: Profile,
    path: Path,
    weights: Path | None,
    trust: Trust,
    progress: Callable[[str, int, int], None] | None,
) -> Parts:
    if profile.arguments:
        raise UserError(
            f"{path.name} has arguments, which {profile.factory} does not take",
            "Leave them out, or write a factory of your own",
        )
    if profile.factory.startswith(HF):
        folder = path.parent / profile.factory.removeprefix(HF)
        return load_folder(folder, weights, trust=trust)
    if profile.factory.startswith("timm:"):
        from deepvis_app.nets.timm_zoo import load_timm

        return load_timm(profile.factory, weights, trust=trust, progress=progress)
    from deepvis_app.nets.zoo import load_zoo

    return load_zoo(profile.factory, weights, trust=trust, progress=progress)


def _made(profile: Profile, path: Path, text: bytes, trust: Trust) -> nn.Module:
    """Return what the factory makes; a foreign one only runs where `trust` covers it."""
    if not _FORM.fullmatch(profile.factory):
        raise UserError(
            f"{path.name}: the factory {in_brief(profile.factory)} "
            "is not of the form module:function",
            'Write for example factory = "my_network:build", with my_network.py beside the profile',
        )
    if free := free_builder(profile.factory, profile.arguments):
        return _called(profile, path, lambda: free)
    if trust is True:
        with folder_importable(path.parent):
            return _called(profile, path, lambda: _found(profile.factory))
    own = OwnFactory(profile.factory, path, text, _written(profile.arguments))
    if not covers(trust, own.code.digest):
        raise UntrustedCodeError(
            f"{path.name} makes its network with {profile.factory} ({own.code.lies_in}), "
            "code that runs with all your rights",
            own.code,
        )
    with own.importable():
        return _called(profile, path, lambda: _found(profile.factory))


def _found(factory: str) -> Callable[..., Any]:
    module, _, function = factory.partition(":")
    found: Any = importlib.import_module(module)
    for name in function.split("."):
        found = getattr(found, name)
    made: Callable[..., Any] = found
    return made


def _called(profile: Profile, path: Path, find: Callable[[], Callable[..., Any]]) -> nn.Module:
    try:
        made = find()(**profile.arguments)
    except (Exception, SystemExit) as error:  # the user's code, which may raise anything
        raise UserError(
            f"The factory {profile.factory} of {path.name} fails: {in_words(error)}",
            "Correct it, or the profile's factory and arguments",
        ) from error
    if not isinstance(made, nn.Module):
        raise UserError(
            f"The factory {profile.factory} gives a {type(made).__name__}",
            "It has to return a torch.nn.Module",
        )
    return made


def _written(arguments: Mapping[str, object]) -> str:
    """Return arguments as a call in Python has them."""
    return ", ".join(f"{name}={value!r}" for name, value in arguments.items())


def _shape(section: InputSection, default: tuple[int, int, int]) -> tuple[int, int, int]:
    size = section.size or default[1:]
    height, width = (size, size) if isinstance(size, int) else size
    return section.channels or default[0], height, width


def _preprocessing(
    section: InputSection, default: Preprocessing | None, channels: int
) -> Preprocessing:
    """Return `default`, or what suits the number of channels, with the section's own values."""
    base = default or Preprocessing.default(channels)
    if section.range:  # values in that range, and no statistics unless the section gives them
        scale, shift = _RANGES[section.range]
        mean = tuple(value + shift for value in section.mean or (0.0,))
        base = replace(base, scale=scale, mean=mean, std=section.std or (1.0,))
    else:
        base = replace(base, mean=section.mean or base.mean, std=section.std or base.std)
    return replace(
        base,
        channels=section.order or base.channels,
        resize=section.resize or base.resize,
        interpolation=section.interpolation or base.interpolation,
        fit=section.fit or base.fit,
        show=section.show or base.show,
    )


def labels_of(profile: Profile, path: Path) -> tuple[str, ...]:
    """Return the names of the classes of the profile at `path`. Raises `UserError`."""
    if not isinstance(profile.labels, str):
        return profile.labels or ()
    file = path.parent / profile.labels
    try:
        lines = read_text(file, MOST_LABELS_BYTES).rstrip().splitlines()
    except (OSError, Unreadable) as error:
        raise UserError(
            f"{path.name}: cannot read the labels {in_brief(profile.labels)}: {in_short(error)}",
            "Write one label a line, in UTF-8",
        ) from error
    return tuple(line.strip()[:LONGEST_LABEL] for line in lines)
