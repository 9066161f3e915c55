"""`deepvis map`: the codes of a layer laid out in two dimensions."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from deepvis_app.cli.parameters import Json


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
        typer.Option(metavar="FILE", help="A picture (.png) or table (.csv); may be repeated."),
    ] = None,
    figures: Annotated[
        bool, typer.Option("--figures", help="Also find how far the map is to be trusted.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Lay the pictures of a scan out so that those that a layer finds alike are near.

    The same scan gives the same map, which is kept with it: the second time it is there at once.
    """
    from deepvis_app.cli import mapping  # imports torch, which other commands must not wait for

    mapping.run(
        mapping.Words(
            corpus, layer, method.value, metric.value, perplexity, seed, tuple(out or ()), figures
        ),
        as_json=as_json,
    )
