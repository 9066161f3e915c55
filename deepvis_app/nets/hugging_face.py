"""Vision models of Hugging Face's transformers in a folder: `hf:FOLDER`, with that extra.

The folder holds `config.json`, the weights (`model.safetensors`) and mostly
`preprocessor_config.json`, as `save_pretrained` writes them. Nothing is downloaded, and no code
that lies in the folder, or that its configuration names, is run.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from deepvis_app.errors import UserError, first_line, in_short, short_text
from deepvis_app.nets.folder_check import hub_unasked, require_plain
from deepvis_app.nets.parts import Parts
from deepvis_app.nets.preprocessing import MOST_SIDE, Fit, Interpolation, Preprocessing
from deepvis_app.nets.state_dicts import fit
from deepvis_app.nets.weights_file import read_weights
from deepvis_app.reading import parse_json, read_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from torch import nn

    from deepvis_app.nets.taken import TakenWeights
    from deepvis_app.nets.trust import Trust

PREFIX = "hf:"
CONFIG = "config.json"
MOST_BYTES = 10_000_000  # of a file of settings; names of many thousand classes may be in it
_BICUBIC = 3  # as PIL numbers its filters
_USUAL_SIDE = 224
_HERE = {"local_files_only": True, "trust_remote_code": False}


def is_folder(path: Path) -> bool:
    """Tell whether a folder holds such a model."""
    return path.is_dir() and (path / CONFIG).is_file()


def load_folder(folder: Path, weights: Path | None = None, *, trust: Trust = False) -> Parts:
    """Return what makes the model in a folder; `weights` takes the place of its own weights.

    Labels are its `id2label`, preprocessing is its `preprocessor_config.json`'s. Raises
    `UserError`.
    """
    if not is_folder(folder):
        raise UserError(
            f"{folder} holds no model of transformers", f"Give a folder with {CONFIG} in it"
        )
    transformers = _transformers()
    module, config, taken = _module(transformers, folder, weights, trust)
    given = _read(folder / "preprocessor_config.json")
    try:
        size = _input_size(given, getattr(config, "image_size", None))
        channels = int(getattr(config, "num_channels", 3) or 3)
        preprocessing = _preprocessing(given, size, channels)
        labels = _labels(config, type(module).__name__)
    except (TypeError, ValueError, LookupError, AttributeError, ArithmeticError) as error:
        raise UserError(
            f"What {folder.name} says of its input and labels makes no sense: "
            f"{short_text(str(error))}",
            "Save it again with its save_pretrained(folder)",
        ) from error
    name = folder.resolve().name
    return Parts(module, name, (channels, *size), preprocessing, labels, taken=taken)


def _transformers() -> Any:
    try:
        import transformers
    except ImportError as error:
        raise UserError(
            "transformers is not installed", "pip install 'deepvis[transformers]'"
        ) from error
    return transformers


def _module(
    transformers: Any, folder: Path, weights: Path | None, trust: Trust
) -> tuple[nn.Module, Any, TakenWeights | None]:
    about = _read(folder / CONFIG)
    require_plain(about, folder.name)
    given = about.get("architectures")
    names = given if isinstance(given, list) else []
    known = [name for name in names if _is_model(transformers, name)]
    if not known:
        named = (
            f"names {short_text(str(names[0]))}, which transformers does not have"
            if names
            else "names none"
        )
        raise UserError(
            f"The architecture of {folder.name} is not known: its {CONFIG} {named}",
            "Save the model with its save_pretrained(folder)",
        )
    kind = getattr(transformers, known[0])
    taken = None
    try:
        with _quiet(transformers.logging), hub_unasked():
            if weights is None:
                module = kind.from_pretrained(folder, **_HERE)
            else:
                config = transformers.AutoConfig.from_pretrained(folder, **_HERE)
                module = kind(config)
                taken = fit(module, read_weights(weights, trust), folder.name)
    except UserError:
        raise
    except Exception as error:  # transformers raises anything
        raise UserError(
            f"The model in {folder.name} cannot be loaded: {first_line(error)}",
            "Save it again with its save_pretrained(folder)",
        ) from error
    return module.eval(), module.config, taken


def _is_model(transformers: Any, name: object) -> bool:
    """Tell whether transformers has a model of that name itself; its other classes run more."""
    kind = getattr(transformers, name, None) if isinstance(name, str) else None
    return isinstance(kind, type) and issubclass(kind, transformers.PreTrainedModel)


@contextmanager
def _quiet(logging: Any) -> Iterator[None]:
    """Let transformers print neither warnings nor bars, which would leave a thread behind."""
    level, has_bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if has_bars:
            logging.enable_progress_bar()


def _read(file: Path) -> dict[str, Any]:
    """Return what a JSON file holds, nothing where there is no such file."""
    try:
        found = parse_json(read_text(file, MOST_BYTES))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise UserError(f"Cannot read {file}: {in_short(error)}", "Save the model again") from error
    return found if isinstance(found, dict) else {}


def _input_size(given: dict[str, Any], usual: Any) -> tuple[int, int]:
    """Return (height, width): the crop's, else the resized picture's, else the model's own."""
    crops = given.get("do_center_crop") and given.get("crop_size")
    for size in (crops, given.get("size"), usual):
        if found := _pair(size):
            return found
    return _USUAL_SIDE, _USUAL_SIDE


