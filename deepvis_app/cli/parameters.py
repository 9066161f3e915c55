"""Options that several commands share."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer


def _known_device(name: str | None) -> str | None:
    if name is not None and not re.fullmatch(r"auto|cpu|mps|cuda(:\d+)?", name):
        raise typer.BadParameter(f"'{name}' is not one of auto, cpu, cuda, cuda:N, mps")
    return name


NET_HELP = (
    "torchvision:NAME, timm:NAME, hf:FOLDER, a .pt2 program or a .toml profile; see `deepvis nets`."
)

Net = Annotated[str | None, typer.Option(metavar="SPEC", help=NET_HELP)]
Weights = Annotated[
    str | None,
    typer.Option(
        metavar="FILE[#NAME]",
        help="State dict: .pth, .pt or .safetensors; NAME: one of several in it.",
    ),
]
DirectionsFiles = Annotated[
    list[Path] | None,
    typer.Option(
        "--directions",
        metavar="FILE",
        help="Directions that become a layer, see `deepvis directions`; may be repeated.",
    ),
]
Device = Annotated[
    str | None,
    typer.Option(metavar="auto|cpu|cuda|mps", callback=_known_device, help="Where to compute."),
]
Trust = Annotated[
    bool,
    typer.Option(
        "--trust",
        help="Run code that the network's files bring, this time unasked.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
