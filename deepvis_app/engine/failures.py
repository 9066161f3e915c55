"""What a model raised, in words."""

from __future__ import annotations

import torch

from deepvis_app.errors import UserError


def failure_in_words(error: Exception) -> UserError:
    """Put the failure of a forward pass into one line with its remedy."""
    text = str(error)
    if (
        isinstance(error, MemoryError | torch.OutOfMemoryError)
        or "can't allocate memory" in text
        or "out of memory" in text
    ):
        return UserError(
            "The device has no memory left for this network",
            "Choose another device, a smaller network or close other programs",
        )
    first_line = (text.splitlines() or [""])[0][:200]
    return UserError(
        f"The network failed: {type(error).__name__}: {first_line}",
        "Choose another network or mend this one; the stream goes on when it works",
    )
