"""What units are made of: their weights, by what really happens in a pass.

Plain science: a network in, arrays out. No Qt, no threads, no settings.
"""

from deepvis_app.corpus.weights.book import WeightBook
from deepvis_app.corpus.weights.expanded import Expanded, expanded_weights
from deepvis_app.corpus.weights.incoming import Incoming, Inputs, UnitWeights, Weighed
from deepvis_app.corpus.weights.outgoing import Outgoing
from deepvis_app.corpus.weights.pictures import by_hue, by_norm, filter_picture, filter_pictures
from deepvis_app.corpus.weights.spread import LayerWeights

__all__ = [
    "Expanded",
    "Incoming",
    "Inputs",
    "LayerWeights",
    "Outgoing",
    "UnitWeights",
    "Weighed",
    "WeightBook",
    "by_hue",
    "by_norm",
    "expanded_weights",
    "filter_picture",
    "filter_pictures",
]
