"""`deepvis runs`: the trainings that there are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from deepvis_app import paths
from deepvis_app.cli.parameters import Json

app = typer.Typer(no_args_is_help=True, help="Look after trainings.")


@app.command("list")
def list_all(
    folder: Annotated[
        Path | None, typer.Argument(metavar="[FOLDER]", help="Where they lie; the usual place.")
    ] = None,
    as_json: Json = False,
) -> None:
    """List trainings, the newest first."""
    from deepvis_app.cli.console import plain_table, wide_console
    from deepvis_app.cli.store import human_size
    from deepvis_app.lab.trainer import list_runs

    place = folder or paths.runs_dir()
    found = list_runs(place)
    if as_json:
        print(json.dumps([run.plain() for run in found], indent=2, ensure_ascii=False))
        return
    if not found:
        print(f"There are no runs in {place}: deepvis train run")
        return
    rows = [
        (
            run.name, run.data, run.network, f"{run.rate:g}",
            f"{run.step:,} of {run.total:,}",
            "–" if run.val_loss is None else f"{run.val_loss:.4g}",
            "–" if run.val_accuracy is None else f"{100 * run.val_accuracy:.1f} %",
            run.state, human_size(run.bytes),
        )
        for run in found
    ]  # fmt: skip
    headings = (
        "name", "data", "network", "rate", "step", "val loss", "accuracy", "state", "size",
    )  # fmt: skip
    wide_console().print(plain_table(headings, rows, right="rate step loss accuracy size"))


@app.command()
def figure(
    runs: Annotated[list[str], typer.Argument(metavar="RUN…", help="Their names, or logs.")],
    out: Annotated[Path, typer.Option(help="A picture's file.")],
    title: Annotated[str, typer.Option(help="What is written above.")] = "",
) -> None:
    """Draw trainings beside each other: accuracy, loss, and how their numbers are spread."""
    from deepvis_app.cli.folders import check_file, write_picture
    from deepvis_app.cli.runs_drawn import lines_of
    from deepvis_app.tiles.runs_figure import runs_figure

    check_file(out)
    write_picture(out, runs_figure([lines_of(run) for run in runs], title))
    print(f"Written {out}")


@app.command()
def rm(
    names: Annotated[list[str], typer.Argument(metavar="NAME…", help="Their names, or folders.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Remove trainings with their logs and checkpoints; they cannot be made again so quickly."""
    from deepvis_app.cli.training import folder_of
    from deepvis_app.lab.trainer import remove_run

    folders = [folder_of(name) for name in names]
    if not yes and not typer.confirm(f"Remove {', '.join(map(str, folders))}?"):
        raise typer.Exit(1)
    for folder in folders:
        remove_run(folder)
        print(f"Removed {folder}")
