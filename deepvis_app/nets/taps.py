"""Temporary listeners at places in a network; they always come off."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack, contextmanager, nullcontext
from contextvars import ContextVar, Token
from dataclasses import dataclass, fields, is_dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from deepvis_app.errors import UserError
from deepvis_app.nets.memory import version
from deepvis_app.nets.relu_rules import without_rule

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
    from contextlib import AbstractContextManager
    from types import TracebackType

    from torch.utils.hooks import RemovableHandle

Keys = tuple[str | int, ...]

# Which pass runs in this thread: hooks lie on a module that other threads may run as well.
_PASS: ContextVar[object] = ContextVar("pass")
_CLAIMED: dict[int, object] = {}  # modules that a pass changes for its time: by which thread
_THREAD: ContextVar[object] = ContextVar("thread")


@dataclass(frozen=True, slots=True)
class Site:
    """Where in a forward pass a value appears: one part of what a call of a module gives or gets.

    What it gets (`enters`) lies by position or by name: `keys` are (0,), or ("input",).
    """

    path: str  # as in `named_modules`; "" is the network itself
    call: int = 1
    keys: Keys = ()  # the way into nested tuples and dicts
    enters: bool = False


class Stop(BaseException):
    """Ends a forward pass early. Not an Exception: a model's own `except` must not catch it."""


def _items(value: object) -> Iterable[tuple[str | int, Any]]:
    """Return what a container holds; nothing for what is no container."""
    if isinstance(value, dict):
        return ((k if isinstance(k, int) else str(k), v) for k, v in value.items())
    if isinstance(value, tuple | list):
        return enumerate(value)
    if is_dataclass(value) and not isinstance(value, type):
        return ((f.name, getattr(value, f.name)) for f in fields(value))
    return ()


def tensors(output: object, keys: Keys = ()) -> Iterator[tuple[Keys, Tensor]]:
    """Yield every tensor in a module's output with the way to it."""
    if isinstance(output, Tensor):
        yield keys, output
        return
    for key, value in _items(output):
        yield from tensors(value, (*keys, key))


def part(output: object, keys: Keys) -> Tensor | None:
    """Return the tensor at the end of the way `keys`, None where this output has no such part."""
    for key in keys:
        output = dict(_items(output)).get(key)
    return output if isinstance(output, Tensor) else None


def _arguments(args: tuple[object, ...], kwargs: dict[str, object]) -> dict[str | int, object]:
    """Return what a module gets, by position and by name."""
    given: dict[str | int, object] = dict(enumerate(args))
    given.update(kwargs)
    return given


@contextmanager
def listening(
    modules: Mapping[str, nn.Module],
    hear: Callable[[Site, Tensor], None],
    *,
    entering: bool = False,
) -> Iterator[None]:
    """Let `hear` have every tensor that leaves a module, by whatever call, in order of execution.

    With `entering` those that enter one too. Only those of the caller's own passes; other threads
    may run the same modules. Scripted modules refuse to be listened to.
    """
    calls: Counter[str] = Counter()
    entered: Counter[str] = Counter()

    def before(path: str, _module: nn.Module, args: Any, kwargs: Any) -> None:
        if not _in_pass(calls):
            return
        entered[path] += 1
        for keys, tensor in tensors(_arguments(args, kwargs)):
            hear(Site(path, entered[path], keys, enters=True), tensor)

    def hook(path: str, _module: nn.Module, _args: object, output: object) -> None:
        if not _in_pass(calls):
            return
        calls[path] += 1
        for keys, tensor in tensors(output):
            hear(Site(path, calls[path], keys), tensor)

    with ExitStack() as handles:
        for path, module in modules.items():
            if isinstance(module, torch.jit.ScriptModule):
                continue
            if entering:
                first = module.register_forward_pre_hook(partial(before, path), with_kwargs=True)
                handles.callback(first.remove)
            handles.callback(module.register_forward_hook(partial(hook, path)).remove)
        handles.callback(_PASS.reset, _PASS.set(calls))
        yield


def _in_pass(owner: object) -> bool:
    """Whether the pass that this thread runs is `owner`'s: hooks meet those of all threads."""
    return _PASS.get(None) is owner


@contextmanager
def evaluating(modules: Iterable[nn.Module]) -> Iterator[None]:
    """Put modules into evaluation mode; every one gets its own mode back.

    Raises `UserError` where another thread runs them that has changed them for its time.
    """
    modules = tuple(modules)
    training: list[nn.Module] = []
    with ExitStack() as claims:
        claims.enter_context(as_written(modules))
        try:
            # Modules are claimed before they are changed and given free after they were changed
            # back: without a claim of others, those that are at rest stay so.
            while found := _in_training(modules):
                claims.enter_context(claimed(found))
                for module in found:
                    module.training = False
                training += found
            yield
        finally:
            for module in training:
                module.training = True


def as_written(modules: Iterable[nn.Module]) -> AbstractContextManager[object]:
    """Return a context in which modules run as they are written, though they may be compiled.

    Compiled code passes by the taps, or is compiled anew for each.
    """
    if _any_compiled(modules):
        eager: AbstractContextManager[object] = torch.compiler.set_stance("force_eager")
        return eager
    return nullcontext()


def _any_compiled(modules: Iterable[nn.Module]) -> bool:
    """Tell whether one bears what `module.compile()` or `torch.compile(module)` leaves."""
    return any(
        m._compiled_call_impl is not None or "_orig_mod" in m._modules  # noqa: SLF001
        for m in modules
    )


def _in_training(modules: Iterable[nn.Module]) -> list[nn.Module]:
    found = [module for module in modules if module.training]
    if _CLAIMED and any(_CLAIMED.get(id(m), _thread()) is not _thread() for m in modules):
        raise _at_once()
    return found


