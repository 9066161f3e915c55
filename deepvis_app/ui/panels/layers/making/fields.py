"""What is asked for beside layer, pictures and method."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.corpus.dictionaries.settings import DictionarySettings, Method
from deepvis_app.fields import form_fields

if TYPE_CHECKING:
    from deepvis_app.nets import LayerInfo

FIELDS = tuple(field for field in form_fields(DictionarySettings) if field.path != "method")


def asked_for(settings: DictionarySettings, info: LayerInfo) -> list[str]:
    """Return the fields that mean something beside the others, for a layer."""
    pointless = {
        "sparsity": settings.method is not Method.SPARSE,
        "codes": info.map_size == (1, 1),
    }
    return [field.path for field in FIELDS if not pointless.get(field.path, False)]
