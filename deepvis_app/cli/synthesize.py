"""`deepvis synthesize`: preferred images of many units into a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deepvis_app.cli.folders import check_folder
from deepvis_app.cli.parameters import Device, DirectionsFiles, Net, Trust, Weights


def synthesize(
    layer: Annotated[str, typer.Option(metavar="NAME", help="Layer; see `deepvis layers`.")],
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Where the pictures go.")],
    units: Annotated[
        str, typer.Option(metavar="LIST", help="0:96 for the first 96, or 3,5,9, or all.")
    ],
    net: Net = "pocket",
    weights: Weights = None,
    directions: DirectionsFiles = None,
    recipe: Annotated[
        str | None, typer.Option(metavar="NAME|FILE", help="A recipe's name or .toml file.")
    ] = None,
    seeds: Annotated[str, typer.Option(metavar="LIST", help="0:3 for three each.")] = "0",
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="As regularise.decay=0.01; repeatable."),
    ] = None,
    batch: Annotated[
        int | None, typer.Option(min=1, help="Pictures made at a time; as suits the device.")
    ] = None,
    device: Device = None,
    trust: Trust = False,
    no_store: Annotated[
        bool, typer.Option("--no-store", help="Neither take from the store nor keep there.")
    ] = False,
    sheet: Annotated[
        bool, typer.Option("--sheet", help="Also all pictures on one, as contact sheet.")
    ] = False,
    search: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Try N random recipes around --recipe instead."),
    ] = None,
    photographs: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="With --search: photographs to compare with."),
    ] = None,
) -> None:
    """Make units' preferred images: what each would like to see.

    Every picture says in its file how it was made. What is in the folder or the store already is
    not made again, so the same command goes on after a stop.
    """
    check_folder(out)
    from deepvis_app.cli import synthesis  # imports torch, which other commands must not wait for

    words = synthesis.Words(
        net or "pocket", weights, layer, units, seeds, recipe, settings or [], directions or ()
    )
    order = synthesis.read_order(words, device=device or "auto", trust=trust)
    if search is not None:
        from deepvis_app.cli.search import search_recipes

        search_recipes(order, search, photographs, out)
        return
    made = synthesis.run_order(order, out, batch=batch, with_store=not no_store)
    if sheet:
        synthesis.write_sheet(order, made, out)
    print(made.sentence(out))
    for line in made.notes:
        print(line)
