"""A corpus' codes as a map, in one call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.corpus.codes import codes_of
from deepvis_app.corpus.map.embedding import embed_codes
from deepvis_app.corpus.map.settings import MapSettings

if TYPE_CHECKING:
    from deepvis_app.corpus.corpus import Corpus
    from deepvis_app.corpus.map.embedding import Embedding


def embed(
    corpus: Corpus,
    layer: str,
    method: str = "tsne",
    *,
    seed: int = 0,
    perplexity: float = 30.0,
    metric: str = "cosine",
) -> Embedding:
    """Lay the codes of a layer out in two dimensions.

    `method` is "tsne" or "pca", `metric` "cosine" or "euclidean". Of the result, `points` (N, 2)
    are the pictures' whose ids `codes.ids` (N,) holds, and `place(codes)` finds where others
    belong. The same corpus gives the same map. Raises `UserError` of fewer than 10 pictures, where
    the scan did not keep the scores, and for a layer that was not scanned.
    """
    settings = MapSettings(method, metric, perplexity=perplexity, seed=seed)
    return embed_codes(codes_of(corpus, layer), settings)
