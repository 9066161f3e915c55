"""Which pictures excite a unit: scanning a collection, and reading what was found.

Plain science: a network and pictures in, files and values out. No Qt, no settings.
"""

from deepvis_app.corpus.corpus import Corpus, Patch, load_corpus
from deepvis_app.corpus.map.embed import embed
from deepvis_app.corpus.map.embedding import Embedding
from deepvis_app.corpus.measure import Score
from deepvis_app.corpus.scan import scan
from deepvis_app.corpus.selectivity import ClassRow
from deepvis_app.corpus.state import LayerState

__all__ = [
    "ClassRow",
    "Corpus",
    "Embedding",
    "LayerState",
    "Patch",
    "Score",
    "embed",
    "load_corpus",
    "scan",
]