def _pair(size: Any) -> tuple[int, int] | None:
    if isinstance(size, dict):
        side = size.get("shortest_edge")
        size = (size.get("height", side), size.get("width", side))
    sides = (size, size) if isinstance(size, int) else size
    if not isinstance(sides, list | tuple) or len(sides) != 2:
        return None
    return (sides[0], sides[1]) if all(map(_is_side, sides)) else None


def _is_side(side: Any) -> bool:
    return type(side) is int and 0 < side <= MOST_SIDE


def _preprocessing(given: dict[str, Any], size: tuple[int, int], channels: int) -> Preprocessing:
    """Return what the folder's image processor does to a picture."""
    if not given:
        return Preprocessing.default(channels)
    normalises = given.get("do_normalize", True) and given.get("image_mean")
    rescales = given.get("do_rescale", True)
    short, fitting = _resizing(given, size)
    return Preprocessing(
        mean=tuple(given["image_mean"]) if normalises else (0.0,),
        std=tuple(given["image_std"]) if normalises else (1.0,),
        scale=float(given.get("rescale_factor", 1 / 255)) if rescales else 1.0,
        resize=short,
        interpolation=(
            Interpolation.BICUBIC if given.get("resample") == _BICUBIC else Interpolation.BILINEAR
        ),
        fit=fitting,
    )


def _resizing(given: dict[str, Any], size: tuple[int, int]) -> tuple[int | None, Fit]:
    """Return the short side before the crop, and whether there is one."""
    wanted = given.get("size")
    short = wanted.get("shortest_edge") if isinstance(wanted, dict) else None
    if given.get("crop_pct") and short and short < 384:  # as ConvNeXt's processor does it
        return int(short / given["crop_pct"]), Fit.CROP
    if given.get("do_center_crop"):
        return int(short or min(_pair(wanted) or size)), Fit.CROP
    return None, Fit.CROP if short else Fit.STRETCH


def _labels(config: Any, architecture: str) -> tuple[str, ...]:
    """Return the names of the classes, none where they are only numbered."""
    names = {int(k): str(v) for k, v in (getattr(config, "id2label", None) or {}).items()}
    labels = tuple(names[k] for k in sorted(names))
    if all(re.fullmatch(r"LABEL_\d+", label) for label in labels):
        return ()
    if architecture.endswith("ForObjectDetection"):
        return (*labels, "no object")
    suits = architecture.endswith(("Classification", "Segmentation", "Teacher"))
    return labels if suits else ()
