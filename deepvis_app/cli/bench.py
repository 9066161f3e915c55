"""`deepvis bench`: our figure, the bare figure of the same run, and their ratio."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Annotated, Any

import typer

from deepvis_app.cli.loading import loaded
from deepvis_app.cli.machine import describe_machine
from deepvis_app.cli.parameters import Device, Json, Net, Trust, Weights
from deepvis_app.errors import UserError

app = typer.Typer(no_args_is_help=True, help="Measure deepvis on this machine.")

Rounds = Annotated[int, typer.Option(min=1, help="Repetitions; the median counts.")]
Row = Mapping[str, Any]


@app.command()
def live(
    net: Net = None,
    weights: Weights = None,
    trust: Trust = False,
    device: Device = None,
    layer: Annotated[str | None, typer.Option(help="Layer of the grid; the middle one.")] = None,
    seconds: Annotated[float, typer.Option(min=2, help="How long, both ways together.")] = 20,
    fps: Annotated[
        float, typer.Option(min=0, help="Frames a second of the source; 0: as fast as it goes.")
    ] = 0,
    soak: Annotated[
        float, typer.Option(min=0, help="Minutes, in place of --seconds: memory and age.")
    ] = 0,
    explain: Annotated[
        str | None, typer.Option(help="A live method, such as guided; bare: forward and backward.")
    ] = None,
    dream: Annotated[
        str | None, typer.Option(metavar="LAYER", help="Dream on every frame what a layer finds.")
    ] = None,
    attack: Annotated[
        float, typer.Option(min=0, help="Attack each frame by so many of 255 levels (FGSM).")
    ] = 0,
    as_json: Json = False,
) -> None:
    """Frames a second of the whole live loop; bare: the network alone, in turns."""
    from deepvis_app.engine.measure import measure_live
    from deepvis_app.engine.own_thread import on_own_thread
    from deepvis_app.engine.readers import AttackReader, DreamReader, Reader
    from deepvis_app.explain import Method

    network = on_own_thread(lambda: loaded(net or "pocket", weights, trust))
    more: list[Reader[object]] = [] if dream is None else [DreamReader(network.layer(dream).name)]
    more += [AttackReader(attack / 255)] if attack else []
    found = measure_live(
        network,
        soak * 60 or seconds,
        fps or None,
        layer=layer,
        device=device or "auto",
        explain=None if explain is None else Method.parse(explain),
        more=tuple(more),
    )
    row = {"net": network.name, "source_fps": fps or "max", "unit": "frames/s", **asdict(found)}
    _report("live", [{key: _tidy(value) for key, value in row.items()}], as_json)


@app.command()
def training(
    net: Net = None,
    weights: Weights = None,
    trust: Trust = False,
    device: Device = None,
    seconds: Annotated[float, typer.Option(min=3, help="How long in all.")] = 30,
    fps: Annotated[
        float, typer.Option(min=0, help="Frames a second of the source; 0: as fast as it goes.")
    ] = 0,
    as_json: Json = False,
) -> None:
    """Frames a second of the live loop beside a training; bare: while that is paused, in turns.

    At least 0.6 of it are wanted.
    """
    from deepvis_app.cli.training_bench import measure_beside
    from deepvis_app.engine.own_thread import on_own_thread

    usual = "torchvision:squeezenet1_0" + ("" if weights else "@none")  # weights change no rate
    network = on_own_thread(lambda: loaded(net or usual, weights, trust))
    found = measure_beside(network, seconds, fps, device=device or "auto")
    row = {"net": network.name, "unit": "frames/s", **asdict(found)}
    _report("training", [{key: _tidy(value) for key, value in row.items()}], as_json)


@app.command()
def refresh(
    net: Annotated[str, typer.Option(help="What is trained for an epoch first.")] = "convnet",
    device: Device = None,
    seconds: Annotated[float, typer.Option(min=4, help="How long in all.")] = 40,
    fps: Annotated[
        float, typer.Option(min=0, help="Frames a second of the source; 0: as fast as it goes.")
    ] = 0,
    as_json: Json = False,
) -> None:
    """Frames a second of a run's network while new weights come five times a second; bare: none do.

    At least 0.95 of it are wanted.
    """
    from deepvis_app.cli.refresh_bench import measure_refreshes

    found = measure_refreshes(net, seconds, fps, device=device or "auto")
    row = {"net": net, "unit": "frames/s", **asdict(found)}
    _report("refresh", [{key: _tidy(value) for key, value in row.items()}], as_json)


@app.command()
def jobs(
    net: Net = None,
    weights: Weights = None,
    trust: Trust = False,
    device: Device = None,
    seconds: Annotated[float, typer.Option(min=2, help="How long in all.")] = 90,
    as_json: Json = False,
) -> None:
    """Steps a second of a preferred image; bare: a forward and backward pass. Live beside it."""
    from deepvis_app.cli.jobs_bench import measure_jobs
    from deepvis_app.engine.own_thread import on_own_thread

    usual = "torchvision:squeezenet1_0" + ("" if weights else "@none")  # weights change no rate
    network = on_own_thread(lambda: loaded(net or usual, weights, trust))
    found = measure_jobs(network, seconds, device=device or "auto")
    row = {"net": network.name, "unit": "1/s", **asdict(found)}
    _report("jobs", [{key: _tidy(value) for key, value in row.items()}], as_json)


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


@app.command()
def window(
    net: Net = None,
    weights: Weights = None,
    trust: Trust = False,
    device: Device = None,
    seconds: Annotated[float, typer.Option(min=2, help="How long, both ways together.")] = 30,
    as_json: Json = False,
) -> None:
    """Frames a second that the window shows of a film; bare: the live loop alone, in turns.

    At least 0.85 of it are wanted, and at most 5 ms of the window's thread a frame.
    """
    from deepvis_app.cli.window_bench import measure_window

    usual = "torchvision:squeezenet1_0" + ("" if weights else "@none")  # weights change no rate
    given = {"--net": net or usual, "--weights": weights, "--device": device}
    options = [word for key, value in given.items() if value for word in (key, value)]
    found = measure_window(seconds, options + ["--trust"] * trust)
    row = {"net": net or usual, "unit": "frames/s", **asdict(found)}
    _report("window", [{key: _tidy(value) for key, value in row.items()}], as_json)


@app.command()
def soak(
    minutes: Annotated[float, typer.Option(min=0.5, help="How long; 20 and more tell.")] = 20,
    seed: Annotated[int, typer.Option(min=0, help="Of what is done.")] = 0,
    as_json: Json = False,
) -> None:
    """MB an hour by which memory grows while the window is used at random: keys, networks, sources.

    At most 20 are wanted.
    """
    from deepvis_app.cli.soak_bench import TARGET_MB_H, measure_soak

    found = {key: _tidy(value) for key, value in asdict(measure_soak(minutes, seed)).items()}
    _report("soak", [{"unit": "MB/h", "wanted": f"<= {TARGET_MB_H:g}", **found}], as_json)


@app.command()
def synthesis(
    net: Net = None,
    weights: Weights = None,
    trust: Trust = False,
    recipe: Annotated[
        list[str] | None, typer.Option(help="Name or .toml file; may be repeated. All presets.")
    ] = None,
    pictures: Annotated[
        Path | None, typer.Option(help="Folder of photographs to compare activations with.")
    ] = None,
    layer: Annotated[list[str] | None, typer.Option(help="Layers; may be repeated.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of every picture.")] = 0,
    sheet: Annotated[
        Path | None, typer.Option(help="PNG to write: a row of pictures a recipe.")
    ] = None,
    device: Device = None,
    as_json: Json = False,
) -> None:
    """Recipes compared on twelve fixed units: excess, share kept, rank, dead ones, time.

    Of a network with ImageNet's classes a second one ranks ten on their pictures, if it is there.
    """
    from deepvis_app.cli.synthesis_bench import compare_recipes, synthesis_row

    figures = compare_recipes(
        (net or "pocket", weights, trust, device),
        tuple(recipe or ()),
        pictures,
        tuple(layer or ()),
        seed,
        sheet,
    )
    rows = [{key: _tidy(value) for key, value in asdict(each).items()} for each in figures]
    if not as_json:
        rows = [synthesis_row(row) for row in rows]
    _report("synthesis", rows, as_json)
    if not as_json and figures[0].not_judged:
        print(f"No second network judged them: {figures[0].not_judged}")


@app.command()
def scan(
    source: Annotated[str, typer.Option(metavar="FOLDER", help="Pictures; 500 tell enough.")],
    net: Net = None,
    weights: Weights = None,
    trust: Trust = False,
    device: Device = None,
    rounds: Rounds = 3,
    as_json: Json = False,
) -> None:
    """Pictures a second of a scan of all layers; bare: the network's passes alone, in turns.

    At least 0.80 of decoding and bare passes are wanted, and at most 0.10 for all else.
    """
    from deepvis_app.cli.scan_bench import measure_scan

    usual = "torchvision:squeezenet1_0" + ("" if weights else "@none")  # weights change no rate
    network = loaded(net or usual, weights, trust)
    found = measure_scan(network, source, rounds, device or "auto")
    row = {"net": network.name, "unit": "pictures/s", **asdict(found)}
    _report("scan", [{key: _tidy(value) for key, value in row.items()}], as_json)


@app.command("map")
def map_(
    seconds: Annotated[float, typer.Option(min=2, help="How long in all.")] = 30,
    source: Annotated[
        str | None, typer.Option(metavar="FOLDER", help="Photographs as thumbnails; else patterns.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Pictures a second of a map of pictures that is dragged; bare: all of it drawn each time.

    And milliseconds for a new live frame, and for placing a code; bare: by all of the codes.
    """
    from deepvis_app.cli.map_bench import measure_map

    found = [asdict(one) for one in measure_map(seconds, source)]
    _report("map", [{key: _tidy(value) for key, value in row.items()} for row in found], as_json)


