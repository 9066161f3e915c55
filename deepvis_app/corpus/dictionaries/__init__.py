"""Directions that are made of a layer's codes: principal components, NMF, a sparse dictionary.

Plain science: codes in, `Directions` and figures out. No Qt, no threads, no settings.
"""

from deepvis_app.corpus.dictionaries.figures import DictionaryFigures
from deepvis_app.corpus.dictionaries.making import Made, make_directions, making_steps
from deepvis_app.corpus.dictionaries.patches import LayerCodes
from deepvis_app.corpus.dictionaries.settings import DictionarySettings, Method
from deepvis_app.corpus.dictionaries.walk import MakingProgress

__all__ = [
    "DictionaryFigures",
    "DictionarySettings",
    "LayerCodes",
    "Made",
    "MakingProgress",
    "Method",
    "make_directions",
    "making_steps",
]
