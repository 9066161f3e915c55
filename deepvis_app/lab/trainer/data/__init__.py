"""What is learned from: sets of pictures, folders of one's own, clouds of points."""

from deepvis_app.lab.trainer.data.dataset import DataSet
from deepvis_app.lab.trainer.data.load import load_data
from deepvis_app.lab.trainer.data.names import CLOUDS, DOWNLOADED, SETS, set_names

__all__ = ["CLOUDS", "DOWNLOADED", "SETS", "DataSet", "load_data", "set_names"]
