"""What a model raised, in words. Its errors may be of any kind: models are other people's code."""

from __future__ import annotations

import torch

from deepvis_app.errors import UserError, in_words, one_line

NO_MEMORY = ("can't allocate memory", "not enough memory", "out of memory")


def failure_in_words(error: BaseException) -> UserError:
    """Put the failure of a forward pass into one line with its remedy. Cannot fail."""
    return _no_memory(error) or UserError(
        f"The network failed: {in_words(error)}",
        "Choose another network or mend this one; the stream goes on when it works",
    )


def reading_failure(what: str, error: BaseException) -> UserError:
    """Put into one line why one reader of a frame has no answer. Cannot fail."""
    return _no_memory(error) or UserError(
        f"{what} failed: {in_words(error)}", "Choose something else to look at; the rest goes on"
    )


def loading_failure(error: BaseException) -> UserError:
    """Put into one line with its remedy why a network did not load. Cannot fail."""
    return _no_memory(error) or UserError(
        f"The network cannot be loaded: {in_words(error)}", "Mend it or choose another network"
    )


def is_out_of_memory(error: BaseException) -> bool:
    """Tell whether a smaller batch may help. Torch has no class of its own for this on a CPU."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    said = one_line(error) if isinstance(error, RuntimeError) else ""
    return any(words in said for words in NO_MEMORY)


def _no_memory(error: BaseException) -> UserError | None:
    if not is_out_of_memory(error):
        return None
    return UserError(
        "The device has no memory left for this network",
        "Choose another device, a smaller network or close other programs",
    )
