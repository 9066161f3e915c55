"""What a live request asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from deepvis_app.engine import LiveRequest, Reader

T = TypeVar("T", bound="Reader[object]")


def asked(request: LiveRequest, kind: type[T]) -> list[T]:
    """Return the readers of a kind, in order."""
    return [reader for reader in request.readers if isinstance(reader, kind)]
