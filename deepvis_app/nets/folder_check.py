"""Look through the configuration of a model's folder, before transformers goes by it.

Some of its keys have other models fetched from the hub or read from elsewhere, others code.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from deepvis_app.errors import UserError, in_brief
from deepvis_app.nets.free_factories import fetches
from deepvis_app.reading import MOST_COUNT, Odd

if TYPE_CHECKING:
    from collections.abc import Iterator

_WITH_KERNELS = ("kernel_config", "quantization_config")
_MODELS = ("architecture", "backbone", "backbone_checkpoint")  # by timm's names, or by others
_ELSEWHERE = (":", "/", "\\")  # "hf-hub:someone/model", "local-dir:/tmp", "someone/model"
_GIVEN_ON = ("model_args", "backbone_kwargs")  # to timm's builders
_DEEPEST = 20


def require_plain(about: object, folder: str, depth: int = 0) -> None:
    """Raise `UserError` for a configuration that asks for more than what is in its folder."""
    if depth > _DEEPEST:
        raise UserError(f"The configuration of {folder} is too deep", "Save the model again")
    if isinstance(about, Odd) or (isinstance(about, int) and abs(about) > MOST_COUNT):
        raise UserError(  # so many layers would be built for ever
            f"The configuration of {folder} holds {in_brief(about)}, which no network has",
            "Save the model again",
        )
    if isinstance(about, list):
        for value in about:
            require_plain(value, folder, depth + 1)
    if not isinstance(about, dict):
        return
    for key, value in about.items():
        is_named = key.endswith("_implementation") and "/" in str(value)
        if (value and key in _WITH_KERNELS) or is_named:
            raise _refusal(folder, "code from the hub", key)
        if key in _MODELS and isinstance(value, str) and any(e in value for e in _ELSEWHERE):
            raise _refusal(folder, f"another model, {in_brief(value)}", key)
        if key in _GIVEN_ON and isinstance(value, dict) and (other := _fetching(value)):
            raise _refusal(folder, "weights from elsewhere", f"{key}.{other}")
        require_plain(value, folder, depth + 1)


@contextmanager
def hub_unasked() -> Iterator[None]:
    """Let nothing be fetched from the hub, whatever asks for it."""
    from huggingface_hub import constants

    was_offline, constants.HF_HUB_OFFLINE = constants.HF_HUB_OFFLINE, True
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = was_offline


def _fetching(arguments: dict[str, object]) -> str:
    return next((key for key, value in arguments.items() if value and fetches(key)), "")


def _refusal(folder: str, wanted: str, key: str) -> UserError:
    return UserError(
        f"The configuration of {folder} asks for {wanted} ({key})",
        f"Take {key} out of its config.json",
    )
