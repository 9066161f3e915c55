"""From a plan to its examples: chosen, split, disturbed, made as the network wants them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from deepvis_app import paths
from deepvis_app.errors import UserError
from deepvis_app.lab.trainer.choices import Normalise
from deepvis_app.lab.trainer.data.clouds import cloud
from deepvis_app.lab.trainer.data.dataset import DataSet, Raw
from deepvis_app.lab.trainer.data.names import CLOUDS, DIGITS, DOWNLOADED, SETS
from deepvis_app.lab.trainer.data.sets import digits, downloaded
from deepvis_app.lab.trainer.network import NO_CLASS, Wanted, wanted
from deepvis_app.nets.preprocessing import Preprocessing

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from torch import Tensor

    from deepvis_app.lab.trainer.plan import TrainPlan

    Report = Callable[[str, int, int], None]

MOST_BYTES = 8_000_000_000  # of inputs, as float32
_LEAST_STD = 1e-3  # of brightness 0..1, so that a set of one grey is divided by no zero
_SPLIT, _NOISE, _LABELS, _FAKE = range(4)  # each draws chances of its own


def load_data(plan: TrainPlan, report: Report | None = None) -> DataSet:
    """Return what a plan trains on and is judged by.

    A set's own test pictures judge, of digits the last 297 of 1,797; of other data a part that is
    the same whatever the seed is: of points half, of a folder's pictures a fifth, classes evenly.
    `report` is called with (what, done, total). Raises `UserError` naming what is wrong.
    """
    raw = _raw(plan, report)
    split = _split(raw, plan)
    want = wanted(plan)
    classes = raw.classes[split.train]
    true = classes.copy()
    classes = _mislabelled(classes, len(raw.labels), plan)
    labels, fake = raw.labels, np.zeros(len(classes), bool)
    if plan.find_label_errors:
        fake = _fake(len(classes), len(labels), plan)
        classes = np.where(fake, len(labels), classes)
        labels = (*labels, NO_CLASS)
    prepare = _points if raw.is_points else _pictures
    train_x, val_x, preprocessing = prepare(raw, split, plan, want, report)
    return DataSet(
        name=plan.data,
        train_x=train_x,
        train_y=torch.from_numpy(classes),
        val_x=val_x,
        val_y=torch.from_numpy(raw.classes[split.val].copy()),
        true_y=torch.from_numpy(true),
        ids=torch.from_numpy(split.train),
        val_ids=torch.from_numpy(split.val),
        fake=torch.from_numpy(fake),
        labels=labels,
        preprocessing=preprocessing,
        is_points=raw.is_points,
        names=raw.names,
        notes=raw.notes,
    )


def _raw(plan: TrainPlan, report: Report | None) -> Raw:
    name = plan.data
    if name == DIGITS:
        return digits()
    if name in CLOUDS:
        return cloud(name, plan.noise, plan.seed)
    if name in DOWNLOADED:
        return downloaded(name, plan.data_folder)
    folder = paths.expanded(name)
    if not folder.exists() and folder.name == name:  # no path: a name that was meant
        raise UserError(
            f"data = {name} is neither a set nor a folder", f"Use {', '.join(SETS)}, or a folder"
        )
    from deepvis_app.lab.trainer.data.folder import read_folder  # with all that decodes pictures

    return read_folder(folder, plan.side, report)


# Which examples


@dataclass(frozen=True, slots=True)
class Split:
    """Numbers of the examples in their source, int64."""

    train: NDArray[np.int64]
    val: NDArray[np.int64]


def _split(raw: Raw, plan: TrainPlan) -> Split:
    count = len(raw.classes)
    if raw.test:
        train = _evenly(raw.classes[: count - raw.test])
        val = _evenly(raw.classes[count - raw.test :]) + count - raw.test
    else:
        order = _evenly(raw.classes)
        kept = raw.val_size if plan.val_size is None else plan.val_size
        if kept >= count:
            raise _too_many("val_size", kept, plan, count - 1)
        train, val = order[: count - kept], order[count - kept :]
    if plan.train_size is not None and plan.train_size > len(train):
        raise _too_many("train_size", plan.train_size, plan, len(train))
    if plan.val_size is not None and plan.val_size > len(val):
        raise _too_many("val_size", plan.val_size, plan, len(val))
    train, val = train[: plan.train_size], val[: plan.val_size]
    if len(set(raw.classes[train].tolist())) < 2:
        raise UserError(
            f"Of the {count} examples of {plan.data} {len(train)} are learned from, "
            "too few to have two classes",
            "Give more examples, or a smaller val_size",
        )
    return Split(train, val)


def _too_many(field: str, wish: int, plan: TrainPlan, most: int) -> UserError:
    return UserError(
        f"{field} = {wish} is wrong: {plan.data} has {most} examples for that",
        f"Use at most {most}",
    )


def _evenly(classes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the numbers of examples in an order, by chance, of which every part has all classes.

    An example's place is its rank within its class as a share of that class' size.
    """
    chance = np.random.default_rng(_SPLIT)
    order = chance.permutation(len(classes))
    shares = np.empty(len(classes))
    for k in np.unique(classes):
        members = order[classes[order] == k]
        shares[members] = (np.arange(len(members)) + 0.5) / len(members)
    ties = np.empty(len(classes))
    ties[order] = np.arange(len(classes))
    return np.lexsort((ties, shares)).astype(np.int64)


