"""`deepvis nets` and `deepvis layers`: what can be loaded, and what a network is made of."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlparse

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from deepvis_app.cli.parameters import NET_HELP, Json, Trust, Weights

if TYPE_CHECKING:
    from deepvis_app.nets import Network
    from deepvis_app.nets.layers import LayerInfo, ReceptiveField

NetArgument = Annotated[str, typer.Argument(metavar="SPEC", help=NET_HELP)]

# Listed without --all besides what is here already: one of each well-known kind.
WELL_KNOWN = (
    "alexnet", "convnext_tiny", "densenet121", "efficientnet_b0", "googlenet", "inception_v3",
    "mobilenet_v3_large", "resnet18", "resnet50", "squeezenet1_0", "swin_t", "vgg16", "vit_b_16",
)  # fmt: skip
OTHER_SPECS = (
    ("timm:NAME", "any network of timm (pip install 'deepvis[timm]')"),
    ("FILE.pt2", "a program saved with torch.export.save"),
    ("FILE.toml", "a profile: your own factory, weights, input and labels"),
)


def nets(
    everything: Annotated[
        bool, typer.Option("--all", help="All classification networks of torchvision.")
    ] = False,
    as_json: Json = False,
) -> None:
    """List what can be loaded: bundled, on this computer, or downloaded at first use."""
    rows = [{"spec": "pocket", "name": "Pocket", "weights": "bundled", "size_mb": None}]
    rows += [row for row in _zoo() if everything or _is_worth_a_line(row)]
    if as_json:
        print(json.dumps(rows, indent=2))
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("spec", "network", "weights"):
        table.add_column(heading, no_wrap=True)
    for row in rows:
        size = "" if row["size_mb"] is None else f", {row['size_mb']:.0f} MB"
        table.add_row(row["spec"], row["name"], f"{row['weights']}{size}")
    for spec, meaning in OTHER_SPECS:
        table.add_row(spec, escape(meaning))
    console = _console()
    console.print(table)
    if not everything:
        console.print("\nAll of torchvision's: deepvis nets --all")


def _zoo() -> list[dict[str, Any]]:
    """Return torchvision's classification networks and whether their weights are here."""
    import torch
    import torchvision
    from torchvision.models import get_model_weights, list_models

    from deepvis_app.nets.titles import title_of

    folder = Path(torch.hub.get_dir()) / "checkpoints"
    rows = []
    for name in list_models(module=torchvision.models):
        weights = get_model_weights(name).DEFAULT
        is_here = (folder / Path(urlparse(weights.url).path).name).is_file()
        row = {"spec": f"torchvision:{name}", "name": title_of(name)}
        row["weights"] = "here" if is_here else "download"
        rows.append({**row, "size_mb": weights.meta["_file_size"]})
    return rows


def _is_worth_a_line(row: dict[str, Any]) -> bool:
    return row["weights"] == "here" or row["spec"].removeprefix("torchvision:") in WELL_KNOWN


def layers(
    net: NetArgument, weights: Weights = None, trust: Trust = False, as_json: Json = False
) -> None:
    """List a network's layers in execution order: shape, units, receptive field."""
    from deepvis_app.nets import load_network

    network = load_network(net, weights, trust=trust)
    rows = [_described(order, layer) for order, layer in enumerate(network.layers)]
    if as_json:
        about = {"name": network.name, "spec": network.spec, "input_shape": network.input_shape}
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
        "receptive_field": asdict(field) if field else None,
    }


def _print_layers(network: Network) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("#", "layer", "kind", "shape", "units", "receptive field"):
        numeric = heading in ("#", "units")
        table.add_column(heading, justify="right" if numeric else "left", no_wrap=True)
    for order, layer in enumerate(network.layers):
        shape = " × ".join(map(str, layer.shape))
        seen = field_in_words(layer.receptive_field)
        table.add_row(str(order), layer.name, layer.kind, shape, str(layer.unit_count), seen)
    console = _console()
    channels, height, width = network.input_shape
    console.print(
        f"{network.name}: {len(network.layers)} layers, input {channels} × {height} × {width}"
    )
    console.print(table)


def field_in_words(field: ReceptiveField | None) -> str:
    """Return size and stride of a receptive field, as in '11 × 11, every 4'."""
    if field is None:
        return "not known"
    if field.whole:
        return "whole input"
    down, across = (f"{step:g}" for step in field.stride)
    stride = down if down == across else f"{down} × {across}"
    return f"{field.size[0]:g} × {field.size[1]:g}, every {stride}"


def _console() -> Console:
    """A console that never folds or shortens rows where the output is read by a program."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=10_000)
