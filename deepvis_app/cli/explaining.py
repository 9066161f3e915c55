"""What `deepvis explain` does: an order read from words, then carried out picture by picture."""

from __future__ import annotations

import difflib
import json
import re
import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from rich.progress import Progress

from deepvis_app.cli.console import bar, plain_table, tell_behaviour, wide_console
from deepvis_app.cli.folders import is_file_name, make_folder, write_picture
from deepvis_app.cli.loading import loaded
from deepvis_app.cli.weights import tell_weights
from deepvis_app.engine.device.device import choose_device
from deepvis_app.engine.device.replica import replica_on
from deepvis_app.errors import UserError, one_line
from deepvis_app.explain import (
    CATALOGUE,
    METHODS,
    OCCLUSION,
    CatalogueResult,
    Curves,
    Method,
    Rendering,
    Seed,
    defined,
    deletion_insertion_steps,
    render_map,
    rgb_map,
    steps_of,
    usual_seed,
)
from deepvis_app.explain.seeds import check_unit, scores
from deepvis_app.files import plain_name
from deepvis_app.frames import read_picture
from deepvis_app.frames.listing import folder_entries
from deepvis_app.nets import Network, Unit
from deepvis_app.tiles.contact import contact_sheet

Picture = NDArray[np.uint8]
ALL, TOP = "all", "top"
SHEET_COLUMNS = 5
SUGGESTED = 3
Tell = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Words:
    """What was written on the command line."""

    net: str
    weights: str | None
    layer: str | None
    unit: str
    method: str
    seed: str | None
    view: str | None
    opacity: float
    settings: Sequence[str]
    directions: Sequence[Path] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Order:
    """What is wanted of each picture. `index` None: the layer's top unit on that picture."""

    network: Network  # on the device
    layer: str
    index: int | None
    methods: tuple[str, ...]
    undefined: tuple[str, ...]  # why methods of a whole sheet are left out
    seed: Seed | None
    view: Rendering | None
    opacity: float
    options: dict[str, Any]
    is_sheet: bool


@dataclass(slots=True)
class Report:
    """What came of an order: what was explained, what failed, and what was left out of sheets."""

    told: list[Told] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Told:
    """One explanation, as it is printed."""

    image: str
    method: str
    layer: str
    unit: int
    label: str | None
    seed: str
    score: float
    empty: bool
    out: str
    deletion_area: float | None = None
    insertion_area: float | None = None
    missing: float | None = None  # by what share the map misses the sum that is promised


def read_order(words: Words, *, device: str, trust: bool) -> Order:
    """Load the network and check every word against it. Raises `UserError`."""
    if words.method not in (*METHODS, ALL):
        near = difflib.get_close_matches(words.method, METHODS, 2, 0.5) or [*METHODS, ALL]
        raise UserError(f"There is no method {words.method!r}", f"Choose {' or '.join(near)}")
    view = None if words.view is None else Rendering.parse(words.view)
    seed = None if words.seed is None else Seed.parse(words.seed)
    options = _options(words.settings)
    place = choose_device(device)
    network = loaded(words.net, words.weights, trust, words.directions)
    tell_behaviour(network)
    tell_weights(network)
    layer = words.layer or network.output_layer or network.maps_layer
    if layer is None:
        raise UserError(f"{network.name} gives no class scores", "Name a --layer")
    layer = network.layer(layer).name
    index = None if words.unit == TOP else read_unit(network, layer, words.unit)
    check_unit(network, Unit(layer, index or 0), seed or Seed.parse("max"))
    methods, undefined = _methods(network, words.method)
    twin = replica_on(network, place)
    return Order(
        twin,
        layer,
        index,
        methods,
        undefined,
        seed,
        view,
        words.opacity,
        options,
        words.method == ALL,
    )


def read_unit(network: Network, layer: str, word: str) -> int:
    """Return the number of a unit given by its number or its class. Raises `UserError`."""
    if word.isdecimal():
        return int(word)
    if not network.is_labelled(layer):
        raise UserError(
            f"The units of {layer} have no names such as {word!r}",
            f"Give the unit's number, 0 to {network.layer(layer).unit_count - 1}",
        )
    names = network.unit_names(layer)
    what = "class" if network.directions(layer) is None else "direction"
    labels = [label.casefold() for label in names]
    wanted = word.casefold()
    for matches in (
        [k for k, label in enumerate(labels) if label == wanted],
        [k for k, label in enumerate(labels) if wanted in label.split(", ")],
    ):
        if matches:
            return matches[0]
    near = nearest_labels(word, names)
    if word in {layer.name for layer in network.layers}:
        remedy = f"That is a layer: give it with --layer {word}, and its unit's number"
    elif near:
        remedy = f"Use {' or '.join(map(repr, near))}"
    else:
        remedy = f"Give the {what}'s number, 0 to {len(labels) - 1}"
    raise UserError(f"{network.name} has no {what} {word!r}", remedy)