def _mislabelled(classes: NDArray[np.int64], count: int, plan: TrainPlan) -> NDArray[np.int64]:
    """Give a share of the examples another class, each other one equally often."""
    chance = np.random.default_rng([plan.seed, _LABELS])
    chosen = chance.permutation(len(classes))[: round(plan.label_noise * len(classes))]
    wrong = classes.copy()
    wrong[chosen] = (wrong[chosen] + chance.integers(1, count, len(chosen))) % count
    return wrong


def _fake(examples: int, count: int, plan: TrainPlan) -> NDArray[np.bool_]:
    """Choose those of the class that does not exist: a C+1-th of all (Pleiss 2020)."""
    chance = np.random.default_rng([plan.seed, _FAKE])
    fake = np.zeros(examples, bool)
    fake[chance.permutation(examples)[: max(1, examples // (count + 1))]] = True
    return fake


# What they look like


def _points(
    raw: Raw, split: Split, plan: TrainPlan, want: Wanted, _report: Report | None
) -> tuple[Tensor, Tensor, Preprocessing]:
    """Return points as inputs (N, 2, 1, 1); a picture's red and green are x and y from −6 to 6."""
    if want.shape is not None or want.channels or want.least_side > 1:
        raise UserError(
            f"{plan.network} sees pictures, and {plan.data} is points in a plane",
            "Use network fully-connected",
        )
    points = torch.from_numpy(raw.examples.astype(np.float32))
    # Brightness 0..1 times 12 minus 6 is a coordinate; a mean and deviation on top of that.
    mean, std = (0.5, 0.5), (1 / 12, 1 / 12)
    if plan.normalise is Normalise.STANDARD:
        train = points[split.train].double()
        centre, spread = train.mean(0), train.std(0).clamp(min=_LEAST_STD)
        points = ((points.double() - centre) / spread).float()
        mean = tuple((0.5 + centre / 12).tolist())
        std = tuple((spread / 12).tolist())
    inputs = points[:, :, None, None]
    return inputs[split.train], inputs[split.val], Preprocessing(mean=mean, std=std)


def _pictures(
    raw: Raw, split: Split, plan: TrainPlan, want: Wanted, report: Report | None
) -> tuple[Tensor, Tensor, Preprocessing]:
    both = np.concatenate([split.train, split.val])
    channels, side = _measures(raw, plan, want)
    _check_room(len(both), (channels, *side))
    pictures = np.asarray(raw.examples, np.uint8)
    if channels == 1 and raw.grey and pictures.shape[1:3] == side and want.shape is None:
        planes = pictures[both, None, :, :, 0]
    else:
        fit = want.preprocessing or Preprocessing.default(channels)
        planes = _planes(pictures[both], channels, side, fit, report)
    if plan.noise:
        planes = _noisy(planes, plan)
    preprocessing = want.preprocessing or _normalising(planes[: len(split.train)], plan)
    inputs = _normalised(planes, preprocessing)
    return inputs[: len(split.train)], inputs[len(split.train) :], preprocessing


def _measures(raw: Raw, plan: TrainPlan, want: Wanted) -> tuple[int, tuple[int, int]]:
    """Return how many channels inputs have, and their height and width."""
    if want.shape is not None:
        return want.shape[0], (want.shape[1], want.shape[2])
    height, width = raw.examples.shape[1:3]
    if plan.side is not None:
        height = width = plan.side
    if min(height, width) < want.least_side:
        height = width = want.least_side
    return want.channels or (1 if raw.grey else 3), (height, width)


def _check_room(count: int, shape: tuple[int, int, int]) -> None:
    needed = 4 * count * int(np.prod(shape))
    if needed > MOST_BYTES:
        raise UserError(
            f"{count} inputs of {shape[1]} × {shape[2]} take {needed / 1e9:.0f} GB of memory",
            f"Set train_size to {max(1, count * MOST_BYTES // needed // 2)}",
        )


def _planes(
    pictures: NDArray[np.uint8],
    channels: int,
    side: tuple[int, int],
    fit: Preprocessing,
    report: Report | None,
) -> NDArray[np.uint8]:
    """Return pictures as the network's own channels, uint8 (N, C, H, W), not yet normalised."""
    if channels not in (1, 3) or fit.show is not None:
        raise UserError(
            f"The network takes {channels} channels, which pictures do not have",
            "Use a network of one or three",
        )
    order = list(fit.shown(channels))[:channels]  # of 3, which plane is red, green and blue
    found = np.empty((len(pictures), channels, *side), np.uint8)
    if channels == 3 and pictures.shape[1:3] == side and fit.resize is None:
        found[:, order] = pictures.transpose(0, 3, 1, 2)
        return found
    for number, picture in enumerate(pictures):
        if report is not None and number % 500 == 0:
            report("Preparing pictures", number, len(pictures))
        seen, _ = fit.view(picture, (channels, *side))
        found[number, order] = seen.transpose(2, 0, 1)[:channels]
    return found


def _noisy(planes: NDArray[np.uint8], plan: TrainPlan) -> NDArray[np.uint8]:
    chance = np.random.default_rng([plan.seed, _NOISE])
    noisy = np.empty_like(planes)
    for number, plane in enumerate(planes):
        shaken = plane + 255 * plan.noise * chance.standard_normal(plane.shape, np.float32)
        noisy[number] = shaken.round().clip(0, 255)
    return noisy


def _normalising(planes: NDArray[np.uint8], plan: TrainPlan) -> Preprocessing:
    channels = planes.shape[1]
    if plan.normalise is Normalise.UNIT:
        return Preprocessing(mean=(0.0,), std=(1.0,))
    if plan.normalise is Normalise.NONE:
        return Preprocessing(mean=(0.0,), std=(1.0,), scale=1.0)
    levels = [np.bincount(planes[:, k].ravel(), minlength=256) for k in range(channels)]
    values = np.arange(256) / 255
    means = [float(np.average(values, weights=one)) for one in levels]
    deviations = [
        float(np.average((values - mean) ** 2, weights=one)) ** 0.5
        for mean, one in zip(means, levels, strict=True)
    ]
    return Preprocessing(
        mean=tuple(round(mean, 6) for mean in means),
        std=tuple(round(max(std, _LEAST_STD), 6) for std in deviations),
    )


def _normalised(planes: NDArray[np.uint8], preprocessing: Preprocessing) -> Tensor:
    """Return what `Preprocessing.normalise` gives for each picture, to the last bit."""
    count = planes.shape[1]
    std = torch.tensor(preprocessing.std).expand(count)[:, None, None]
    mean = torch.tensor(preprocessing.mean).expand(count)[:, None, None]
    inputs = torch.from_numpy(planes).to(torch.float32)
    return inputs.mul_(preprocessing.scale / std).sub_(mean / std)
