"""`deepvis train`: train networks by a plan; train the bundled one again, export it, measure it."""

from __future__ import annotations

import dataclasses
import os
import sys
import time
from collections.abc import Callable, Iterator
from enum import Enum
from inspect import Parameter, Signature, signature
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import numpy as np
import torch
import typer
from numpy.typing import NDArray
from torchvision.models import squeezenet1_0

from deepvis_app.cli import training
from deepvis_app.cli.folders import check_file, write_picture
from deepvis_app.cli.options_of import parameter, setting
from deepvis_app.cli.parameters import Json
from deepvis_app.corpus import scan
from deepvis_app.corpus.moments import Moments
from deepvis_app.engine.kept.photographs import BUNDLED, write_bundled
from deepvis_app.errors import UserError, in_brief
from deepvis_app.fields import form_fields
from deepvis_app.lab.pocket.first_layer import first_layer_picture
from deepvis_app.lab.pocket.measures import accuracy, dead_units, pass_times
from deepvis_app.lab.pocket.pictures import Pictures, TinyImageNet
from deepvis_app.lab.pocket.recipe import RECIPES, TrainingRecipe
from deepvis_app.lab.pocket.shipping import ship
from deepvis_app.lab.pocket.training import Trainer, TrainingStep, trained_network
from deepvis_app.lab.trainer import TrainPlan
from deepvis_app.lab.trainer.data.names import DOWNLOADED
from deepvis_app.lab.trainer.data.sets import download as fetch
from deepvis_app.lab.trainer.news import STOPPED
from deepvis_app.nets.pocket import WEIGHTS, load_pocket
from deepvis_app.paths import cache_dir

STATE = "state.safetensors"  # within the folder of a run

app = typer.Typer(
    no_args_is_help=True, help="Train networks; train the bundled one again and measure it."
)

Data = Annotated[Path, typer.Argument(help="The folder of Tiny-ImageNet-200.")]
Cache = Annotated[Path | None, typer.Option(help="Folder for the decoded pictures (1.4 GB).")]


def _run() -> Any:
    """Return the command that trains: its options are the fields of a plan."""

    def command(
        out: Annotated[
            Path | None, typer.Option("--out", help="The run's folder; else by its name.")
        ] = None,
        name: Annotated[str | None, typer.Option(help="Its name in the folder of runs.")] = None,
        as_json: Json = False,
        **words: Any,
    ) -> None:
        values = {key: w.value if isinstance(w, Enum) else w for key, w in words.items()}
        for key in LISTED:
            values[key] = _numbers(key, values[key])
        plans = training.plans_of(values)
        found = []
        for plan, label in plans:
            found.append(training.train(training.new_folder(plan, label, name, out), plan))
            if found[-1].state == STOPPED:
                break
        training.tell(found, as_json=as_json)

    own = signature(command, eval_str=True).parameters.values()
    kept = [one.replace(kind=one.KEYWORD_ONLY) for one in own if one.kind is not one.VAR_KEYWORD]
    command.__signature__ = Signature([*_plan_options(), *kept])  # type: ignore[attr-defined]
    return command


LISTED = ("hidden", "channels", "keep_at")  # numbers with commas between them


def _plan_options() -> Iterator[Parameter]:
    for one in form_fields(TrainPlan):
        if one.path in training.SWEPT:
            plain: Any = int if one.kind == "int" else float
            tip = f"{one.tip} May be repeated: a run for each."
            option = typer.Option(f"--{one.path.replace('_', '-')}", help=tip)
            usual = TrainPlan.model_fields[one.path].get_default()
            yield parameter(one.path, Annotated[list[plain], option], [usual])
        elif one.path not in LISTED:
            yield setting(one, TrainPlan, "")
    for name in LISTED:
        info = TrainPlan.model_fields[name]
        option = typer.Option(
            f"--{name.replace('_', '-')}", metavar="N[,N…]", help=info.description
        )
        usual = ",".join(map(str, info.get_default()))
        yield parameter(name, Annotated[str, option], usual)


def _numbers(name: str, words: str) -> list[int]:
    try:
        return [int(word) for word in words.split(",") if word.strip()]
    except ValueError:
        option = f"--{name.replace('_', '-')}"
        raise UserError(
            f"{option} {in_brief(words)} is no list of numbers", "Give such as 64,30"
        ) from None


app.command(
    "run",
    help="Train a network by a plan, and log how it learns. Ctrl+C keeps its state; the command to"
    " go on is printed. Of what may be repeated a run is made for each value.",
)(_run())


