"""The training loop of `pocket`: seeded step by step, so that it resumes exactly where it was."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import distributed
from torch.nn import functional

from deepvis_app.errors import UserError
from deepvis_app.files import whole
from deepvis_app.lab.pocket.augment import CutMix, normalise, random_views
from deepvis_app.nets.pocket import Pocket

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from torch import Tensor

    from deepvis_app.lab.pocket.pictures import Pictures
    from deepvis_app.lab.pocket.recipe import Phase, TrainingRecipe


@dataclass(frozen=True, slots=True)
class TrainingStep:
    """What one step of a training run gave."""

    step: int  # steps done
    total: int
    epoch: float  # epochs done
    side: int  # of the views, pixels
    rate: float
    loss: float  # of this batch, with label smoothing
    accuracy: float  # of this batch, top-1, 0..1


class Trainer:
    """A training run: `steps` goes on from where it is, `save` and `resume` keep it on disk.

    What a step does depends on the recipe's seed and the step's number alone, so a run that is
    stopped and resumed gives what the uninterrupted one gives (bit for bit on a CPU with the same
    number of threads and of workers). Where `torch.distributed` is running, each of its workers
    takes an equal share of every batch and their gradients are averaged.
    """

    def __init__(
        self, pictures: Pictures, recipe: TrainingRecipe, device: torch.device | str = "cpu"
    ) -> None:
        if len(pictures) < recipe.batch:
            raise UserError(
                f"{len(pictures)} pictures do not fill a batch of {recipe.batch}",
                "Extract the whole dataset",
            )
        self.pictures = pictures
        self.recipe = recipe
        self.device = torch.device(device)
        self.step = 0
        together = distributed.is_available() and distributed.is_initialized()
        self.worker = distributed.get_rank() if together else 0
        self.workers = distributed.get_world_size() if together else 1
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(recipe.seed)
            network = initialised(Pocket(batch_norm=True))
        self.network = network.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._optimizer = _optimizer(self.network, recipe)
        self._order: tuple[int, Tensor] | None = None

    @property
    def steps_per_epoch(self) -> int:
        return len(self.pictures) // self.recipe.batch

    @property
    def total(self) -> int:
        return self.steps_per_epoch * self.recipe.epochs

    def steps(self) -> Iterator[TrainingStep]:
        """Run what is left of the run, one batch each `next()`."""
        while self.step < self.total:
            self.network.train()
            yield self._advance()

    def _advance(self) -> TrainingStep:
        done = self.step / self.total
        phase, rate = self.recipe.phase(done), self.recipe.rate(done)
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        views, classes, mix = self._batch(phase)
        with torch.autocast(self.device.type, torch.bfloat16):
            logits = self.network(views)
        logits = logits.float()
        loss = self._loss(logits, classes, mix)
        self._optimizer.zero_grad()
        loss.backward()
        self._average_gradients()
        self._optimizer.step()
        self.step += 1
        accuracy = (logits.argmax(1) == classes).float().mean().item()
        epoch = self.step / self.steps_per_epoch
        return TrainingStep(self.step, self.total, epoch, phase.side, rate, loss.item(), accuracy)

    def _loss(self, logits: Tensor, classes: Tensor, mix: CutMix | None) -> Tensor:
        smoothing = self.recipe.label_smoothing
        own = functional.cross_entropy(logits, classes, label_smoothing=smoothing)
        if mix is None:
            return own
        partners = classes[mix.partner.to(classes.device)]
        other = functional.cross_entropy(logits, partners, label_smoothing=smoothing)
        return mix.kept * own + (1 - mix.kept) * other

    def _batch(self, phase: Phase) -> tuple[Tensor, Tensor, CutMix | None]:
        epoch, place = divmod(self.step, self.steps_per_epoch)
        if self._order is None or self._order[0] != epoch:
            chance = torch.Generator().manual_seed(self.recipe.seed * 1_000_003 + epoch)
            self._order = epoch, torch.randperm(len(self.pictures), generator=chance)
        share = self.recipe.batch // self.workers
        start = place * self.recipe.batch + self.worker * share
        chosen = self._order[1][start : start + share]
        luck = (self.recipe.seed + 1) * 1_000_003 + self.step * self.workers + self.worker
        chance = torch.Generator().manual_seed(luck)
        pictures = normalise(self.pictures.pixels[chosen].to(self.device))
        views = random_views(pictures, phase.side, phase.least_area, chance)
        mix = None
        if phase.cut_mix and torch.rand((), generator=chance).item() < phase.cut_mix:
            mix = CutMix.drawn(share, phase.side, chance)
            views = mix(views)
        views = views.contiguous(memory_format=torch.channels_last)
        return views, self.pictures.classes[chosen].to(self.device), mix

    def _average_gradients(self) -> None:
        if self.workers == 1:
            return
        gradients = [p.grad for p in self.network.parameters() if p.grad is not None]
        flat = torch.cat([gradient.flatten() for gradient in gradients])
        distributed.all_reduce(flat)
        means = (flat / self.workers).split([gradient.numel() for gradient in gradients])
        for gradient, mean in zip(gradients, means, strict=True):
            gradient.copy_(mean.view(gradient.shape))

    def save(self, target: Path) -> None:
        """Write the run's whole state, whole or not at all."""
        tensors = {f"network.{k}": v.contiguous() for k, v in self.network.state_dict().items()}
        for name, parameter in self.network.named_parameters():
            momentum = self._optimizer.state.get(parameter, {}).get("momentum_buffer")
            if momentum is not None:
                tensors[f"momentum.{name}"] = momentum.contiguous()
        about = {"step": str(self.step), "recipe": json.dumps(dataclasses.asdict(self.recipe))}
        with whole(target) as draft:
            save_file(tensors, draft, about)

    def start_from(self, source: Path) -> None:
        """Take the weights of another run, and nothing else of it."""
        tensors, _ = read_checkpoint(source)
        self.network.load_state_dict(_under(tensors, "network."))

    def resume(self, source: Path) -> None:
        """Go on from a saved state. The recipe is this trainer's, not the saved one's."""
        tensors, about = read_checkpoint(source)
        self.step = int(about["step"])
        self.network.load_state_dict(_under(tensors, "network."))
        momenta = _under(tensors, "momentum.")
        for name, parameter in self.network.named_parameters():
            if name in momenta:
                buffer = momenta[name].to(self.device)
                if buffer.ndim == 4:
                    buffer = buffer.contiguous(memory_format=torch.channels_last)
                self._optimizer.state[parameter]["momentum_buffer"] = buffer


