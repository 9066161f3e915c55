"""The probe: a few fixed examples that are looked at through all of the training."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from deepvis_app.lab.log.about import ModuleInfo
from deepvis_app.lab.monitor.activations import FUNCTIONS, SILENT, Axis, measured
from deepvis_app.lab.monitor.exponents import SAMPLED, raw_counts, sample
from deepvis_app.lab.untouched import quiet, untouched
from deepvis_app.nets.calls import Calls
from deepvis_app.nets.taps import as_written, evaluating, listening, tensors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from deepvis_app.nets.taps import Site

_GATED = ("LSTM", "GRU", "RNN")  # in the class of a module within which saturation is memory


@dataclass(slots=True)
class Heard:
    """What came by in one pass, in its order; tensors of numbers on the device."""

    names: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    shapes: list[tuple[int, ...]] = field(default_factory=list)  # of one example
    statistics: list[Tensor] = field(default_factory=list)
    raw: list[Tensor] = field(default_factory=list)
    called: list[str] = field(default_factory=list)  # modules, as they were entered
    output: Any = None

    def infos(self) -> tuple[ModuleInfo, ...]:
        """Describe what was heard."""
        rows = zip(self.names, self.kinds, self.shapes, strict=True)
        return tuple(ModuleInfo(name=n, kind=k, shape=s) for n, k, s in rows)


class Probe:
    """Inputs of a network, perhaps with labels and a loss, and how to look at them."""

    def __init__(
        self,
        network: nn.Module,
        inputs: Any,
        labels: Any = None,
        loss: Callable[[Any, Any], Tensor] | None = None,
    ) -> None:
        """Keep a copy of the inputs: a tensor, a tuple of arguments or a dict of named ones."""
        self.network = network
        self.inputs = _copied(inputs)
        self.labels = None if labels is None else _copied(labels)
        self.loss = loss
        self.is_running = False

    def placed(self) -> tuple[Any, Any]:
        """Return inputs and labels as they lie where the network is."""
        device = self._device()
        return _moved(self.inputs, device, self._kind()), _moved(self.labels, device, None)

    def bad_inputs(self) -> int:
        """Return how many of the inputs' numbers are not finite."""
        every = (each for _, each in tensors(self.inputs) if each.is_floating_point())
        return sum(int((~each.isfinite()).sum()) for each in every)

    def look(self) -> Heard:
        """Run the network in evaluation mode; return what its layers give, and its output."""
        heard = Heard()
        with self._running(), evaluating(self.network.modules()):
            listener = _Listener(self.network, heard)
            with listening(listener.modules, listener.hear, entering=True), listener:
                heard.output = self._called()
        return heard

    def value(self, *, evaluated: bool = True) -> Tensor:
        """Return the loss, in evaluation mode or in the modes that the modules are in now."""
        modules = tuple(self.network.modules())
        with self._running(), evaluating(modules) if evaluated else as_written(modules):
            return self.loss_of(self._called())

    def loss_of(self, output: Any) -> Tensor:
        """Return the loss of an output, a number; there must be labels and a loss."""
        assert self.loss is not None
        with quiet(self._device()):
            return self.loss(output, _moved(self.labels, self._device(), None)).float().mean()

    @contextmanager
    def _running(self) -> Iterator[None]:
        parts = [self.network, *([self.loss] if isinstance(self.loss, nn.Module) else [])]
        with untouched(parts), quiet(self._device()):
            self.is_running = True
            try:
                yield
            finally:
                self.is_running = False

    def _called(self) -> Any:
        inputs = _moved(self.inputs, self._device(), self._kind())
        if isinstance(inputs, dict):
            return self.network(**inputs)
        return self.network(*inputs) if isinstance(inputs, tuple | list) else self.network(inputs)

    def _device(self) -> torch.device:
        return next((p.device for p in self.network.parameters()), torch.device("cpu"))

    def _kind(self) -> torch.dtype | None:
        """Return the one floating type that all parameters have, None where they differ."""
        kinds = {p.dtype for p in self.network.parameters() if p.is_floating_point()}
        return kinds.pop() if len(kinds) == 1 else None


def scores_of(output: Any) -> Tensor | None:
    """Return the tensor of an output that is its scores: its "logits", or the first one."""
    named: Any = output if isinstance(output, dict) else {}
    for name in ("logits", "out", "output"):
        own: Any = None if isinstance(output, Tensor) else getattr(output, name, None)
        found = named.get(name) if own is None else own
        if isinstance(found, Tensor):
            return found
    return next((each for _, each in tensors(output)), None)


