"""`deepvis bench`: our figure, the bare figure of the same run, and their ratio."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from deepvis_app.cli.machine import describe_machine
from deepvis_app.cli.parameters import Device, Json, Net

app = typer.Typer(no_args_is_help=True, help="Measure deepvis on this machine.")

Rounds = Annotated[int, typer.Option(min=1, help="Repetitions; the median counts.")]
Row = Mapping[str, Any]


@app.command()
def mosaic(device: Device = None, rounds: Rounds = 25, as_json: Json = False) -> None:
    """Milliseconds for a layer's picture; bare: the numpy way of the Deep Visualization Toolbox."""
    from deepvis_app.cli.mosaics import LAYERS, time_mosaic

    rows = []
    for shape in LAYERS:
        times = time_mosaic(shape, device or "cpu", rounds)
        rows.append({"maps": "x".join(map(str, shape)), **_figures("ms", times.ours, times.bare)})
    _report("mosaic", rows, as_json)


@app.command()
def startup(net: Net = None, rounds: Rounds = 3, as_json: Json = False) -> None:
    """Seconds from the command to live activations on the screen; the demo as source."""
    from deepvis_app.cli.startup import seconds_to_first_picture

    options = ["--source", "demo", *(["--net", net] if net else [])]
    seconds = [round(seconds_to_first_picture(options), 2) for _ in range(rounds)]
    row = {"net": net or "pocket", "ours": median(seconds), "unit": "s", "runs": seconds}
    _report("startup", [row], as_json)


def _figures(unit: str, ours: float, bare: float) -> dict[str, Any]:
    """Figures of work that takes time: the ratio says how many times faster ours is."""
    return {"ours": _short(ours), "bare": _short(bare), "unit": unit, "ratio": _short(bare / ours)}


def _short(figure: float) -> float:
    return float(f"{figure:.3g}")


def _report(name: str, rows: Sequence[Row], as_json: bool) -> None:
    """Print the rows of one bench with their machine; as JSON the first row is the main one."""
    machine = describe_machine()
    if as_json:
        whole = {"bench": name, **rows[0], "machine": machine}
        print(json.dumps({**whole, "more": rows[1:]} if rows[1:] else whole, indent=2))
        return
    table = Table(box=None, pad_edge=False)
    for key in rows[0]:
        table.add_column(key, justify="right")
    for row in rows:
        table.add_row(*(_words(value) for value in row.values()))
    console = Console(highlight=False)
    console.print(table)
    console.print(f"\n{machine}", style="dim", soft_wrap=True)


def _words(value: object) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
