"""What `deepvis synthesize` does: an order read from words, then made batch by batch."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from deepvis_app.cli.batches import in_batches
from deepvis_app.cli.console import tell_behaviour
from deepvis_app.cli.folders import make_folder, write_picture
from deepvis_app.cli.kept import user_store
from deepvis_app.cli.loading import loaded
from deepvis_app.cli.ranges import numbers
from deepvis_app.cli.recipes import recipe_named, with_settings
from deepvis_app.cli.weights import tell_weights
from deepvis_app.engine.device.device import Device, choose_device
from deepvis_app.engine.device.replica import replica_on
from deepvis_app.engine.jobs.kinds.chunks import chunk_for
from deepvis_app.engine.jobs.kinds.synthesis import Purpose
from deepvis_app.engine.kept.gallery import Gallery, note_of
from deepvis_app.engine.kept.naturals import Naturals
from deepvis_app.engine.kept.picture_png import PictureNote, picture_png, read_picture
from deepvis_app.errors import UserError, in_short
from deepvis_app.files import plain_name, write_whole
from deepvis_app.nets import Network, Unit
from deepvis_app.pieces import finished
from deepvis_app.synth import Recipe, Sample, StopReason, SynthesisResult, legible, made_together
from deepvis_app.synth.natural_table import NaturalTable
from deepvis_app.tiles.contact import contact_sheet

Picture = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Words:
    """What was written on the command line."""

    net: str
    weights: str | None
    layer: str
    units: str
    seeds: str
    recipe: str | None
    settings: Sequence[str]
    directions: Sequence[Path] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Order:
    """Which pictures are wanted, and of what."""

    network: Network  # on the device
    device: Device
    fingerprint: str
    recipe: Recipe
    samples: tuple[Sample, ...]
    photographs: str = ""  # which they are kept near to; looked for when it is run

    def file_name(self, sample: Sample) -> str:
        unit = _unit(sample)
        layer, recipe = plain_name(unit.layer), plain_name(self.recipe.name)
        return f"{layer}_{unit.index}_{recipe}_s{sample.seed}.png"

    def is_of(self, sample: Sample, note: PictureNote) -> bool:
        """Whether a picture is the wanted one of a sample."""
        same = note.fingerprint == self.fingerprint and note.recipe.key == self.recipe.key
        made = Sample(note.objective, note.seed, note.siblings)
        wanted = made == sample
        return same and wanted and not note.steered and note.photographs == self.photographs


@dataclass(slots=True, eq=False)
class Made:
    """What came of an order: files by sample, and where each was from."""

    files: dict[Sample, Path] = field(default_factory=dict)
    sources: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)

    def add(self, sample: Sample, file: Path, source: str) -> None:
        self.files[sample] = file
        self.sources[source] += 1

    def sentence(self, out: Path) -> str:
        parts = ", ".join(f"{count} {source}" for source, count in self.sources.items())
        count = len(self.files)
        return f"{count} picture{'s' * (count != 1)} in {out}: {parts}"


def read_order(words: Words, *, device: str, trust: bool) -> Order:
    """Load the network and check every word against it. Raises `UserError`."""
    recipe = with_settings(recipe_named(words.recipe), words.settings)
    seeds = numbers(words.seeds, "seeds")
    place = choose_device(device)
    network = loaded(words.net, words.weights, trust, words.directions)
    tell_weights(network)
    tell_behaviour(network)
    info = network.layer(words.layer)
    units = numbers(words.units, "units", info.unit_count)
    return Order(
        replica_on(network, place),
        place,
        network.fingerprint,
        recipe,
        made_together(
            [Sample(Unit(info.name, index), seed) for index in units for seed in seeds],
            recipe.objective.diversity,
        ),
    )


def run_order(order: Order, out: Path, *, batch: int | None, with_store: bool) -> Made:
    """Bring every picture of an order into a folder; make those that are nowhere yet.

    A picture is written as soon as its batch is done, so a stop keeps what is finished.
    """
    make_folder(out)
    with user_store() if with_store else nullcontext() as store:
        naturals = Naturals(store)
        gallery = Gallery(store, naturals) if store is not None else None
        if order.recipe.objective.naturalness:
            order = replace(order, photographs=naturals.source(order.fingerprint))
        made = Made()
        missing = [s for s in order.samples if not _is_there(order, s, out, gallery, made)]

        def keep(sample: Sample, result: SynthesisResult) -> None:
            _keep(order, sample, result, out, gallery, made)

        size = batch or _batch(order)
        table = _table(order, missing, naturals)
        in_batches(order.network, order.recipe, missing, size, keep, order.device, table)
        return made


def _table(order: Order, samples: Sequence[Sample], naturals: Naturals) -> NaturalTable | None:
    """Return what photographs give, where the recipe keeps near to some."""
    if not samples:
        return None
    return finished(naturals.table(order.network, order.fingerprint, samples, order.recipe))


def write_sheet(order: Order, made: Made, out: Path) -> None:
    """Write all pictures of an order on one, in its order, a unit's seeds side by side.

    Faint ones have their contrast stretched there.
    """
    pictures: list[Picture] = []
    labels = []
    mean = order.network.preprocessing.mean_colour()
    for sample in order.samples:
        with Image.open(made.files[sample], formats=["PNG"]) as image:
            pictures.append(legible(np.asarray(image.convert("RGB")), mean))
        labels.append(_label(order, sample))
    seeds = len({sample.seed for sample in order.samples})
    columns = seeds * max(round(math.sqrt(len(pictures)) / seeds), 1)
    layer = order.file_name(order.samples[0]).split("_")[0]
    file = out / f"{layer}_{plain_name(order.recipe.name)}_sheet.png"
    write_picture(file, contact_sheet(pictures, columns, labels))


def _label(order: Order, sample: Sample) -> str:
    unit = _unit(sample)
    words = [str(unit.index), order.network.unit_label(unit) or ""]
    return " ".join([*words, f"s{sample.seed}"] if sample.seed else words).strip()


def _is_there(order: Order, sample: Sample, out: Path, gallery: Gallery | None, made: Made) -> bool:
    """Whether a picture is in the folder, or can be brought there from the store."""
    file = out / order.file_name(sample)
    if _is_in_folder(order, sample, file):
        made.add(sample, file, "were there already")
        return True
    picture = gallery.find(order.fingerprint, sample, order.recipe) if gallery else None
    if picture is None:
        return False
    _write(file, picture.png())
    made.add(sample, file, "from the store")
    return True


def _is_in_folder(order: Order, sample: Sample, file: Path) -> bool:
    try:
        read = read_picture(file.read_bytes())
    except FileNotFoundError:
        return False
    except OSError as error:
        raise UserError(f"{file} cannot be read: {in_short(error)}") from error
    return read is not None and order.is_of(sample, read[1])


def _keep(
    order: Order,
    sample: Sample,
    result: SynthesisResult,
    out: Path,
    gallery: Gallery | None,
    made: Made,
) -> None:
    file = out / order.file_name(sample)
    network = order.network
    note = note_of(result, order.fingerprint, network.name, network.spec)
    _write(file, picture_png(result.image, note))
    made.add(sample, file, "made")
    if result.stop in (StopReason.ZERO_GRADIENT, StopReason.NOT_FINITE):
        made.notes.append(f"{file.name}: {result.stop.sentence}")
    if gallery is not None:
        gallery.keep(order.fingerprint, network.name, result, spec=network.spec)


def _batch(order: Order) -> int:
    """Return how many pictures are made at a time: as suits the device.

    Where those of one unit are driven apart, they are made together.
    """
    if order.recipe.objective.diversity > 0:
        return len({sample.seed for sample in order.samples})
    return chunk_for(order.device, Purpose.LAYER, order.recipe, len(order.samples)).parts


def _unit(sample: Sample) -> Unit:
    assert isinstance(sample.objective, Unit)  # as `read_order` makes them
    return sample.objective


def _write(file: Path, data: bytes) -> None:
    try:
        write_whole(file, data)
    except OSError as error:
        raise UserError(f"{file} cannot be written: {in_short(error)}") from error