def nearest_labels(word: str, labels: Sequence[str]) -> list[str]:
    """Return the labels that may be meant: with this word in them, else with one spelt like it."""
    wanted = word.casefold()
    with_word = [label for label in labels if wanted in re.split(r"\W+", label.casefold())]
    if with_word:
        return with_word[:SUGGESTED]
    spelt: dict[str, list[str]] = {}
    for label in labels:
        names = [label.casefold(), *label.casefold().split(", "), *label.casefold().split()]
        for name in dict.fromkeys(names):
            spelt.setdefault(name, []).append(label)
    near = difflib.get_close_matches(wanted, spelt, SUGGESTED, 0.7)
    found = [label for name in near for label in spelt[name]]
    inside = [label for label in labels if wanted in label.casefold()]
    return list(dict.fromkeys(found or inside))[:SUGGESTED]


def _methods(network: Network, word: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the methods to run, and why others of a whole sheet cannot."""
    if word != ALL:
        reason = "" if word == OCCLUSION else defined(network, word)
        if reason:
            raise UserError(reason, "Choose another --method")
        return (word,), ()
    reasons = {m: "" if m == OCCLUSION else defined(network, m) for m in METHODS}
    chosen = tuple(method for method, reason in reasons.items() if not reason)
    return chosen, tuple(reason for reason in reasons.values() if reason)


def _options(settings: Sequence[str]) -> dict[str, Any]:
    """Read settings such as patch=32, patch=[32,16] or fill=blur."""
    options: dict[str, Any] = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals or not name or not value:
            raise UserError(f"--set cannot use {setting!r}", "Write it as patch=32")
        try:
            options[name] = json.loads(value)
        except json.JSONDecodeError:
            options[name] = value
    return options


def run_order(order: Order, image: Path, out: Path, *, faithfulness: bool) -> Report:
    """Explain each picture and write what comes.

    Raises `UserError` where a single picture cannot be read, or nothing can be written.
    """
    is_folder = image.is_dir()
    files = [entry.path for entry in folder_entries(image)] if is_folder else [image]
    as_file = not is_folder and is_file_name(out)
    make_folder(out.parent if as_file else out)
    report = Report(left_out=list(order.undefined))
    with bar() as bars:
        pictures = bars.add_task("pictures", total=len(files), visible=is_folder)
        for file in files:
            target = out if as_file else out / f"{file.stem}.png"
            try:
                explainer = _Explainer(order, file, target, as_file, bars)
                report.told += explainer.run(faithfulness)
                report.left_out += explainer.left_out
                report.notes += explainer.notes
            except UserError as error:
                if not is_folder:
                    raise
                report.failures.append(f"{file.name}: {one_line(error)}")
            bars.advance(pictures)
    if not report.told:
        raise UserError(f"None of the pictures in {image} was explained", report.failures[0])
    return report


class _Explainer:
    """Explains one picture by each method of an order."""

    def __init__(
        self, order: Order, file: Path, target: Path, as_file: bool, bars: Progress
    ) -> None:
        self._order, self._file, self._target = order, file, target
        self._as_file, self._bars = as_file, bars
        self.left_out: list[str] = []
        self.notes: list[str] = []
        self._missing: dict[str, float | None] = {}
        network = order.network
        picture = read_picture(file)
        if picture.note:
            self.notes.append(f"{file.name}: {picture.note}")
        self._seen, _ = network.view(picture.image)
        self._x = network.normalise(self._seen).to(network.device)

    def run(self, faithfulness: bool) -> list[Told]:
        unit = self._unit()
        is_sheet = self._order.is_sheet
        maps = self._sheet_maps(unit) if is_sheet else self._maps(unit)
        if is_sheet:
            self._write_sheet(maps, unit)
        told = []
        for method, found in maps.items():
            target = self._target if is_sheet or self._as_file else self._named(method, unit)
            if not is_sheet:
                write_picture(target, self._view(found))
            areas = self._areas(unit, method, found) if faithfulness else (None, None)
            told.append(self._told(unit, method, found, target, areas))
        return told

    def _maps(self, unit: Unit) -> dict[str, NDArray[np.float32]]:
        return {method: self._map(unit, method) for method in self._order.methods}

    def _sheet_maps(self, unit: Unit) -> dict[str, NDArray[np.float32]]:
        """Return all maps that this unit has; the others are left out, and why is kept."""
        maps = {}
        for method in self._order.methods:
            try:
                maps[method] = self._map(unit, method)
            except UserError as error:
                self.left_out.append(f"{self._file.name}, {title_of(method)}: {one_line(error)}")
        return maps

    def _unit(self) -> Unit:
        network, layer, index = self._order.network, self._order.layer, self._order.index
        if index is None:
            maps = network.activations(self._x[None], [layer])[layer][0]
            index = int(maps.flatten(1).max(1).values.argmax())
        return Unit(layer, index)

    def _seed(self, unit: Unit, method: str) -> Seed:
        return self._order.seed or usual_seed(self._order.network, unit, method)

    def _map(self, unit: Unit, method: str) -> NDArray[np.float32]:
        seed = self._seed(unit, method)
        options = {} if self._order.is_sheet else self._order.options
        asked = self._order.network, self._x, unit
        steps = (
            CATALOGUE[method].steps(*asked, seed, **options)
            if method in CATALOGUE
            else steps_of(*asked, method, seed, **options)
        )
        with self._bar(title_of(method)) as tell:
            found = _run(steps, tell)
        return self._noted(method, found) if isinstance(found, CatalogueResult) else found

    def _noted(self, method: str, found: CatalogueResult) -> NDArray[np.float32]:
        """Keep what is to be said of a result, and return its map."""
        self._missing[method] = found.missing
        words = " ".join(filter(None, (found.empty, found.sum_words)))
        if words:
            self.notes.append(f"{self._file.name}, {title_of(method)}: {words}")
        return found.map

    def _areas(
        self, unit: Unit, method: str, found: NDArray[np.float32]
    ) -> tuple[float | None, float | None]:
        steps = deletion_insertion_steps(self._order.network, self._x, unit, found)
        with self._bar(f"{title_of(method)}, faithfulness") as tell:
            curves: Curves = _run(steps, tell)
        return curves.deletion_area, curves.insertion_area

    def _told(
        self,
        unit: Unit,
        method: str,
        found: NDArray[np.float32],
        target: Path,
        areas: tuple[float | None, float | None],
    ) -> Told:
        network, seed = self._order.network, self._seed(unit, method)
        with torch.no_grad():
            forward = network.forward(self._x[None], [unit.layer])
            score = float(scores(forward, unit, seed)[0])
        label = network.unit_label(unit)
        about = str(self._file), method, unit.layer, unit.index, label, str(seed), score
        return Told(*about, not found.any(), str(target), *areas, self._missing.get(method))

    def _view(self, found: NDArray[np.float32]) -> Picture:
        view = self._order.view or (Rendering.OVERLAY if len(found) == 1 else Rendering.RAW)
        given = rgb_map(self._order.network, found)
        return render_map(given, view, picture=self._seen, opacity=self._order.opacity)

    def _write_sheet(self, maps: dict[str, NDArray[np.float32]], unit: Unit) -> None:
        label = self._order.network.unit_label(unit) or f"{unit.layer} {unit.index}"
        pictures = [self._seen, *(self._view(found) for found in maps.values())]
        titles = [
            label,
            *(title_of(method).replace("×", "x") for method in maps),
        ]  # the font's lack
        write_picture(self._target, contact_sheet(pictures, SHEET_COLUMNS, titles))

    def _named(self, method: str, unit: Unit) -> Path:
        name = f"{self._target.stem}_{plain_name(unit.layer)}_{unit.index}_{method}.png"
        return self._target.with_name(name)

    @contextmanager
    def _bar(self, title: str) -> Iterator[Tell]:
        task = self._bars.add_task(title, total=None)
        yield lambda step, total: self._bars.update(task, completed=step, total=total)
        self._bars.remove_task(task)


def _run(steps: Generator[Any, None, Any], tell: Tell) -> Any:
    """Run steps to their end, telling how far they are, and return their result.

    They yield (step, total), or progress that has these.
    """
    while True:
        try:
            step = next(steps)
            tell(*(step if isinstance(step, tuple) else (step.step, step.total)))
        except StopIteration as end:
            return end.value


def title_of(method: str) -> str:
    """Return a method's name as people read it."""
    if method == OCCLUSION:
        return "Occlusion"
    return CATALOGUE[method].title if method in CATALOGUE else Method(method).title


def print_report(report: Report, *, as_json: bool) -> None:
    """Print what was found; what failed or was left out goes to stderr, a line each."""
    told = report.told
    if as_json:
        print(json.dumps([asdict(row) for row in told], indent=2, ensure_ascii=False))
    else:
        rows = [_row(row) for row in told]
        headings = ["picture", "unit", "method", "score", "written to"]
        areas = (
            ["deletion", "insertion"] if any(row.deletion_area is not None for row in told) else []
        )
        wide_console().print(plain_table([*headings, *areas], rows))
    for line in report.failures:
        print(f"deepvis: {line}", file=sys.stderr)
    for line in report.notes:
        print(f"deepvis: {line}", file=sys.stderr)
    for line in report.left_out:
        print(f"deepvis: left out: {line}", file=sys.stderr)


def _row(told: Told) -> list[object]:
    unit = told.label or f"{told.layer} {told.unit}"
    method = f"{told.method} (empty)" if told.empty else told.method
    areas = [told.deletion_area, told.insertion_area]
    found: list[object] = [Path(told.image).name, unit, method, f"{told.score:.4g}", told.out]
    return found + ([] if told.deletion_area is None else areas)
