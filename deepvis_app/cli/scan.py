"""`deepvis scan`: which pictures excite which unit."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from deepvis_app.cli.parameters import Device, DirectionsFiles, Json, Net, Trust, Weights


class Decode(Enum):
    """How much larger pictures are decoded."""

    FULL = "full"
    REDUCED = "reduced"


class Ranking(Enum):
    """What a picture counts for a unit; as `corpus.Score`, which imports torch."""

    MAX = "max"
    MEAN = "mean"
    RELEVANCE = "relevance"


def scan(
    source: Annotated[
        str, typer.Argument(metavar="FOLDER|LIST", help="Pictures, or a text file that lists them.")
    ],
    net: Net = "pocket",
    weights: Weights = None,
    directions: DirectionsFiles = None,
    layers: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Layers; may be repeated. All.")
    ] = None,
    top_k: Annotated[int, typer.Option(min=1, max=100, help="Pictures to keep a unit.")] = 9,
    score: Annotated[
        Ranking, typer.Option(help="Ranked by: highest place, mean, or share in the prediction.")
    ] = Ranking.MAX,
    batch: Annotated[
        int | None, typer.Option(min=1, max=4096, help="Pictures at a time; as suits the device.")
    ] = None,
    decode: Annotated[
        Decode,
        typer.Option(help="JPEGs 8 times the input's size: whole, or at a part of their size."),
    ] = Decode.REDUCED,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes on the CPU, one thread each.")
    ] = None,
    name: Annotated[str, typer.Option(help="What to call it; the folder's name.")] = "",
    out: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Where it goes; beside all others.")
    ] = None,
    device: Device = None,
    trust: Trust = False,
    as_json: Json = False,
) -> None:
    """Find the pictures that excite each unit most and least, with statistics of all of them.

    Stopped at any moment, the same command goes on. `deepvis corpus` looks after what was found.
    """
    from deepvis_app.cli import scanning  # imports torch, which other commands must not wait for
    from deepvis_app.corpus import Score

    scanning.run(
        scanning.Words(
            net or "pocket", weights, trust, device, source, tuple(layers or ()) or None, top_k,
            Score(score.value), batch, decode is Decode.REDUCED, workers, name, out,
            tuple(directions or ()),
        ),
        as_json=as_json,
    )  # fmt: skip
