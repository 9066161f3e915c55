"""`deepvis directions`: sets of directions that are kept, added, exported and removed."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deepvis_app.cli.parameters import Device, Json, Net, Trust, Weights
from deepvis_app.errors import UserError, in_short

if TYPE_CHECKING:
    from deepvis_app.engine.kept.directions import DirectionsShelf, KeptDirections

app = typer.Typer(
    no_args_is_help=True,
    help="Look after directions: read-outs of a layer that no single unit is.",
)

Name = Annotated[str, typer.Argument(metavar="NAME", help="As `deepvis directions list` has it.")]


@app.command("list")
def list_directions(as_json: Json = False) -> None:
    """List the directions that are kept, of all networks."""
    found = _shelf().all()
    if as_json:
        rows = [
            {"file": str(each.path), **asdict(each.about), "problem": each.problem}
            for each in found
        ]
        print(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    if not found:
        print("No directions are kept: `deepvis directions teach` learns one from pictures")
        return
    from deepvis_app.cli.console import plain_table, wide_console

    lines = [
        (each.path.stem, each.about.network_name, each.about.layer, each.problem or each.about.made)
        for each in found
    ]
    wide_console().print(plain_table(("name", "network", "layer", "made"), lines))


@app.command("add-sae")
def add_sae(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE|FOLDER", help="Safetensors, or the folder SAELens writes."),
    ],
    layer: Annotated[str, typer.Option(metavar="NAME", help="The layer that it was made for.")],
    net: Net = "pocket",
    weights: Weights = None,
    name: Annotated[str, typer.Option(help="What to call it; the file's name.")] = "",
    trust: Trust = False,
) -> None:
    """Keep a saved sparse autoencoder (ReLU, TopK, JumpReLU) as directions of a layer.

    A file that `deepvis directions export` wrote is kept as well.
    """
    from deepvis_app.cli.loading import loaded

    network = loaded(net or "pocket", weights, trust)
    info = network.layer(layer)
    kept = _shelf().add_file(network, info.name, file, name)
    print(f"Kept as {kept.path.stem}: {kept.about.made}, on {info.name} of {network.name}")


@app.command("teach")
def teach(
    inside: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Pictures that show the concept, 10 or more.")
    ],
    outside: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Pictures that do not, 10 or more.")
    ],
    layer: Annotated[str, typer.Option(metavar="NAME", help="The layer that it is learnt from.")],
    net: Net = "pocket",
    weights: Weights = None,
    name: Annotated[str, typer.Option(help="What to call it; the first folder's name.")] = "",
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write it there in place of keeping it.")
    ] = None,
    device: Device = None,
    trust: Trust = False,
    as_json: Json = False,
) -> None:
    """Learn a concept from two folders of pictures, and keep it as a direction of a layer.

    Says how many held-out pictures are told right, and what shuffled labels make of it.
    """
    from deepvis_app.cli import teaching  # imports torch, which other commands must not wait for

    words = teaching.Words(
        inside, outside, net or "pocket", weights, trust, device, layer, name, out
    )
    teaching.run(words, as_json=as_json)


class Method(Enum):
    """By what directions are found; as `corpus.dictionaries.Method`, which imports torch."""

    SPARSE = "sparse"
    NMF = "nmf"
    PCA = "pca"


@app.command("make")
def make(
    corpus: Annotated[
        str, typer.Argument(metavar="CORPUS", help="Its name or folder; see `deepvis corpus list`.")
    ],
    layer: Annotated[str, typer.Option(metavar="NAME", help="Of which layer.")],
    method: Annotated[
        Method, typer.Option(help="A sparse dictionary, non-negative factors, or components.")
    ] = Method.SPARSE,
    count: Annotated[int, typer.Option(min=1, max=4096, help="How many directions.")] = 128,
    sparsity: Annotated[
        float,
        typer.Option(help="How much of a usual code a direction takes away to be used; 0 to 0.5."),
    ] = 0.12,
    places: Annotated[
        int, typer.Option(min=100, max=200_000, help="Places of pictures to look at, at most.")
    ] = 20_000,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Of places and order.")] = 0,
    net: Net = None,
    weights: Weights = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write it there in place of keeping it.")
    ] = None,
    device: Device = None,
    trust: Trust = False,
    as_json: Json = False,
) -> None:
    """Make directions of what a layer gives on a scan's pictures, and keep them.

    Says on held-out pictures how much of the layer they miss, and what as many units miss. The
    network is the scan's own unless --net names it.
    """
    from deepvis_app.cli import making  # imports torch, which other commands must not wait for

    words = making.Words(
        corpus, layer, method.value, count, sparsity, places, seed, net, weights, trust, device, out
    )
    making.run(words, as_json=as_json)


@app.command("export")
def export(
    name: Name,
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where to write it.")],
) -> None:
    """Copy directions into a file, for `--directions` of other commands, or for others."""
    from deepvis_app.files import whole

    kept = _named(name)
    if out.is_dir():
        out = out / kept.path.name
    try:
        with whole(out) as draft:
            shutil.copyfile(kept.path, draft)
    except OSError as error:
        raise UserError(
            f"{out} cannot be written: {in_short(error)}", "Choose another place"
        ) from error
    print(out)


@app.command("rm")
def remove(name: Name) -> None:
    """Remove directions that are kept."""
    kept = _named(name)
    _shelf().remove(kept.path)
    print(f"Removed: {kept.path.stem}")


def _shelf() -> DirectionsShelf:
    from deepvis_app.engine.kept.directions import DirectionsShelf

    return DirectionsShelf()


def _named(name: str) -> KeptDirections:
    found = _shelf().all()
    for chosen in (
        [each for each in found if each.path.stem == name],
        [each for each in found if name and name in each.path.stem],
    ):
        if len(chosen) == 1:
            return chosen[0]
    many = [each.path.stem for each in found if name and name in each.path.stem]
    if many:
        raise UserError(f"{name} may be any of {', '.join(many)}", "Give more of its name")
    raise UserError(f"No directions are called {name}", "See `deepvis directions list`")
