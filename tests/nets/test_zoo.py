"""Every family of torchvision, tapped everywhere, against an independent look."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest
import torch
from torch import nn
from torchvision import models

from deepvis_app.nets import Network
from tests.nets.tap_check import check_taps

if TYPE_CHECKING:
    from collections.abc import Callable


def vit(**options: object) -> nn.Module:
    parts = {"patch_size": 16, "num_layers": 2, "num_heads": 2, "hidden_dim": 32, "mlp_dim": 48}
    return models.VisionTransformer(image_size=64, **parts, **options)


def swin(block: type[nn.Module], **options: object) -> nn.Module:
    parts = {"patch_size": [4, 4], "embed_dim": 16, "depths": [2, 2], "num_heads": [2, 4]}
    return models.SwinTransformer(window_size=[4, 4], block=block, **parts, **options)


def convnext() -> nn.Module:
    blocks = [(16, 32, 2), (32, 48, 1), (48, None, 1)]
    return models.ConvNeXt([models.convnext.CNBlockConfig(*b) for b in blocks])


def named(name: str) -> Callable[[], nn.Module]:
    options = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
    return lambda: models.get_model(name, weights=None, **options)


SMALL: dict[str, tuple[Callable[[], nn.Module], tuple[int, int]]] = {  # one of each family
    "alexnet": (named("alexnet"), (64, 80)),
    "convnext": (convnext, (64, 96)),
    "densenet": (named("densenet121"), (32, 64)),
    "efficientnet": (named("efficientnet_b0"), (64, 96)),
    "googlenet": (named("googlenet"), (64, 96)),
    "inception": (named("inception_v3"), (75, 107)),
    "mnasnet": (named("mnasnet0_5"), (64, 96)),
    "mobilenet_v2": (named("mobilenet_v2"), (64, 96)),
    "mobilenet_v3": (named("mobilenet_v3_small"), (64, 96)),
    "regnet": (named("regnet_y_400mf"), (64, 96)),
    "resnet": (named("resnet18"), (64, 96)),
    "shufflenet": (named("shufflenet_v2_x0_5"), (64, 96)),
    "squeezenet": (named("squeezenet1_1"), (64, 96)),
    "swin": (partial(swin, models.swin_transformer.SwinTransformerBlock), (64, 96)),
    "swin_v2": (
        partial(
            swin,
            models.swin_transformer.SwinTransformerBlockV2,
            downsample_layer=models.swin_transformer.PatchMergingV2,
        ),
        (64, 96),
    ),
    "vit": (vit, (64, 64)),
}
ALL = models.list_models(module=models)


def zoo_check(make: Callable[[], nn.Module], size: tuple[int, int]) -> None:
    torch.manual_seed(0)
    net = Network(make().eval(), (3, *size))
    check = check_taps(net)
    assert check.wrong == ()
    assert check.worst == 0
    assert check.same_output
    assert check.hooks_left == 0
    assert check.layers == len(net.layers) > 10
    assert net.output_layer is not None
    assert net.layer(net.output_layer).unit_count == 1000


@pytest.mark.parametrize("name", SMALL)
def test_taps_of_small_networks_see_what_the_modules_give(name: str) -> None:
    zoo_check(*SMALL[name])


@pytest.mark.slow(seconds=8)
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", sorted(ALL))
def test_taps_of_all_networks_see_what_the_modules_give(name: str) -> None:
    size = 224 if name.startswith(("vit", "maxvit")) else 107 if "inception" in name else 64
    zoo_check(named(name), (size, size))
