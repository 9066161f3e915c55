"""The training loop of the table: plain PyTorch as anybody writes it, with a `Monitor` in it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from deepvis_app.lab.evidence import Margins
from deepvis_app.lab.faults.parts import EVALUATIONS, generator
from deepvis_app.lab.monitor import Monitor

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from torch import Tensor

    from deepvis_app.lab.faults.parts import Parts

PROBED = 64  # examples of the validation set that are watched
EVERY = 8  # steps between two samples of the monitor


def learn(parts: Parts, folder: Path) -> None:
    """Run a training to its end and leave its log in a folder."""
    torch.manual_seed(parts.seed)
    data, net = parts.data, parts.net
    optimizer = optimizer_of(parts)
    margins = Margins(len(data.x))
    every = max(1, parts.steps // EVALUATIONS)
    about = {
        "class_shares": data.shares,
        "batch": min(parts.batch, len(data.x)),
        "steps_per_epoch": max(1, len(data.x) // parts.batch),
        "train_size": len(data.x),
        "val_size": len(data.val_x),
        "pretrained": parts.pretrained,
    }
    with Monitor(
        net,
        optimizer,
        folder,
        probe=data.val_x[:PROBED],
        probe_labels=data.val_y[:PROBED],
        loss=parts.loss,
        classes=[str(number) for number in range(data.classes)],
        every=EVERY,
        limit=math.inf,
        about=about,
    ) as monitor:
        for step, ids in enumerate(batches(parts), start=1):
            net.train(parts.learns_in_training)
            rate = _scheduled(parts, step)
            for group in optimizer.param_groups:
                group["lr"] = rate
            if parts.zeroes:
                optimizer.zero_grad()
            loss, accuracy = _backward(parts, ids, margins)
            if parts.clip:
                nn.utils.clip_grad_norm_(net.parameters(), parts.clip)
            optimizer.step()
            monitor.step(loss=loss, accuracy=accuracy, rate=rate)
            if step % every == 0:
                monitor.log(**judge(parts))
        if margins.epochs and monitor.writer is not None:
            monitor.writer.array("labels/margins", parts.steps, margins.mean())


def _backward(parts: Parts, ids: Tensor, margins: Margins) -> tuple[float, float]:
    """Run the backward passes of a step; return the loss as it is logged and the accuracy."""
    total, right = 0.0, 0
    for some in ids.tensor_split(parts.parts):
        x, y = parts.data.x[some], parts.data.y[some]
        scores = parts.net(_augmented(parts, x))
        loss = parts.sign * parts.loss(scores, y)
        (loss / parts.parts).backward()
        total += parts.logged_sign * float(loss.detach()) * len(some) / len(ids)
        if scores.ndim == 2:
            margins.add(some, scores, y)
            right += int((scores.argmax(1) == y).sum())
    return total, right / len(ids)


def batches(parts: Parts) -> Iterator[Tensor]:
    """Give places of examples, each epoch in another order, without a rest that is smaller."""
    source, done = generator(parts), 0
    count = len(parts.data.x)
    batch = min(parts.batch, count)
    while True:
        for ids in torch.randperm(count, generator=source).split(batch):
            if done == parts.steps:
                return
            if len(ids) == batch:
                done += 1
                yield ids


@torch.no_grad()
def judge(parts: Parts) -> dict[str, float]:
    """Return the loss and the accuracy on the validation examples."""
    was = parts.net.training
    parts.net.train(parts.judges_in_training)
    scores = parts.net(parts.data.val_x)
    loss = float(parts.loss(scores, parts.data.val_y))
    right = (scores.argmax(1) == parts.data.val_y).float().mean()
    parts.net.train(was)
    return {"val_loss": loss, "val_accuracy": float(right)}


def _scheduled(parts: Parts, step: int) -> float:
    done = step / parts.steps
    if parts.schedule == "cosine":
        return parts.rate * max(0.5 * (1 + math.cos(math.pi * done)), 1e-3)
    if parts.schedule == "warm-up":
        return parts.rate * min(1, 10 * done)
    if parts.schedule == "steps":
        return parts.rate * 0.1 ** int(3 * done * 0.999)
    return parts.rate


def _augmented(parts: Parts, x: Tensor) -> Tensor:
    if not parts.augmented:
        return x
    if x.ndim == 4:
        down, right = torch.randint(-1, 2, (2,)).tolist()
        return x.roll((down, right), (2, 3))
    return x + 0.1 * torch.randn_like(x)


def optimizer_of(parts: Parts) -> torch.optim.Optimizer:
    """Return the optimiser of a training."""
    weights = (
        list(parts.net.parameters()) if parts.optimised is None else parts.optimised(parts.net)
    )
    made: dict[str, type[torch.optim.Optimizer]] = {
        "sgd": torch.optim.SGD, "momentum": torch.optim.SGD, "adam": torch.optim.Adam,
        "adamw": torch.optim.AdamW, "rmsprop": torch.optim.RMSprop,
    }  # fmt: skip
    settings: dict[str, Any] = {
        "lr": parts.rate,
        "weight_decay": parts.decay,
        "maximize": parts.maximize,
    }
    if parts.kind == "momentum":
        settings["momentum"] = 0.9
    return made[parts.kind](weights, **settings)
