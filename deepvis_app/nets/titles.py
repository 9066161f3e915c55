"""How torchvision's models are called in their papers: "squeezenet1_0" is SqueezeNet 1.0."""

from __future__ import annotations

import re

_TITLES: tuple[tuple[str, str], ...] = (
    (r"alexnet", "AlexNet"),
    (r"convnext_(\w+)", "ConvNeXt-{}"),
    (r"densenet(\d+)", "DenseNet-{}"),
    (r"efficientnet_(b\d)", "EfficientNet-{}"),
    (r"efficientnet_v2_(\w)", "EfficientNetV2-{}"),
    (r"googlenet", "GoogLeNet"),
    (r"inception_v3", "Inception v3"),
    (r"maxvit_(\w)", "MaxViT-{}"),
    (r"mnasnet(\d)_(\d+)", "MNASNet {}.{}"),
    (r"mobilenet_v(\d)", "MobileNetV{}"),
    (r"mobilenet_v(\d)_(\w+)", "MobileNetV{}-{}"),
    (r"regnet_([xy])_(\d+)([mg])f", "RegNet{}-{}{}F"),
    (r"regnet_([xy])_(\d+)_(\d+)([mg])f", "RegNet{}-{}.{}{}F"),
    (r"resnet(\d+)", "ResNet-{}"),
    (r"resnext(\d+)_(\d+x\d+d)", "ResNeXt-{} {}"),
    (r"shufflenet_v2_x(\d)_(\d)", "ShuffleNetV2 x{}.{}"),
    (r"squeezenet(\d)_(\d)", "SqueezeNet {}.{}"),
    (r"swin_(\w)", "Swin-{}"),
    (r"swin_v2_(\w)", "Swin V2-{}"),
    (r"vgg(\d+)", "VGG-{}"),
    (r"vgg(\d+)_bn", "VGG-{} BN"),
    (r"vit_(\w)_(\d+)", "ViT-{}/{}"),
    (r"wide_resnet(\d+)_(\d)", "Wide ResNet-{}-{}"),
)


def title_of(name: str) -> str:
    """Return the name for people of a torchvision model; the name itself where none is known."""
    for pattern, title in _TITLES:
        found = re.fullmatch(pattern, name)
        if found:
            return title.format(*map(_cased, found.groups()))
    return name


def _cased(part: str) -> str:
    """Return "T" for "t", "B0" for "b0", "Small" for "small"; "32x8d" stays."""
    return part if part[0].isdigit() else part.capitalize()
