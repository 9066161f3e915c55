"""`deepvis map`: the codes of a layer laid out in two dimensions."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from deepvis_app.cli.parameters import Device, Json, Trust
from deepvis_app.errors import UserError


class Method(Enum):
    """How codes are laid out."""

    TSNE = "tsne"
    PCA = "pca"


class Metric(Enum):
    """How far codes are from each other."""

    COSINE = "cosine"
    EUCLIDEAN = "euclidean"


def lay_out(
    corpus: Annotated[
        str, typer.Argument(metavar="CORPUS", help="Its name or folder; see `deepvis corpus list`.")
    ],
    layer: Annotated[str, typer.Option(metavar="NAME", help="Whose codes; it must be scanned.")],
    method: Annotated[Method, typer.Option(help="t-SNE, or two principal components.")] = (
        Method.TSNE
    ),
    metric: Annotated[Metric, typer.Option(help="How far codes are apart.")] = Metric.COSINE,
    perplexity: Annotated[
        float, typer.Option(min=2, max=500, help="Neighbours that t-SNE keeps near.")
    ] = 30.0,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Of chance in t-SNE.")] = 0,
    out: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE", help="A picture (.png or others) or table (.csv); repeatable."
        ),
    ] = None,
    figures: Annotated[
        bool, typer.Option("--figures", help="Also find how far the map is to be trusted.")
    ] = False,
    atlas: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Also the map's cells as preferred images (.png or others)."
        ),
    ] = None,
    cells: Annotated[
        int | None,
        typer.Option(min=1, max=100, help="With --atlas: cells along the longer side."),
    ] = None,
    least: Annotated[
        int | None,
        typer.Option(
            min=1, max=1000, help="With --atlas: pictures that a cell needs; 3, 2 with --compare."
        ),
    ] = None,
    compare: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="CLASS CLASS", help="With --atlas: from one class to the other."),
    ] = None,
    no_store: Annotated[
        bool, typer.Option("--no-store", help="With --atlas: take nothing from there, keep none.")
    ] = False,
    device: Device = None,
    trust: Trust = False,
    as_json: Json = False,
) -> None:
    """Lay the pictures of a scan out so that those that a layer finds alike are near.

    The same scan gives the same map, which is kept with it: the second time it is there at once.
    """
    of_atlas = {
        "--cells": cells is not None,
        "--least": least is not None,
        "--compare": compare is not None,
        "--no-store": no_store,
    }
    given = next((name for name, is_given in of_atlas.items() if is_given), None)
    if given is not None and atlas is None:
        raise UserError(f"{given} says something of an atlas", "Give --atlas FILE, too")
    from deepvis_app.cli import map_atlas, mapping  # import torch: other commands must not wait

    wanted = None
    if atlas is not None:
        wanted = map_atlas.AtlasWords(
            atlas, cells, least, compare, device or "auto", trust, not no_store
        )
    mapping.run(
        mapping.Words(
            corpus,
            layer,
            method.value,
            metric.value,
            perplexity,
            seed,
            tuple(out or ()),
            figures,
        ),
        wanted,
        as_json=as_json,
    )