@app.command()
def resume(
    run: Annotated[str, typer.Argument(help="Its name or folder; see `deepvis runs`.")],
    step: Annotated[int | None, typer.Option(help="From this checkpoint; its last state.")] = None,
    rate: Annotated[float | None, typer.Option(help="Another learning rate.")] = None,
    momentum: Annotated[float | None, typer.Option(help="Another momentum.")] = None,
    l2: Annotated[float | None, typer.Option("--l2", help="Another L2.")] = None,
    batch: Annotated[int | None, typer.Option(help="Another batch.")] = None,
    epochs: Annotated[int | None, typer.Option(help="Epochs in all.")] = None,
    as_json: Json = False,
) -> None:
    """Go on with a training: to the bit as if it had never stopped, or with other settings."""
    given = {"rate": rate, "momentum": momentum, "l2": l2, "batch": batch, "epochs": epochs}
    changes = {key: value for key, value in given.items() if value is not None}
    found = training.go_on(training.folder_of(run), step, changes)
    training.tell([found], as_json=as_json)


@app.command()
def download(
    name: Annotated[str, typer.Argument(help=f"One of {', '.join(DOWNLOADED)}.")],
    folder: Annotated[Path | None, typer.Option(help="Where to; the cache.")] = None,
) -> None:
    """Download a set to train on."""
    print(f"{name} is in {fetch(name, None if folder is None else str(folder))}")


@app.command()
def pocket(
    data: Data,
    out: Annotated[Path, typer.Option(help="Folder for the run's state.")] = Path("pocket-run"),
    recipe: Annotated[str, typer.Option(help="first, or further: goes on from --start.")] = "first",
    start: Annotated[Path | None, typer.Option(help="Folder of the run to begin from.")] = None,
    epochs: Annotated[int | None, typer.Option(help="Passes over the data.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of weights, order and views.")] = None,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    cache: Cache = None,
    save_every: Annotated[float, typer.Option(help="Seconds between saves.")] = 180.0,
    measure_every: Annotated[int, typer.Option(help="Epochs between measurements.")] = 2,
) -> None:
    """Train it; the same command again goes on after a stop. Then: deepvis train export.

    On a CPU that other programs use too, workers of one thread each are far quicker than threads:
    OMP_NUM_THREADS=1 torchrun --nproc-per-node 2 -m deepvis_app train pocket DATA
    """
    _join_workers()
    train, validation = _pictures(data, cache)
    plan = _recipe(recipe)
    plan = dataclasses.replace(
        plan,
        epochs=plan.epochs if epochs is None else epochs,
        seed=plan.seed if seed is None else seed,
    )
    trainer, state = Trainer(train, plan, device), out / STATE
    if state.is_file():
        trainer.resume(state)
    elif start is not None:
        trainer.start_from(start / STATE)
    log, saved = _Log(), time.monotonic()
    for news in trainer.steps():
        if trainer.worker != 0:
            continue
        epoch_over = news.step % trainer.steps_per_epoch == 0
        log.add(news, epoch_over)
        if epoch_over or time.monotonic() - saved > save_every:
            trainer.save(state)
            saved = time.monotonic()
        if epoch_over and (round(news.epoch) % measure_every == 0 or news.step == news.total):
            _measure(trainer, validation)


@app.command()
def export(
    run: Annotated[Path, typer.Argument(help="The folder of a run.")],
    target: Annotated[Path, typer.Argument(help="The file to write.")] = Path("pocket.safetensors"),
) -> None:
    """Fold the batch norms of a run's network and write it as it ships."""
    check_file(target, (".safetensors",))
    ship(trained_network(run / STATE), target)
    print(f"{target}: {target.stat().st_size / 1e6:.2f} MB")


@app.command()
def evaluate(
    data: Data,
    weights: Annotated[Path, typer.Option(help="An exported file.")] = WEIGHTS,
    cache: Cache = None,
    side: Annotated[list[int], typer.Option(help="Input size; may be repeated.")] = [64],  # noqa: B006
    picture: Annotated[Path | None, typer.Option(help="PNG of conv1's weights to write.")] = None,
) -> None:
    """Measure the shipped network: accuracy, dead units, time of a pass, conv1's picture."""
    if picture is not None:
        check_file(picture)
    network = load_pocket(weights)
    validation = TinyImageNet.at(data).validation(cache or cache_dir(), _progress("validation"))
    count = len(validation)
    for pixels in side:
        found = accuracy(network.module, validation, side=pixels)
        print(f"{count} validation pictures at {pixels} px: ", end="")
        print(f"top-1 {100 * found.top1:.2f} %, top-5 {100 * found.top5:.2f} %")
    thousand = Pictures(validation.pixels[::10], validation.classes[::10])
    shares = dead_units(network, thousand)
    print(f"dead units over {len(thousand)} of them: ", end="")
    print(", ".join(f"{name} {100 * share:.1f} %" for name, share in shares.items()))
    _compare_times(network.module)
    if picture is not None:
        conv1 = network.module.get_submodule("conv1").get_parameter("weight")
        write_picture(picture, first_layer_picture(conv1))


