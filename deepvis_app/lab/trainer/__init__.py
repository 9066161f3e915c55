"""Training of a network by a plan: data, network, cost, optimiser, checkpoints, log."""

from deepvis_app.lab.trainer.data import DataSet, load_data, set_names
from deepvis_app.lab.trainer.folder import RunFolder
from deepvis_app.lab.trainer.lock import Holder, holder_of
from deepvis_app.lab.trainer.news import Evaluation, News
from deepvis_app.lab.trainer.plan import TrainPlan
from deepvis_app.lab.trainer.summary import Summary, list_runs, read_summary, remove_run
from deepvis_app.lab.trainer.training import Training

__all__ = [
    "DataSet",
    "Evaluation",
    "Holder",
    "News",
    "RunFolder",
    "Summary",
    "TrainPlan",
    "Training",
    "holder_of",
    "list_runs",
    "load_data",
    "read_summary",
    "remove_run",
    "set_names",
]