def read_checkpoint(source: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Return the tensors and the notes of a saved run; UserError when it cannot be read."""
    try:
        with safe_open(source, framework="pt") as file:
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
            about = file.metadata() or {}
    except (OSError, SafetensorError) as error:
        raise UserError(
            f"{source} is not a readable training state: {error}", "Start the training again"
        ) from error
    if "step" not in about:
        raise UserError(f"{source} is not a training state", "Start the training again")
    return tensors, about


def trained_network(source: Path) -> Pocket:
    """Return the network of a saved run, in the form that is trained, in evaluation mode."""
    tensors, _ = read_checkpoint(source)
    network = Pocket(batch_norm=True)
    network.load_state_dict(_under(tensors, "network."))
    return network.eval()


def initialised(network: Pocket) -> Pocket:
    """Draw first weights: He's for the convolutions, small ones for the logits."""
    for _, convolution in network.convolutions():
        torch.nn.init.kaiming_normal_(convolution.weight, mode="fan_out", nonlinearity="relu")
    logits = network.get_submodule("logits")
    if isinstance(logits, torch.nn.Linear):
        torch.nn.init.normal_(logits.weight, std=0.01)
        torch.nn.init.zeros_(logits.bias)
    return network


def _optimizer(network: Pocket, recipe: TrainingRecipe) -> torch.optim.SGD:
    groups: list[dict[str, Any]] = [
        {
            "params": [p for p in network.parameters() if p.ndim > 1],
            "weight_decay": recipe.weight_decay,
        },
        {"params": [p for p in network.parameters() if p.ndim == 1]},
    ]
    return torch.optim.SGD(groups, lr=recipe.peak_rate, momentum=recipe.momentum, nesterov=True)


def _under(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