@app.command()
def directions(
    seeds: Annotated[int, typer.Option(min=1, help="How many layers are made up.")] = 3,
    noise: Annotated[float, typer.Option(min=0, help="Deviation added to each channel.")] = 0.0,
    as_json: Json = False,
) -> None:
    """Mean cosine of 96 features that 64 channels mix to what a sparse dictionary finds; bare: PCA.

    At least 0.9 is wanted.
    """
    from deepvis_app.cli.directions_bench import measure_directions

    found = [asdict(measure_directions(seed, noise)) for seed in range(seeds)]
    rows = [{key: _tidy(value) for key, value in row.items()} for row in found]
    _report("directions", rows, as_json)


@app.command()
def monitor(
    seconds: Annotated[float, typer.Option(min=2, help="How long for each network.")] = 40,
    network: Annotated[
        list[str] | None, typer.Option(help="Only this one; may be repeated.")
    ] = None,
    device: Device = None,
    as_json: Json = False,
) -> None:
    """Training steps a second with the monitor; bare: without, in turns.

    At most 0.05 of a step is wanted for it, so a ratio of 0.95.
    """
    from deepvis_app.cli.monitor_bench import NETWORKS, measure_monitor

    names = network or list(NETWORKS)
    if unknown := [name for name in names if name not in NETWORKS]:
        raise UserError(
            f"There is no network {unknown[0]!r} to measure", f"Choose from {', '.join(NETWORKS)}"
        )
    rows = []
    for name in names:
        found = asdict(measure_monitor(name, seconds, device or "auto"))
        rows.append({"unit": "steps/s", **{key: _tidy(value) for key, value in found.items()}})
    _report("monitor", rows, as_json)


