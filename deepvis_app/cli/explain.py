"""`deepvis explain`: why a unit fires on pictures, into files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deepvis_app.cli.folders import is_file_name
from deepvis_app.cli.parameters import Device, DirectionsFiles, Json, Net, Trust, Weights
from deepvis_app.errors import UserError


def explain(
    image: Annotated[Path, typer.Option(metavar="FILE|FOLDER", help="A picture, or many.")],
    out: Annotated[
        Path,
        typer.Option(metavar="FILE|FOLDER", help="Where to write; a folder for a folder."),
    ],
    net: Net = "pocket",
    weights: Weights = None,
    directions: DirectionsFiles = None,
    layer: Annotated[
        str | None, typer.Option(metavar="NAME", help="Layer; the network's output unless told.")
    ] = None,
    unit: Annotated[
        str, typer.Option(metavar="N|LABEL|top", help="Unit, class, or each picture's top unit.")
    ] = "top",
    method: Annotated[
        str, typer.Option(metavar="NAME|all", help="As guided or occlusion; all: one sheet.")
    ] = "gradcam",
    seed: Annotated[
        str | None,
        typer.Option(metavar="map|max|sum|logit|i,j", help="What of the unit is explained."),
    ] = None,
    view: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="raw, gray, norm, blurred-norm, positive, signed or overlay; as suits the method.",
        ),
    ] = None,
    opacity: Annotated[float, typer.Option(min=0, max=1, help="Of the overlay.")] = 0.7,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="The method's own, as patch=32."),
    ] = None,
    faithfulness: Annotated[
        bool, typer.Option("--faithfulness", help="Also the areas of deletion and insertion.")
    ] = False,
    device: Device = None,
    trust: Trust = False,
    as_json: Json = False,
) -> None:
    """Show what of a picture makes a unit fire.

    In a folder, pictures that cannot be read are named and left out; the exit code is then 1.
    """
    check_places(image, out)
    from deepvis_app.cli import explaining  # imports torch, which other commands must not wait for

    words = explaining.Words(
        net or "pocket",
        weights,
        layer,
        unit,
        method,
        seed,
        view,
        opacity,
        settings or [],
        directions or (),
    )
    order = explaining.read_order(words, device=device or "auto", trust=trust)
    found = explaining.run_order(order, image, out, faithfulness=faithfulness)
    explaining.print_report(found, as_json=as_json)
    if found.failures:
        raise typer.Exit(1)


def check_places(image: Path, out: Path) -> None:
    """Raise `UserError` unless `image` is there and `out` can take what comes of it."""
    if not image.exists():
        raise UserError(f"{image} is not there", "Check the path")
    if is_file_name(out) and image.is_dir():
        raise UserError(
            f"{out} is one file, and {image} a folder of pictures",
            f"Give a folder, such as {out.with_suffix('')}",
        )
