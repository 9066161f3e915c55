"""`deepvis run`: open the window, after a look whether that can work."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import typer

from deepvis_app.cli.parameters import Device, Net, Trust, Weights
from deepvis_app.cli.screen import screen_problem
from deepvis_app.errors import UserError
from deepvis_app.options import RunOptions

Source = Annotated[
    str | None,
    typer.Option(
        metavar="SPEC",
        help="camera:N, a video, a picture or folder, http://… or rtsp://…, screen, demo.",
    ),
]
ExitAfterFirstPicture = Annotated[bool, typer.Option("--exit-after-first-picture", hidden=True)]
Soak = Annotated[float, typer.Option("--soak", hidden=True)]
SoakSeed = Annotated[int, typer.Option("--soak-seed", hidden=True)]
Measure = Annotated[float, typer.Option("--measure", hidden=True)]


@dataclass(frozen=True, slots=True)
class Start:
    """What every command gets: how the window is opened, whether tracebacks are wanted."""

    open_window: Callable[[RunOptions], int]
    debug: bool


def run(
    context: typer.Context,
    net: Net = None,
    weights: Weights = None,
    source: Source = None,
    device: Device = None,
    trust: Trust = False,
    exit_after_first_picture: ExitAfterFirstPicture = False,
    soak: Soak = 0.0,
    soak_seed: SoakSeed = 0,
    measure: Measure = 0.0,
) -> None:
    """Open the window (also without a command): live activations of a network.

    What is not given is as it was left; at the first start: the bundled network, and the first
    camera or, without one, the demo.
    """
    if importlib.util.find_spec("PyQt6") is None:
        raise UserError("PyQt6 is not installed", "Run: pip install PyQt6")
    if problem := screen_problem(os.environ):
        raise problem
    start: Start = context.obj
    options = RunOptions(
        net, weights, source, device, trust, start.debug, exit_after_first_picture, soak, soak_seed,
        measure,
    )  # fmt: skip
    raise typer.Exit(start.open_window(options))