def right(scores: Tensor, labels: Any) -> Tensor | None:
    """Return the share of examples whose highest score is their label's; None: not of classes."""
    if not isinstance(labels, Tensor) or labels.is_floating_point() or scores.dim() < 2:
        return None
    labels = labels.to(scores.device)
    for axis in (1, scores.dim() - 1):  # classes second, or last as in language models
        best = scores.argmax(axis)
        if best.shape == labels.shape and scores.shape[axis] > 1:
            share: Tensor = (best == labels).float().mean()
            return share
    return None


class _Listener(Calls):
    """Hears layers, and the functions between them that rectify or squash."""

    def __init__(self, network: nn.Module, heard: Heard) -> None:
        super().__init__()
        self._heard, self._axis = heard, Axis()
        self._all = dict(network.named_modules())
        self._gates = {name for name, module in self._all.items() if _is_gated(module)}
        self._inside: str | None = None  # the layer that is running
        self._before = ""  # the layer that ran last
        self._times: Counter[str] = Counter()
        self.modules = {
            name: module
            for name, module in self._all.items()
            if ".parametrizations" not in f".{name}" and (_is_layer(module) or _has_own(module))
        }

    def hear(self, site: Site, values: Tensor) -> None:
        module = self._all[site.path]
        if site.enters:
            if site.path not in self._heard.called:
                self._heard.called.append(site.path)
            if _is_layer(module):
                self._inside = site.path
            return
        if not _is_layer(module):
            return
        self._inside = None
        if isinstance(module, SILENT) or (site.keys and site.keys[0] not in (0, "0")):
            return
        if site.keys[1:]:  # a state, not what the layer gives
            return
        name = site.path if site.call == 1 else f"{site.path}:{site.call}"
        self._before = name
        self._take(name, type(module).__name__, values)

    def called(self, func: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        kind = FUNCTIONS.get(func) if self._inside is None else None
        found = func(*args, **kwargs)
        if kind is not None and isinstance(found, Tensor):
            name = f"{kind.lower()} after {self._before}" if self._before else kind.lower()
            self._times[name] += 1
            times = self._times[name]
            self._take(name if times == 1 else f"{name}:{times}", kind, found)
        return found

    def _take(self, name: str, kind: str, values: Tensor) -> None:
        if not values.is_floating_point() or not values.numel() or values.layout != torch.strided:
            return
        heard, path = self._heard, self._before.partition(":")[0]
        heard.names.append(name)
        heard.kinds.append(kind)
        heard.shapes.append(tuple(values.shape[1:]))
        axis = self._axis.of(kind, values)
        is_gate = any(path == gate or path.startswith(f"{gate}.") for gate in self._gates)
        with torch._C.DisableTorchFunction():  # noqa: SLF001 - these are not the network's
            heard.statistics.append(measured(values, axis, kind, is_gate=is_gate))
            heard.raw.append(raw_counts(sample(values, SAMPLED)))


def _is_layer(module: nn.Module) -> bool:
    """Whether a module does something itself: it is made of no others that do."""
    children = set(module._modules) - {"parametrizations"}  # noqa: SLF001
    return not children or isinstance(module, nn.MultiheadAttention)


def _has_own(module: nn.Module) -> bool:
    return any(True for _ in module.parameters(recurse=False))


def _is_gated(module: nn.Module) -> bool:
    return any(word in type(module).__name__ for word in _GATED)


def _copied(value: Any) -> Any:
    return _each(value, lambda each: each.detach().clone())


def _moved(value: Any, device: torch.device, kind: torch.dtype | None) -> Any:
    def move(each: Tensor) -> Tensor:
        wants = kind if each.is_floating_point() else None
        return each.to(device, wants) if wants else each.to(device)

    return _each(value, move)


def _each(value: Any, change: Callable[[Tensor], Tensor]) -> Any:
    """Change every tensor in nested tuples, lists and dicts."""
    if isinstance(value, Tensor):
        return change(value)
    if isinstance(value, dict):
        return {key: _each(each, change) for key, each in value.items()}
    if isinstance(value, tuple | list):
        return type(value)(_each(each, change) for each in value)
    return value
