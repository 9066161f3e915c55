"""A network with all that learns it: what a step does, and the whole state between two steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from deepvis_app.errors import UserError, first_line
from deepvis_app.lab.evidence import Margins
from deepvis_app.lab.trainer.costs import CRITERIA
from deepvis_app.lab.trainer.evaluation import MOST_TRAIN, judge
from deepvis_app.lab.trainer.network import make_network
from deepvis_app.lab.trainer.news import Evaluation
from deepvis_app.lab.trainer.optimizers import gathered, give_back, make_optimizer, set_up
from deepvis_app.lab.trainer.order import Order, chance_of
from deepvis_app.lab.trainer.plan import LEARNERS

if TYPE_CHECKING:
    from torch import Tensor

    from deepvis_app.lab.trainer.data import DataSet
    from deepvis_app.lab.trainer.keeping import Kept
    from deepvis_app.lab.trainer.plan import TrainPlan

_OPTIMIZER, _SUMS, _TIMES = "state.", "margins.sums", "margins.times"


class Learner:
    """Learns by a plan. What a step does depends on plan, data and the step's number alone."""

    def __init__(self, plan: TrainPlan, data: DataSet) -> None:
        """Make the network with its first weights. Raises `UserError`."""
        self.data = data
        self.device = _device(plan.device)
        self.made = make_network(plan, data.shape, len(data.labels))
        self.module = self.made.module.to(self.device)
        self.criterion = CRITERIA[plan.cost]
        self.optimizer = make_optimizer(self.module, plan)
        self.order = Order(len(data.train_y), plan.seed)
        self.margins = Margins(len(data.train_y))
        self.step = 0  # steps done
        self._plan = plan
        self._draws = plan.dropout > 0 or plan.network not in LEARNERS

    @property
    def plan(self) -> TrainPlan:
        return self._plan

    @plan.setter
    def plan(self, plan: TrainPlan) -> None:
        self._plan = plan
        set_up(self.optimizer, plan)

    @property
    def total(self) -> int:
        """Steps in all, as the plan is now."""
        return self.step + self.order.steps_left(self.plan.epochs, self.plan.batch)

    def learn(self) -> tuple[float, float]:
        """Make a step; return the loss of its batch, without L2, and its share of right answers."""
        chosen = self.order.peek(self.plan.batch)
        x = self.data.train_x[chosen].to(self.device)
        y = self.data.train_y[chosen].to(self.device)
        self.module.train()
        logits = self._forward(x).float()
        loss: Tensor = self.criterion(logits, y)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        self.margins.add(chosen, logits, y)
        self.order.go_on(len(chosen), self.plan.batch)
        self.step += 1
        accuracy = (logits.detach().argmax(1) == y).float().mean()
        return loss.item(), accuracy.item()

    def _forward(self, x: Tensor) -> Tensor:
        found: Tensor
        if not self._draws:
            found = self.module(x)
            return found
        devices = [self.device] if self.device.type == "cuda" else []
        with torch.random.fork_rng(devices=devices):
            torch.manual_seed(chance_of(self.plan.seed, self.step))
            found = self.module(x)
        return found

    def forget_step(self) -> None:
        """Let go of what a step left that did not come to its end."""
        self.optimizer.zero_grad()
        if self.device.type == "cuda":
            torch.cuda.empty_cache()

    def evaluate(self) -> Evaluation:
        """Judge the network by the validation examples, and by a part of what it learns from."""
        data, classes = self.data, len(self.data.labels)
        x, y = data.train_x[:MOST_TRAIN], data.train_y[:MOST_TRAIN]
        return Evaluation(
            self.step,
            judge(self.module, data.val_x, data.val_y, self.criterion, classes),
            judge(self.module, x, y, self.criterion, classes),
        )

    def is_finite(self) -> bool:
        """Whether all weights and buffers are numbers."""
        values = [v for v in self.module.state_dict().values() if v.is_floating_point()]
        return all(bool(value.isfinite().all()) for value in values)

    # The whole state

    def state(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Return all that is no weight and decides what comes next: tensors, facts."""
        flat, owners = gathered(self.optimizer, self.module)
        others = {_OPTIMIZER + key: value for key, value in flat.items()}
        others[_SUMS], others[_TIMES] = self.margins.state()
        return others, {
            "step": self.step,
            "epoch": self.order.epoch,
            "place": self.order.place,
            "plan": self.plan.model_dump(mode="json"),
            "owners": owners,
        }

    def take(self, kept: Kept) -> None:
        """Be what was kept. Raises `UserError` where it is of another network or other data."""
        facts, others = kept.facts, kept.others
        flat = {
            key.removeprefix(_OPTIMIZER): value
            for key, value in others.items()
            if key.startswith(_OPTIMIZER)
        }
        try:
            self.margins.restore(others[_SUMS], others[_TIMES])
            self.module.load_state_dict(kept.weights)
            give_back(self.optimizer, self.module, flat, facts["owners"])
            self.order.at(int(facts["epoch"]), int(facts["place"]))
            self.step = int(facts["step"])
        except (RuntimeError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise UserError(
                f"What was kept does not fit the run's plan and data any more: {first_line(error)}",
                "Put the data back as it was, or train again",
            ) from error


def is_out_of_memory(error: BaseException) -> bool:
    """Tell whether memory was short, on whichever device."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    words = str(error)  # torch says so of a CPU in these
    return isinstance(error, RuntimeError) and (
        "DefaultCPUAllocator" in words or "not enough memory" in words
    )


def _device(name: str) -> torch.device:
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        place = torch.device(name)
        torch.empty(0, device=place)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise UserError(f"device = {name} cannot be used", "Use cpu") from error
    return place