@contextmanager
def claimed(modules: Iterable[nn.Module]) -> Iterator[None]:
    """Keep other threads from running modules that this pass changes for its time.

    Raises `UserError` where one does already.
    """
    owner = _thread()
    mine: list[int] = []
    try:
        for number in map(id, modules):
            if _CLAIMED.get(number) is owner:
                continue
            if _CLAIMED.setdefault(number, owner) is not owner:
                raise _at_once()
            mine.append(number)
        yield
    finally:
        for number in mine:
            _CLAIMED.pop(number, None)


def _at_once() -> UserError:
    return UserError(
        "Two threads run a network at once that is in training mode, or that a pass changes",
        "Give each thread a copy, network.replica(device), or call eval() on the module first",
    )


def _thread() -> object:
    """Return what is this thread's own."""
    if (own := _THREAD.get(None)) is None:
        _THREAD.set(own := object())
    return own


class Taps:
    """Keeps what passes at some sites while it is entered, and shows it to watchers.

    Only passes of the thread that entered are looked at; others may run the same modules.

    A kept tensor is the network's own, in its graph where gradients are enabled. Sites in `clone`
    are those whose values are overwritten in place later on: with gradients the network goes on
    with the clone, so that what is kept lies on the way to the output; without, or for sites also
    in `aside`, the clone is kept and the network runs on as it is. Sites in `roots` are those that
    have no gradient way back to the picture: with gradients what is kept there is the start of a
    graph of its own, so that what comes behind can be followed back to it. Of sites that enter a
    module the clone is what is kept. A watcher is called
    while the values of its site are fresh; it must keep no part of them. `stop` ends the pass once
    every site was seen.
    """

    def __init__(
        self,
        modules: Mapping[str, nn.Module],
        sites: Collection[Site],
        *,
        clone: Collection[Site] = (),
        aside: Collection[Site] = (),
        roots: Collection[Site] = (),
        watchers: Mapping[Site, Callable[[Tensor], None]] | None = None,
        stop: bool = False,
    ) -> None:
        self.values: dict[Site, Tensor] = {}
        self._modules = modules
        self._kept = frozenset(sites)
        self._watchers = watchers or {}
        self._sites: dict[tuple[str, bool], list[Site]] = {}  # by path, and whether they enter
        for site in {*self._kept, *self._watchers}:
            self._sites.setdefault((site.path, site.enters), []).append(site)
        self._clone, self._aside = clone, aside
        # Asked here: the network may switch gradients off where a root lies.
        self._roots = roots if torch.is_grad_enabled() else ()
        self._stop = stop
        self._waiting = {*self._kept, *self._watchers}
        self._calls: Counter[tuple[str, bool]] = Counter()
        self._versions: dict[Site, int | None] = {}
        self._handles: list[RemovableHandle] = []
        self._before: Token[object] | None = None

    def __enter__(self) -> Taps:
        self._before = _PASS.set(self)
        try:
            for path, enters in self._sites:
                listen = self._listen_before if enters else self._listen
                self._handles.append(listen(path))
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        self._remove()
        return kind is Stop

    def _remove(self) -> None:
        for handle in self._handles:
            handle.remove()
        self._handles.clear()
        if self._before is not None:
            _PASS.reset(self._before)
            self._before = None

    def _listen(self, path: str) -> RemovableHandle:
        def hook(_module: nn.Module, _args: object, output: object) -> object:
            return self._see(path, output) if _in_pass(self) else None

        return self._modules[path].register_forward_hook(hook)

    def _listen_before(self, path: str) -> RemovableHandle:
        def hook(_module: nn.Module, args: Any, kwargs: Any) -> None:
            if _in_pass(self):
                self._see(path, _arguments(args, kwargs), enters=True)

        return self._modules[path].register_forward_pre_hook(hook, with_kwargs=True)

    def _see(self, path: str, values: object, *, enters: bool = False) -> Tensor | None:
        """Keep what is wanted; return what the network goes on with, None for its own output."""
        key = path, enters
        self._calls[key] += 1
        handed_on = None
        for site in self._sites[key]:
            value = part(values, site.keys) if site.call == self._calls[key] else None
            if value is None:
                continue
            if site in self._watchers:
                with without_rule():
                    self._watchers[site](value)
            if site in self._kept:
                copy = self._keep(site, value)
                handed_on = handed_on if copy is None else copy
            self._waiting.discard(site)
        if self._stop and not self._waiting:
            raise Stop
        return handed_on

    def _keep(self, site: Site, value: Tensor) -> Tensor | None:
        """Keep a value; return a clone for the network to go on with, or None."""
        handed_on = None
        if site in self._roots and not value.requires_grad and not site.keys:
            with torch.inference_mode(False), torch.enable_grad():
                value = value.clone().requires_grad_()
                handed_on = value.clone()
        elif site in self._clone:
            if value.requires_grad and not site.keys and site not in self._aside:
                handed_on = value.clone()
            else:
                value = value.clone()
        self.values[site] = value
        self._versions[site] = version(value)
        return handed_on

    def missed(self) -> set[Site]:
        """Return the sites that the pass has not come by."""
        return self._waiting

    def spoiled(self) -> set[Site]:
        """Return the sites whose kept values the network has overwritten in place since."""
        return {s for s, value in self.values.items() if version(value) != self._versions[s]}


def hook_count(module: nn.Module) -> int:
    """Count the forward hooks in a network: taps leave none behind."""
    return sum(
        len(m._forward_hooks) + len(m._forward_pre_hooks)  # noqa: SLF001 - no public name
        for m in module.modules()
    )