@app.command()
def photographs(
    data: Data,
    target: Annotated[Path, typer.Argument(help="The file to write.")] = BUNDLED,
    weights: Annotated[Path, typer.Option(help="An exported file.")] = WEIGHTS,
    cache: Cache = None,
) -> None:
    """Write what the validation pictures give in every layer, to judge preferred images by."""
    network = load_pocket(weights)
    validation = TinyImageNet.at(data).validation(cache or cache_dir(), _progress("validation"))
    with TemporaryDirectory() as folder:
        corpus = scan(network, _AsDataSet(validation), out=Path(folder, "validation"), batch=64)
        found = {layer: Moments.of(corpus.stats(layer)) for layer in corpus.layers}
    write_bundled(target, network.fingerprint, found)
    print(f"{target}: {corpus.total} pictures, {len(found)} layers")


class _AsDataSet:
    """Pictures as a scan takes them."""

    def __init__(self, pictures: Pictures) -> None:
        self._pictures = pictures

    def __len__(self) -> int:
        return len(self._pictures)

    def __getitem__(self, number: int) -> tuple[NDArray[np.uint8], int]:
        pixels: NDArray[np.uint8] = self._pictures.pixels[number].numpy()
        return pixels, int(self._pictures.classes[number])


def _recipe(name: str) -> TrainingRecipe:
    if name not in RECIPES:
        raise UserError(f'There is no recipe "{name}"', f"Give one of {', '.join(RECIPES)}")
    return RECIPES[name]


def _compare_times(module: torch.nn.Module) -> None:
    reference = squeezenet1_0()  # random weights take the same time
    ours, theirs = pass_times([(module, (3, 96, 96)), (reference, (3, 227, 227))])
    print(
        f"one pass: pocket at 96 px {1000 * ours:.1f} ms, SqueezeNet 1.0 at 227 px"
        f" {1000 * theirs:.1f} ms, ratio {ours / theirs:.2f} ({torch.get_num_threads()} threads)"
    )


def _join_workers() -> None:
    if "WORLD_SIZE" in os.environ:  # set by torchrun
        torch.distributed.init_process_group("gloo")


def _pictures(data: Path, cache: Path | None) -> tuple[Pictures, Pictures]:
    source, folder = TinyImageNet.at(data), cache or cache_dir()
    return (
        source.train(folder, _progress("training")),
        source.validation(folder, _progress("validation")),
    )


def _progress(what: str) -> Callable[[int, int], None]:
    def report(done: int, total: int) -> None:
        print(f"decoding {what} pictures: {done}/{total}", file=sys.stderr, flush=True)

    return report


def _measure(trainer: Trainer, validation: Pictures) -> None:
    with torch.autocast(trainer.device.type, torch.bfloat16):
        found = accuracy(trainer.network, validation)
    print(f"validation: top-1 {100 * found.top1:.2f} %, top-5 {100 * found.top5:.2f} %", flush=True)


class _Log:
    """A line for every hundred steps."""

    def __init__(self) -> None:
        self._news: list[TrainingStep] = []
        self._start = time.monotonic()

    def add(self, news: TrainingStep, now: bool) -> None:
        self._news.append(news)
        count = len(self._news)
        if count < 100 and not now:
            return
        loss = sum(n.loss for n in self._news) / count
        hits = sum(n.accuracy for n in self._news) / count
        pace = (time.monotonic() - self._start) / count
        left = (news.total - news.step) * pace / 60
        print(
            f"step {news.step}/{news.total}, epoch {news.epoch:.2f}, {news.side} px,"
            f" rate {news.rate:.3f}, loss {loss:.3f}, right {100 * hits:.1f} %,"
            f" {1000 * pace:.0f} ms a step, {left:.0f} min left",
            flush=True,
        )
        self._news, self._start = [], time.monotonic()


if __name__ == "__main__":
    try:
        app()
    except UserError as error:
        sys.exit(str(error))
