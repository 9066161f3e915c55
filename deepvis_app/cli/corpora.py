"""`deepvis corpus`: what was scanned, and what to do with it."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deepvis_app.cli.folders import check_folder, make_folder
from deepvis_app.cli.parameters import Json, Trust
from deepvis_app.cli.store import human_size

if TYPE_CHECKING:
    from deepvis_app.corpus import Corpus
    from deepvis_app.nets import Network

app = typer.Typer(no_args_is_help=True, help="Look after the collections that were scanned.")

Name = Annotated[
    str, typer.Argument(metavar="NAME", help="Its name or folder; see `deepvis corpus list`.")
]


@app.command("list")
def list_all(as_json: Json = False) -> None:
    """List all collections that were scanned; those that are damaged say why."""
    from deepvis_app.cli.console import plain_table, wide_console
    from deepvis_app.engine.kept.corpora import Corpora, default_folder

    infos = Corpora(default_folder()).infos()
    if as_json:
        plain = [
            asdict(info) | {"path": str(info.path), "score": info.score.value} for info in infos
        ]
        print(json.dumps(plain, indent=2, ensure_ascii=False))
        return
    if not infos:
        print("Nothing is scanned yet: deepvis scan FOLDER")
        return
    rows = [
        (
            info.name, info.network, f"{info.scanned} of {info.total}", human_size(info.bytes),
            time.strftime("%Y-%m-%d", time.localtime(info.made)), info.path.name,
        )
        for info in infos if not info.problem
    ]  # fmt: skip
    headings = ("name", "network", "pictures", "size", "made", "folder")
    wide_console().print(plain_table(headings, rows, right="pictures size"))
    for info in infos:
        if info.problem:
            print(f"deepvis: {info.path.name}: {info.problem}", file=sys.stderr)


@app.command()
def info(name: Name, as_json: Json = False) -> None:
    """Say what a collection holds, and which of its pictures could not be read."""
    from deepvis_app.cli.scanning import print_corpus

    print_corpus(_found(name), as_json=as_json)


@app.command()
def export(
    name: Name,
    out: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the files go.")],
    layers: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Layers; may be repeated. All.")
    ] = None,
    crops: Annotated[
        bool, typer.Option("--crops", help="Also cut the patches from the pictures: PNG files.")
    ] = False,
    trust: Trust = False,
) -> None:
    """Write units.csv, pictures.csv and corpus.json: statistics and top pictures of every unit."""
    check_folder(out)
    from deepvis_app.cli.console import bar
    from deepvis_app.corpus.export import export_steps

    corpus = _found(name)
    remedy = "Export without --crops"
    network = network_of(corpus, trust, "crops need it again", remedy) if crops else None
    make_folder(out)
    with bar() as bars:
        task = bars.add_task("exporting", total=None)
        for step in export_steps(corpus, out, layers or None, network):
            bars.update(task, completed=step.step, total=step.total)
    print(f"{corpus.name} in {out}")


@app.command()
def remove(
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Remove what was found of a collection; its pictures stay."""
    from deepvis_app.corpus.folder import Folder
    from deepvis_app.engine.kept.corpora import Corpora, default_folder

    corpora = Corpora(default_folder())
    path = corpora.named(name)
    size = human_size(Folder(path).size())
    if not yes and not typer.confirm(f"Remove {path} ({size})? The pictures stay."):
        raise typer.Exit(1)
    corpora.remove(path)
    print(f"Removed {path.name} ({size})")


def _found(name: str) -> Corpus:
    from deepvis_app.corpus import load_corpus
    from deepvis_app.engine.kept.corpora import Corpora, default_folder

    return load_corpus(Corpora(default_folder()).named(name))


def network_of(corpus: Corpus, trust: bool, why: str, remedy: str) -> Network:
    """Load the network that a corpus was scanned with. Raises `UserError`."""
    from deepvis_app.cli.loading import loaded
    from deepvis_app.errors import UserError

    manner = corpus.manner
    if not manner.spec:
        raise UserError(f"{manner.network} was made in a program: {why}", remedy)
    return loaded(manner.spec, manner.weights or None, trust)
