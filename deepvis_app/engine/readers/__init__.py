"""What a frame is asked: each reader is one question, in a file of its own, that stands alone."""

from deepvis_app.engine.readers.ablation import AblationReader, AblationReading
from deepvis_app.engine.readers.aside import AsideReader, AsideReading
from deepvis_app.engine.readers.attacking import AttackReader, AttackReading
from deepvis_app.engine.readers.best_frames import (
    BestFrame,
    BestFramesReader,
    BestFramesReading,
)
from deepvis_app.engine.readers.brush import Brush
from deepvis_app.engine.readers.dreaming import DreamReader, DreamReading
from deepvis_app.engine.readers.explaining import ExplanationReader
from deepvis_app.engine.readers.grid import GridReader, GridReading
from deepvis_app.engine.readers.learning import (
    Drawn,
    LayerDrawn,
    LearningReader,
    LearningReading,
)
from deepvis_app.engine.readers.maxima import MaximaReader, MaximaReading
from deepvis_app.engine.readers.order import UnitOrder
from deepvis_app.engine.readers.placing import PlaceReader, PlaceReading
from deepvis_app.engine.readers.reaching import ReachReader, ReachReading
from deepvis_app.engine.readers.reader import Changing, Look, Needs, Reader, Surrounding
from deepvis_app.engine.readers.seen import Seen
from deepvis_app.engine.readers.strip import STRIP_INTERVAL_S, StripReader, StripReading, Thumb
from deepvis_app.engine.readers.teaching import Hold, TeachingReader, TeachingReading
from deepvis_app.engine.readers.unit import UnitReader, UnitReading
from deepvis_app.engine.readers.weighing import Part, Sum, WeightReader, WeightReading
from deepvis_app.engine.readers.weight_facts import WeightFacts
from deepvis_app.engine.readers.why import ExplanationReading, Why

__all__ = [
    "STRIP_INTERVAL_S",
    "AblationReader",
    "AblationReading",
    "AsideReader",
    "AsideReading",
    "AttackReader",
    "AttackReading",
    "BestFrame",
    "BestFramesReader",
    "BestFramesReading",
    "Brush",
    "Changing",
    "Drawn",
    "DreamReader",
    "DreamReading",
    "ExplanationReader",
    "ExplanationReading",
    "GridReader",
    "GridReading",
    "Hold",
    "LayerDrawn",
    "LearningReader",
    "LearningReading",
    "Look",
    "MaximaReader",
    "MaximaReading",
    "Needs",
    "Part",
    "PlaceReader",
    "PlaceReading",
    "ReachReader",
    "ReachReading",
    "Reader",
    "Seen",
    "StripReader",
    "StripReading",
    "Sum",
    "Surrounding",
    "TeachingReader",
    "TeachingReading",
    "Thumb",
    "UnitOrder",
    "UnitReader",
    "UnitReading",
    "WeightFacts",
    "WeightReader",
    "WeightReading",
    "Why",
]
