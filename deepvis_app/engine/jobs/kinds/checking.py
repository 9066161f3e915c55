"""The check before a training: whether a plan's network can learn its data at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deepvis_app.engine.jobs.kind import JobKind, Rank
from deepvis_app.engine.jobs.progress import Progress
from deepvis_app.engine.jobs.status import JobStatus
from deepvis_app.lab.preflight import preflight_steps
from deepvis_app.lab.trainer.costs import CRITERIA
from deepvis_app.lab.trainer.data import load_data
from deepvis_app.lab.trainer.network import make_network
from deepvis_app.lab.trainer.plan import TrainPlan
from deepvis_app.pieces import retold

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deepvis_app.engine.jobs.kind import Found, Steps
    from deepvis_app.engine.jobs.progress import State
    from deepvis_app.engine.jobs.status import NetworkName
    from deepvis_app.lab.preflight import Check, Preflight
    from deepvis_app.nets.network import Network

EXAMPLES = 64  # that are looked at
SECONDS = 60.0  # at most, of which the live view takes its part


@dataclass(frozen=True, slots=True)
class CheckRequest:
    """A plan that is checked; `number` tells one check from another of the same plan."""

    plan: TrainPlan
    number: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class CheckStatus(JobStatus):
    """`checks` are those that are made."""

    request: CheckRequest

    @property
    def checks(self) -> tuple[Check, ...]:
        found = self.previews.get(self.request)
        return () if found is None else tuple(getattr(found, "checks", found))


class Checking(JobKind[CheckRequest, "Preflight"]):
    """Nothing of it is kept: it takes seconds, and tells of code as it is now."""

    name = "check of a plan"
    request = CheckRequest
    status = CheckStatus
    noun = "check"
    needs_network = False
    failure = ("The check failed", "Choose other settings")

    def title(self, request: CheckRequest) -> str:
        return f"Check of {request.plan.network} on {request.plan.data}"

    def rank(self, request: CheckRequest) -> Rank:  # noqa: ARG002
        return Rank.ASKED

    def steps(self, network: Network, request: CheckRequest, resume: State | None) -> Steps:  # noqa: ARG002
        plan = request.plan
        yield Progress(0, 0, ())  # to load the data may take a moment
        data = load_data(plan)
        yield Progress(0, 0, ())
        made = make_network(plan, data.shape, len(data.labels))
        x, y = data.train_x[:EXAMPLES], data.train_y[:EXAMPLES]
        steps = preflight_steps(
            made.module, CRITERIA[plan.cost], x, y, seed=plan.seed, seconds=SECONDS
        )
        return (yield from retold(steps, lambda now: Progress(now.step, now.total, now.checks)))

    def find(self, network: NetworkName, request: CheckRequest, part: Any) -> Found | None:
        del network, request, part
        return None

    def keep(self, network: NetworkName, request: CheckRequest, part: Any, value: Preflight) -> str:
        del network, request, part, value
        return ""

    def to_data(self, request: CheckRequest) -> dict[str, Any] | None:  # noqa: ARG002
        return None

    def from_data(self, data: Mapping[str, Any]) -> CheckRequest:
        return CheckRequest(TrainPlan.model_validate(data["plan"]))
