"""What diagnoses need to know of a training beyond norms and losses, gathered beside it.

Each file gathers one kind of evidence and knows nothing of logs; `Evidence` joins them.
"""

from deepvis_app.lab.evidence.evidence import Evidence, News
from deepvis_app.lab.evidence.margins import Margins
from deepvis_app.lab.evidence.structure import Structure, examine

__all__ = ["Evidence", "Margins", "News", "Structure", "examine"]
