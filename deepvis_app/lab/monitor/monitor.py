"""The monitor: one line in a training loop, a log of how the network learns."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, Self

from torch import Tensor

from deepvis_app.errors import UserError, one_line
from deepvis_app.lab.evidence import Evidence
from deepvis_app.lab.log.writer import LogWriter
from deepvis_app.lab.monitor.arguments import (
    about_of,
    check,
    is_first_process,
    last_step,
    modules_of,
    networks,
    optimizer_info,
    optimizers,
)
from deepvis_app.lab.monitor.events import LogAndEvents
from deepvis_app.lab.monitor.governor import Governor
from deepvis_app.lab.monitor.late import Late
from deepvis_app.lab.monitor.line import LENGTHS
from deepvis_app.lab.monitor.looking import Looking
from deepvis_app.lab.monitor.own import Own
from deepvis_app.lab.monitor.parameters import Parameters
from deepvis_app.lab.monitor.probe import Probe
from deepvis_app.lab.monitor.sample import Sample
from deepvis_app.lab.monitor.scaler import ScalerWatch
from deepvis_app.lab.monitor.shared import Shared
from deepvis_app.lab.monitor.steps import EVIDENCE, LINE, MODES, PROBE, Steps
from deepvis_app.lab.monitor.watch import GRADIENTS, Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from types import TracebackType

    from torch import nn
    from torch.optim import Optimizer

    from deepvis_app.lab.log.about import ModuleInfo
    from deepvis_app.lab.monitor.probe import Heard

USUAL_EVERY = 10  # steps between two looks where nobody asks for another number, at first
RARE = 10  # times as rare are the line probe and the comparison of modes


class Monitor:
    """Writes down how a network learns, from somebody's own training loop.

    ```python
    with Monitor(model, optimizer, "runs/a", probe=x, probe_labels=y, loss=criterion) as monitor:
        for x, y in batches:
            ...
            loss.backward()
            optimizer.step()
            monitor.step(loss=loss, accuracy=accuracy)
    ```

    What is measured is what the optimiser gets and does: gradients accumulated, unscaled and
    clipped, and real updates, weight decay included. `Run` says how it is read again.

    The probe's passes leave no trace in the network: modes, buffers, attributes, gradients and
    random states are put back. Own forward hooks on the network's modules do run in them;
    `monitor.is_probing` tells them. Two copies of the weights are kept (for distances), up to 50
    million numbers.

    Once it is made it raises nothing: a fault of its own is warned of once, stands in the log
    (event "fault"), and what failed is measured no more.
    """

    def __init__(
        self,
        model: nn.Module | Mapping[str, nn.Module],
        optimizer: Optimizer | Iterable[Optimizer],
        folder: str | Path,
        *,
        probe: Any = None,
        probe_labels: Any = None,
        loss: Callable[[Any, Any], Tensor] | None = None,
        closure: Callable[[], Tensor] | None = None,
        classes: Sequence[str] = (),
        scaler: Any = None,
        every: int | None = None,
        limit: float = 0.05,
        events: bool = False,
        start: int | None = None,
        about: Mapping[str, Any] | None = None,
    ) -> None:
        """Begin a log, or go on with the one that the folder holds.

        Parameters
        ----------
        model
            The network, compiled or in DataParallel or DistributedDataParallel as it may be; or
            several by name, of which the first one gets the probe.
        optimizer
            One or several. One record is made of each one's first step in a step of the loop.
        folder
            Where the log is kept.
        probe
            A few fixed examples (32 are enough), as the network takes them: a tensor, a tuple of
            arguments, or a dict of named ones. Without it nothing is known of activations.
        probe_labels, loss
            With both, `loss(model(probe), probe_labels)` is the probe's loss.
        closure
            Returns the loss of the batch that is trained on at present, without a backward pass;
            the loss along an update is taken of it, else of the probe and its labels, else not.
        classes
            Their names, in the order of the network's scores.
        scaler
            A `torch.amp.GradScaler`, so that the steps that it skips are counted.
        every
            Steps between two looks; None: as many as keep the monitor under the limit, 10 at
            least, and ever more in a long run. The loss along the update is taken at every tenth.
        limit
            Share of a step's time that the monitor may take; looks become rarer above it. With
            `math.inf` they come as often as was asked for, whatever it costs.
        events
            Whether scalars and histograms go into a TensorBoard event file beside the log as well.
        start
            The number of the last step that was made: what the log holds after it is void. None:
            the last one that the log holds.
        about
            What else is known of the run, by the names of `About`'s fields.

        Raises
        ------
        UserError
            For a model, an optimiser or a probe that does not go, and a folder that cannot be
            written to.
        """
        self._writes = self._is_on = is_first_process()
        if not self._writes:
            return
        check(every, limit)
        models = networks(model)
        watched = optimizers(optimizer)
        first = next(iter(models.values()))
        kept = None if probe is None else Probe(first, probe, probe_labels, loss)
        self._looking = Looking(kept, models.values, closure)
        started = perf_counter()
        heard = self._first_look(models)
        took = perf_counter() - started
        self._about = about_of(about, classes)
        path = Path(folder)
        last = last_step(path) if start is None else start
        parts = [f"weights of optimiser {n}" if n else "weights" for n in range(len(watched))]
        self._shared = shared = Shared(
            LogAndEvents(path) if events else LogWriter(path),
            Late(),
            Own(self._told),
            self._governor(every, limit, parts, last + 1),
            Parameters(modules_of(models), heard.called if heard else ()),
            lambda: modules_of(models),
            last,
        )
        self._steps = steps = Steps(shared, self._looking)
        steps.watches = self._watches = [
            Watch(each, part, shared, steps.line, steps.skip)
            for each, part in zip(watched, parts, strict=True)
        ]
        if scaler is not None:
            steps.scaler = ScalerWatch(scaler, self._watches, steps.skip_unread)
        self._since: float | None = None
        shared.own.run("the start", self._begin, heard)
        steps.evidence = shared.own.run(EVIDENCE, self._gathering, first, watched)
        shared.own.taken()
        self._expect(took)

    # What the loop calls

    def step(self, **scalars: Any) -> None:
        """End a step of the loop; log numbers of it: floats, or tensors of one, read later."""
        if not self._is_on:
            return
        own, now = self._shared.own, perf_counter()
        self._steps.count_evidence()
        seconds = None if self._since is None else now - self._since - own.seconds
        weights = self._watches[0].part
        is_theirs = self._shared.sample.whole and not own.is_off(weights)  # the writing costs most
        own.run(weights if is_theirs else "scalars", self._steps.end, scalars, seconds)
        self._steps.look()
        own.run("its share", self._steps.govern, seconds)
        self._since = perf_counter()

    def log(self, **scalars: Any) -> None:
        """Log numbers at the step that was made last, such as those of a validation."""
        if self._is_on:
            self._shared.own.run("scalars", self._steps.log, scalars)

    def mark(self, text: str, **changes: tuple[Any, Any]) -> None:
        """Note what was changed: `monitor.mark("rate 0.1 → 0.01", rate=(0.1, 0.01))`."""
        if self._is_on:
            self._shared.own.run("marks", self._mark, text, changes)

    def _mark(self, text: str, changes: Mapping[str, tuple[Any, Any]]) -> None:
        log, step = self._shared.log, self._shared.step
        self._shared.late.then(lambda: log.mark(step, text, changes))

    @property
    def writer(self) -> LogWriter | None:
        """The log, for what else there is to write; None in all but the first of processes."""
        return self._shared.log if self._writes else None

    @property
    def is_probing(self) -> bool:
        """Whether the network runs at present for the monitor, and not to learn."""
        return self._is_on and self._looking.is_probing

    @property
    def steps(self) -> int:
        """The number of the step that was made last."""
        return self._shared.step if self._writes else 0

    @property
    def share(self) -> float:
        """The monitor's own seconds by a step's, over the latest hundred steps or so."""
        return self._shared.governor.measured if self._writes else 0.0

    def every(self, what: str = "weights") -> int:
        """Return the steps between two looks at present: weights, probe, line, modes, gradients.

        Raises `KeyError` for what is not looked at.
        """
        return self._shared.governor.every(what)

    def close(self, state: str = "finished", message: str = "") -> None:
        """End the log and take all hooks off. A second call does nothing."""
        if not self._is_on:
            return
        self._is_on = False
        for watch in self._watches:
            watch.close()
        if self._steps.scaler is not None:
            self._steps.scaler.close()
        self._shared.own.run("the end", self._end, state, message)

    def _end(self, state: str, message: str) -> None:
        try:
            self._shared.late.finish()
            self._steps.gather(is_last=True)
        finally:
            self._shared.log.state(self._shared.step, state, message)
            self._shared.log.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self.close()
        elif isinstance(error, Exception):
            self.close("failed", f"{type(error).__name__}: {one_line(error)}")
        else:
            self.close("stopped", type(error).__name__)

    # At the start

    def _first_look(self, models: Mapping[str, nn.Module]) -> Heard | None:
        probe = self._looking.probe
        if probe is None or not Parameters(modules_of(models)).are_ready():
            return None  # a pass would make lazy layers what they are
        try:
            heard = probe.look()
            if self._looking.has_loss:
                probe.loss_of(heard.output)
        except Exception as error:
            raise UserError(
                f"The network or its loss does not take the probe: {one_line(error)}",
                "Give the probe as the network takes it, a tensor, a tuple or a dict, and its"
                " labels as the loss takes them",
            ) from error
        return heard

    def _governor(
        self, every: int | None, limit: float, parts: Sequence[str], first: int
    ) -> Governor:
        usual = every or USUAL_EVERY
        wishes = {GRADIENTS: 1} | dict.fromkeys(parts, usual)
        if self._looking.probe is not None:
            wishes[PROBE] = usual
        if self._looking.has_line:
            wishes[LINE] = RARE * usual
        if self._looking.has_loss:
            wishes[MODES] = RARE * usual
        return Governor(wishes, limit, first=first, thins=every is None)

    def _gathering(self, network: nn.Module, watched: Sequence[Optimizer]) -> Evidence | None:
        if not self._shared.parameters.are_ready() or not self._shared.parameters.are_whole():
            return None
        probe = self._looking.probe
        given = () if probe is None else (probe.inputs, probe.labels)
        if probe is None or not all(isinstance(each, Tensor) for each in given):
            return Evidence(network, watched, is_own=lambda: self.is_probing)
        return Evidence(network, watched, *probe.placed(), probe.loss, lambda: self.is_probing)

    def _expect(self, seconds: float) -> None:
        """Guess from the first look what the others will take."""
        if self._looking.probe is not None:
            for part, passes in ((PROBE, 1), (LINE, len(LENGTHS) / 2), (MODES, 1)):
                self._shared.governor.expect(part, passes * seconds)

    def _begin(self, heard: Heard | None) -> None:
        """Write what the run is, and how it is before its first step."""
        shared, probe = self._shared, self._looking.probe
        known = {id(each) for watch in self._watches for each in watch.parameters()}
        self._watches[0].rest = [p for p in shared.parameters.all if id(p) not in known]
        self._describe(() if heard is None else heard.infos())
        if probe is not None and (bad := probe.bad_inputs()):
            shared.judge(shared.step, "input", "probe", count=bad)
        if heard is not None:
            self._looking.look(shared, shared.step, heard)
        if shared.parameters.are_ready() and shared.parameters.are_whole():
            first = Sample(shared.step, shared.late)
            every = list(shared.parameters.all)
            first.norms("weight", range(len(every)), every)
            first.histogram("weights", range(len(every)), every)
            shared.late.then(lambda: first.write(shared.log, shared.parameters))

    def _describe(self, probed: tuple[ModuleInfo, ...]) -> None:
        shared = self._shared
        every = [watch.optimizer for watch in self._watches]
        said = {
            "layers": shared.parameters.infos(),
            "probed": probed,
            "parameters": shared.parameters.described(every),
            "optimizers": tuple(map(optimizer_info, every)),
        }
        shared.log.about(self._about.model_copy(update=said), shared.step)

    def _told(self, part: str, words: str) -> None:
        self._shared.log.event(self._shared.step, "fault", {"part": part, "message": words})
