"""An array that is known by its content: requests that hold one can be compared and kept."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class KnownArray:
    """Compared by `digest` alone. `values` are read-only; None while they are not loaded."""

    digest: str
    values: NDArray[Any] | None = field(default=None, compare=False, repr=False)

    @classmethod
    def of(cls, values: NDArray[Any]) -> KnownArray:
        values = np.ascontiguousarray(values)
        values.setflags(write=False)
        facts = f"{values.dtype.str} {values.shape} ".encode()
        digest = hashlib.sha256(facts)
        digest.update(values.reshape(-1).view(np.uint8).data)  # no copy, and other threads go on
        return cls(digest.hexdigest(), values)

    @classmethod
    def named(cls, digest: object) -> KnownArray:
        """Return one whose values are to be loaded; raises `ValueError` for what is no digest."""
        if not isinstance(digest, str) or len(digest) != 64:
            raise ValueError("no digest")
        return cls(digest)
