"""What `deepvis play` does: pictures and videos in, one result each out."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from deepvis_app.cli.console import bar, plain_table, tell_behaviour, wide_console
from deepvis_app.cli.explaining import read_unit
from deepvis_app.cli.folders import PICTURES, check_file, check_folder, make_folder
from deepvis_app.cli.kept import user_store
from deepvis_app.cli.loading import loaded
from deepvis_app.cli.play_runs import Told, Work, filmed, played
from deepvis_app.cli.weights import tell_weights
from deepvis_app.engine.device.device import choose_device
from deepvis_app.engine.device.replica import replica_on
from deepvis_app.engine.failures import is_out_of_memory
from deepvis_app.engine.jobs.status import NetworkName
from deepvis_app.errors import UserError, one_line
from deepvis_app.frames import PICTURE_SUFFIXES, VIDEO_SUFFIXES
from deepvis_app.frames.listing import files_in
from deepvis_app.nets import Network
from deepvis_app.synth.play import Spec, Technique
from deepvis_app.synth.play.film import FilmSpec

VIDEOS = VIDEO_SUFFIXES - PICTURE_SUFFIXES


@dataclass(frozen=True, slots=True)
class Order:
    """What was written on the command line. `labels` are classes by the names of their settings."""

    how: Technique[Any]
    spec: Spec
    film: FilmSpec
    net: str
    weights: str | None
    device: str
    trust: bool
    seed: int
    out: Path
    inputs: tuple[Path, ...]
    others: Mapping[str, Path]
    labels: Mapping[str, str]
    with_store: bool


@dataclass(slots=True)
class Report:
    """What came of an order, and what did not."""

    told: list[Told] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


def run(order: Order) -> Report:
    """Make everything that was ordered.

    Raises `UserError` where a single picture cannot be made, or nothing can be written.
    """
    files = _files(order.inputs)
    is_batch = len(files) > 1 or any(path.is_dir() for path in order.inputs)
    out_file = _out_file(order, files, is_batch=is_batch)
    place = choose_device(order.device)
    network = loaded(order.net, order.weights, order.trust)
    tell_weights(network)
    tell_behaviour(network)
    spec = _with_classes(network, order.spec, order.labels)
    make_folder(order.out.parent if out_file else order.out)
    name = NetworkName(network.fingerprint, network.name, network.spec)
    twin, report = replica_on(network, place), Report()
    with bar() as bars, user_store() if order.with_store else nullcontext() as store:
        work = Work(twin, name, order.how, spec, order.film, order.seed, store, bars)
        others = work.others(order.others)
        whole = bars.add_task("pictures", total=len(files), visible=is_batch)
        for file in files or (None,):
            try:
                report.told.append(_made(work, file, others, order.out, out_file))
            except UserError as error:
                if not is_batch or file is None:
                    raise
                report.failures.append(f"{file.name}: {one_line(error)}")
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
                raise UserError(
                    f"The memory of {place.name} does not suffice",
                    "Use a smaller picture or another --device",
                ) from error
            bars.advance(whole)
    if not report.told:
        raise UserError("Nothing was made", report.failures[0])
    return report


def _made(work: Work, file: Path | None, others: Any, out: Path, out_file: Path | None) -> Told:
    if file is not None and file.suffix.lower() in VIDEOS:
        return filmed(work, file, others, out, out_file)
    return played(work, file, others, out, out_file)


def _files(inputs: tuple[Path, ...]) -> list[Path]:
    """Return the pictures and videos that are named, those of folders in their natural order."""
    found: list[Path] = []
    for path in inputs:
        if not path.exists():
            raise UserError(f"{path} is not there", "Check the path")
        found += _in_folder(path) if path.is_dir() else [path]
    return found


def _in_folder(folder: Path) -> list[Path]:
    files = files_in(folder, PICTURE_SUFFIXES | VIDEOS)
    if not files:
        raise UserError(f"The folder {folder} contains no pictures", "Choose another one")
    return files


def _out_file(order: Order, files: list[Path], *, is_batch: bool) -> Path | None:
    """Return the file that the only result goes to; None: its folder is meant."""
    is_video = any(path.suffix.lower() in VIDEOS for path in files)
    suffix = order.out.suffix.lower()
    if order.out.is_dir() or not (suffix in PICTURES or suffix == ".mp4"):
        check_folder(order.out)
        return None
    if is_batch:
        raise UserError(
            f"{order.out} is one file, and there are several inputs",
            f"Give a folder, such as {order.out.with_suffix('')}",
        )
    check_file(order.out, (".mp4",) if is_video else PICTURES)
    return order.out


def _with_classes(network: Network, spec: Spec, labels: Mapping[str, str]) -> Spec:
    """Return settings with the numbers of classes that are given by name. Raises `UserError`."""
    if not labels:
        return spec
    if network.output_layer is None:
        raise UserError(f"{network.name} gives no class scores", "Leave the class out")
    numbers = {n: read_unit(network, network.output_layer, word) for n, word in labels.items()}
    return spec.model_validate({**spec.facts(), **numbers})


def print_report(report: Report, how: Technique[Any], *, as_json: bool) -> None:
    """Print what was made; what failed and what is to be said goes to stderr, a line each."""
    if as_json:
        rows = [asdict(told) for told in report.told]
        print(json.dumps(rows, indent=2, ensure_ascii=False))
    else:
        headings = ["picture", how.curve.lower(), "", "written to"]
        lines = [[told.name, told.figure, told.source, told.out] for told in report.told]
        wide_console().print(plain_table(headings, lines))
    for told in report.told:
        for note in told.notes:
            print(f"deepvis: {told.name}: {note}", file=sys.stderr)
    for line in report.failures:
        print(f"deepvis: {line}", file=sys.stderr)
