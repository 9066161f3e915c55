"""`deepvis nets` and `deepvis layers`: what can be loaded, and what a network is made of."""

from __future__ import annotations

import json
from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deepvis_app import paths
from deepvis_app.cli.loading import loaded
from deepvis_app.cli.parameters import NET_HELP, DirectionsFiles, Json, Trust, Weights
from deepvis_app.cli.weights import tell_weights

if TYPE_CHECKING:
    from deepvis_app.nets import Network
    from deepvis_app.nets.layers import LayerInfo, ReceptiveField

NetArgument = Annotated[str, typer.Argument(metavar="SPEC", help=NET_HELP)]

# Listed without --all, besides what loads without a download: one of each well-known kind.
WELL_KNOWN = {f"torchvision:{name}" for name in (
    "alexnet", "convnext_tiny", "densenet121", "efficientnet_b0", "googlenet", "inception_v3",
    "mobilenet_v3_large", "resnet18", "resnet50", "squeezenet1_0", "swin_t", "vgg16", "vit_b_16",
)}  # fmt: skip
FIELD_KEYS = ("size", "stride", "start", "whole", "at_most")
OTHER_SPECS = (
    ("torchvision:NAME@none", "random weights", "no download"),
    ("timm:NAME", "any network of timm", "pip install 'deepvis[timm]'"),
    ("hf:FOLDER", "a vision model saved by transformers", "pip install 'deepvis[transformers]'"),
    ("FILE.pt2", "a program saved with torch.export.save", ""),
    ("FILE.toml", "a profile: your own factory, weights, input, labels", ""),
)


def nets(
    everything: Annotated[
        bool, typer.Option("--all", help="All classification networks of torchvision.")
    ] = False,
    as_json: Json = False,
) -> None:
    """List what can be loaded: bundled, on this computer, or downloaded at first use."""
    from deepvis_app.nets import available_networks

    entries = [
        entry
        for entry in available_networks(paths.config_dir() / "networks")
        if everything or entry.cached or entry.spec in WELL_KNOWN
    ]
    if as_json:
        print(json.dumps([asdict(entry) for entry in entries], indent=2, ensure_ascii=False))
        return
    from deepvis_app.cli.console import plain_table, wide_console

    rows: list[tuple[str, ...]] = []
    for group, members in groupby(entries, key=lambda entry: entry.group):
        rows += [(f"-- {group}",), *((e.spec, e.title, e.detail) for e in members)]
    console = wide_console()
    console.print(plain_table(("spec", "network", "about"), [*rows, ("-- Others",), *OTHER_SPECS]))
    if not everything:
        console.print("\nAll of torchvision's: deepvis nets --all")


def layers(
    net: NetArgument,
    weights: Weights = None,
    directions: DirectionsFiles = None,
    trust: Trust = False,
    as_json: Json = False,
) -> None:
    """List a network's layers in execution order: shape, units, receptive field."""
    from deepvis_app.cli.console import tell_behaviour

    network = loaded(net, weights, trust, directions or ())
    tell_behaviour(network)
    tell_weights(network)
    rows = [_described(order, layer) for order, layer in enumerate(network.layers)]
    if as_json:
        about = {"name": network.name, "spec": network.spec, "input_shape": network.input_shape}
        about["behaviour"] = network.behaviour.sentences(network.name)
        print(json.dumps({**about, "layers": rows}, indent=2))
    else:
        _print_layers(network)


def _described(order: int, layer: LayerInfo) -> dict[str, Any]:
    field = layer.receptive_field
    return {
        "order": order,
        "name": layer.name,
        "kind": layer.kind,
        "shape": layer.shape,
        "units": layer.unit_count,
        "layout": layer.layout.value,
        "receptive_field": field and {key: getattr(field, key) for key in FIELD_KEYS},
    }


def _print_layers(network: Network) -> None:
    from deepvis_app.cli.console import plain_table, wide_console

    rows = [
        (i, at.name, at.kind, _size(at.shape), at.unit_count, field_in_words(at.receptive_field))
        for i, at in enumerate(network.layers)
    ]
    headings = ("#", "layer", "kind", "shape", "units", "receptive field")
    console = wide_console()
    size = _size(network.input_shape)
    console.print(f"{network.name}: {len(network.layers)} layers, input {size}", markup=False)
    console.print(plain_table(headings, rows, right="# units"))


def _size(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape))


def field_in_words(field: ReceptiveField | None) -> str:
    """Return size and stride of a receptive field, as in '11 × 11, every 4'."""
    if field is None:
        return "not known"
    most = "at most " if field.at_most else ""
    if field.whole:
        return f"{most}whole input"
    down, across = (f"{step:g}" for step in field.stride)
    stride = down if down == across else f"{down} × {across}"
    size = f"{most}{field.size[0]:g} × {field.size[1]:g}"
    return size if min(field.stride) <= 0 else f"{size}, every {stride}"