@app.command()
def zoo(
    names: Annotated[
        list[str] | None, typer.Argument(help="Only these, such as resnet18; without: all.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Tap every layer of torchvision's networks (random weights) and compare with plain passes."""
    from deepvis_app.cli.zoo import check_network, zoo_names

    results = []
    for name in names or zoo_names():
        results.append(check_network(name))
        if not as_json:
            found = results[-1]
            words = found.problem or f"{found.layers} layers, all the same"
            print(f"{found.net:<24} {found.seconds:6.1f} s  {words}", flush=True)
    if as_json:
        print(json.dumps([asdict(found) for found in results], indent=2))
    if any(found.problem for found in results):
        raise typer.Exit(1)


@app.command()
def diagnoses(
    short: Annotated[
        bool, typer.Option("--short", help="Each fault once and a sixth of the sound trainings.")
    ] = False,
    keep: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Where each training's outcome is kept, to go on from."),
    ] = None,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print the table as the documentation has it.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Put faults into trainings and count what is said of them, and of sound ones.

    Ends with 1 where less than 90 % are named, or more than 5 % of sound trainings are alarmed on.
    """
    import torch

    from deepvis_app.cli import diagnoses_bench as made

    torch.set_num_threads(1)  # so that results are the same on every machine of a kind
    found, outcomes = made.measure(short=short, kept=keep)
    if as_json:
        print(json.dumps(made.as_data(found, outcomes), indent=2))
    elif markdown:
        print(made.as_markdown(found))
    else:
        made.show(found, outcomes)
    if not made.is_met(found):
        raise typer.Exit(1)


def _figures(unit: str, ours: float, bare: float) -> dict[str, Any]:
    """Figures of work that takes time: the ratio says how many times faster ours is."""
    return {"ours": _short(ours), "bare": _short(bare), "unit": unit, "ratio": _short(bare / ours)}


def _short(figure: float) -> float:
    return float(f"{figure:.3g}")


def _tidy(value: object) -> object:
    """Round figures; what was not measured (NaN) is None, which JSON has a word for."""
    if not isinstance(value, float):
        return value
    return None if math.isnan(value) else _short(value)


def _report(name: str, rows: Sequence[Row], as_json: bool) -> None:
    """Print the rows of one bench with their machine; as JSON the first row is the main one."""
    machine = describe_machine()
    if as_json:
        whole = {"bench": name, **rows[0], "machine": machine}
        print(json.dumps({**whole, "more": rows[1:]} if rows[1:] else whole, indent=2))
        return
    from deepvis_app.cli.console import plain_table, wide_console  # rich takes a tenth of a second

    keys = list(rows[0])
    several = plain_table(keys, (list(row.values()) for row in rows), right=" ".join(keys))
    console = wide_console()
    console.print(several if rows[1:] else plain_table(("", ""), rows[0].items()))
    console.print(f"\n{machine}", style="dim")
