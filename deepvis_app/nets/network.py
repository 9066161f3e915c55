"""The network under study: a module with its input, its preprocessing and its layers."""

from __future__ import annotations

import copy
import difflib
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import takewhile
from typing import TYPE_CHECKING

import torch

from deepvis_app.errors import UserError, in_brief
from deepvis_app.nets.ablation import held
from deepvis_app.nets.chance import Chance
from deepvis_app.nets.directed import Directed, checked, with_layer
from deepvis_app.nets.endings import Squashes
from deepvis_app.nets.fingerprint import nonfinite_weights, with_weights, without_weights
from deepvis_app.nets.outputs import Scale, as_rows, probabilities, shares
from deepvis_app.nets.preprocessing import Fit, Placement, Preprocessing
from deepvis_app.nets.probe import probe
from deepvis_app.nets.running import Manner
from deepvis_app.nets.taps import Taps, evaluating, listening
from deepvis_app.nets.written import write_weights

if TYPE_CHECKING:
    from _hashlib import HASH
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from contextlib import AbstractContextManager

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor, nn

    from deepvis_app.nets.directions import Directions
    from deepvis_app.nets.layers import LayerInfo, Unit
    from deepvis_app.nets.pictures import Picture
    from deepvis_app.nets.probe import Layer
    from deepvis_app.nets.taken import TakenWeights
    from deepvis_app.nets.taps import Site

    Reduce = Callable[[Tensor], Tensor]


@dataclass(frozen=True, slots=True, eq=False)
class Forward:
    """What one pass gave.

    `logits` (N, K) are the class scores as the network returns them (`Network.scale` tells what
    numbers these are), None where it gives none or the pass ended early. `class_maps`
    (N, K, H, W) are a segmentation network's. `unsquashed` (N, K) are the class scores before the
    network's own last softmax or sigmoid, None where it has none that is known (`Network.ending`).
    `activations` are maps (N, C, h, w) by layer. `raw` are the same values as the network itself
    has them: where gradients are enabled they lie on the way to the output (Grad-CAM needs that);
    `Network.maps` turns them into maps, `Network.gradients` their gradients. `at` are values at
    sites that were asked for, as the network has them.
    """

    logits: Tensor | None
    activations: dict[str, Tensor]
    raw: dict[str, Tensor]
    class_maps: Tensor | None = None
    unsquashed: Tensor | None = None
    at: dict[Site, Tensor] = field(default_factory=dict)

    @classmethod
    def joined(cls, parts: Sequence[Forward]) -> Forward:
        """Return passes of pictures run one by one as the pass of a batch."""
        logits, class_maps, unsquashed = (
            torch.cat(found) if (found := [v for v in values if v is not None]) else None
            for values in zip(*((p.logits, p.class_maps, p.unsquashed) for p in parts), strict=True)
        )
        activations, raw = (
            {name: torch.cat([values[name] for values in found]) for name in found[0]}
            for found in ([p.activations for p in parts], [p.raw for p in parts])
        )
        at = {site: torch.cat([p.at[site] for p in parts]) for site in parts[0].at}
        return cls(logits, activations, raw, class_maps, unsquashed, at)


class Network:
    """A PyTorch model made ready to be looked into. The module itself is never edited.

    Parameters
    ----------
    module
        Any module that takes one float tensor (N, C, H, W).
    input_shape
        (C, H, W) of one input.
    preprocessing
        From pictures to inputs; None: ImageNet's for three channels, 0..1 values for others.
    labels
        Names of the classes, or None. A network with one output may have one label, or two, of
        which the output is for the second.
    scores
        What the scores are, where that is known better than `nets.outputs` can tell: "softmax" or
        "sigmoid" (logits of them), "given" (probabilities already) or "number" (no probability).
    name, spec
        What a person and `load_network` call it.
    layer_names
        The layers to list; None: all that have a picture.

    Raises `UserError` when the model cannot run on that input, or when labels or layer names do
    not fit it. It runs the model once.
    """

    def __init__(
        self,
        module: nn.Module,
        input_shape: tuple[int, int, int] = (3, 224, 224),
        preprocessing: Preprocessing | None = None,
        labels: Sequence[str] | None = None,
        *,
        name: str | None = None,
        spec: str | None = None,
        layer_names: Iterable[str] | None = None,
        scores: Scale | str | None = None,
    ) -> None:
        module = getattr(module, "_orig_mod", module)  # a compiled model's own; hooks pass by it
        self.module = module
        self.input_shape = _checked_shape(input_shape)
        self.preprocessing = preprocessing or Preprocessing.default(self.input_shape[0])
        self.labels = tuple(labels or ())
        self.name = name or type(module).__name__
        self.spec = spec or ""
        self.taken: TakenWeights | None = None  # what of a weights file it got
        self.weights_file = ""  # the file given to `load_network`, "" for the spec's own weights
        self._modules = dict(module.named_modules())
        _check_weights(module, self.name)
        self._channels_last = False
        self._fingerprint = self._identity = ""
        self._manner_digest: HASH | None = None  # of the fingerprint, before the weights
        kind = None if scores is None else _scale(scores)
        probed = probe(module, self._modules, self._noise(), self.labels, kind)
        if not probed.layers:
            raise UserError(
                f"{self.name} has no layer that can be tapped",
                "Scripted models refuse taps: save the model with torch.export (.pt2)",
            )
        self._layers = probed.layers
        #: Directions on its layers, in the order in which they were put there.
        self.directed: tuple[Directed, ...] = ()
        self._aliases = probed.aliases
        self._overwritten = frozenset(probed.overwritten)  # sites whose values are cloned
        self._shared: frozenset[Site] = frozenset()  # of these, those with a second name
        #: What the network does that a plain chain of layers does not.
        self.behaviour = probed.behaviour
        self._manner = self._own_manner()
        self._roots = frozenset(self._layers[name].site for name in self.behaviour.severed)
        #: The layer that gives the class scores, None where there are none.
        self.output_layer = probed.output_layer
        #: The layer that gives one map a class, None where there is none.
        self.maps_layer = probed.maps_layer
        self._head = probed.head
        self._ending = probed.ending
        if self._head is not None and self._head.count == 1 and len(self.labels) == 2:
            self.labels = self.labels[1:]
        #: Layers with one unit a class: the output, and back to the first such one.
        self.class_layers = self._ending_at(self.output_layer)
        self._labelled = self._find_labelled()
        shown = self._layers if layer_names is None else {self._find(n) for n in layer_names}
        self.layers: tuple[LayerInfo, ...] = tuple(
            layer.info for layer in self._layers.values() if layer.info.name in shown
        )

    def __repr__(self) -> str:
        return f"Network({self.name!r}, input {self.input_shape}, {len(self.layers)} layers)"

    def __getstate__(self) -> dict[str, object]:
        """Leave out what no other process can be given, and finds again."""
        return {**self.__dict__, "_manner_digest": None}

    def _own_manner(self) -> Callable[[Tensor], object]:
        if self.behaviour.is_plain:
            return self.module
        return Manner(self.behaviour, self.module, self._modules.values(), self.device)

    def _noise(self, seed: int = 0) -> Tensor:
        generator = torch.Generator().manual_seed(seed)
        noise = torch.randn(1, *self.input_shape, generator=generator)
        return noise.to(self.device, self.dtype)

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return next((t.device for t in _weights(self.module)), torch.device("cpu"))

    @property
    def dtype(self) -> torch.dtype:
        """The weights' floating-point type; inputs are brought to it."""
        floats = (t.dtype for t in _weights(self.module) if t.is_floating_point())
        return next(floats, torch.float32)

    @property
    def fingerprint(self) -> str:
        """SHA-256 (hex) of weights, architecture, code, settings and preprocessing as they are now.

        Found anew each time, by a look at every weight and a pass: a write to a weight, by whatever
        way, or another `forward` gives another. See `deepvis_app.nets.fingerprint` for its limits.
        """
        with (
            evaluating(self._modules.values()),
            torch.no_grad(),
            Chance(self._modules.values(), self.device).fixed(),
        ):
            read = tuple(sorted(each.facts for each in self.directed if each.facts))
            facts = (self.preprocessing, self.input_shape, *read)
            begun = without_weights(self.module, self._manner, self._noise, *facts)
        self._manner_digest = begun
        self._fingerprint = with_weights(begun, self.module)
        self._identity = self._identity or self._fingerprint
        return self._fingerprint

    @property
    def last_fingerprint(self) -> str:
        """The `fingerprint` as it was last found: for whoever alone holds this network."""
        return self._fingerprint or self.fingerprint

    @property
    def identity(self) -> str:
        """The `fingerprint` as it was first found: the same network by it, while it learns."""
        return self._identity or self.fingerprint

    def take_weights(self, values: Mapping[str, NDArray[np.generic]]) -> str:
        """Put other weights in place of the present ones; return the `fingerprint` they give.

        `values` are of all names of the module's state dict, in its shapes. Only copies are made:
        no operator of torch runs. Raises `UserError`, and changes nothing, where they do not fit.
        """
        if self._manner_digest is None:
            self.fingerprint  # noqa: B018 - finds the digest
        assert self._manner_digest is not None
        write_weights(self.module, values, self.name)
        self._fingerprint = with_weights(self._manner_digest, self.module)
        return self._fingerprint

    def nonfinite_weights(self) -> tuple[str, ...]:
        """Return the names of the weights and buffers that hold NaN or infinity."""
        return nonfinite_weights(self.module)

    # Layers and units

    def layer(self, name: str) -> LayerInfo:
        """Return a layer by its name, or by another name of the same values.

        Raises `UserError` naming the nearest valid names.
        """
        return self._layers[self._find(name)].info

    def _find(self, name: str) -> str:
        name = self._aliases.get(name, name)
        if name in self._layers:
            return name
        known = [*self._layers, *self._aliases]
        near = [each for each in known if each.casefold() == name.casefold()]
        near = near or difflib.get_close_matches(name, known, 3, 0.5)
        choice = " or ".join(near) if near else ", ".join(list(self._layers)[:3]) + ", …"
        raise UserError(f"{self.name} has no layer {in_brief(name)}", f"Use {choice}")

    def unit_label(self, unit: Unit) -> str | None:
        """Return the class that a unit stands for, or what it is called as a direction.

        Classes are the units from the layer that first gives one unit a class up to the output;
        also where the network gives one map a class.
        """
        names = self.unit_names(unit.layer)
        return (names[unit.index] or None) if unit.index < len(names) else None

    def is_labelled(self, layer: str) -> bool:
        """Tell whether the layer's units have names: the classes', or those of directions."""
        return bool(self.unit_names(layer))

    def unit_names(self, layer: str) -> tuple[str, ...]:
        """Return what the layer's units are called, () where they are called nothing."""
        if (directions := self.directions(layer)) is not None:
            return directions.names
        return self.labels if self._find(layer) in self._labelled else ()

    def is_class(self, unit: Unit) -> bool:
        """Tell whether the unit stands for a class: whether its layer is one of `class_layers`."""
        return self._find(unit.layer) in self.class_layers

    def _ending_at(self, last: str | None) -> frozenset[str]:
        """Return the layers with as many units as `last`, from it back to the first such one."""
        if last is None:
            return frozenset()
        names = list(self._layers)
        counts = {name: layer.info.unit_count for name, layer in self._layers.items()}
        upwards = names[: names.index(last) + 1]
        return frozenset(takewhile(lambda name: counts[name] == counts[last], reversed(upwards)))

    def _find_labelled(self) -> frozenset[str]:
        """Return the layers whose units are the labels'. Raises `UserError` for a wrong number.

        A network without class scores (a detector) has them at the last layer of that width.
        """
        count = len(self.labels)
        if not count:
            return frozenset()
        if self._head is not None:
            if self._head.count != count:
                raise _wrong_labels(count, self._head.count, self._head.is_maps)
            return self._ending_at(self.output_layer or self.maps_layer)
        last = [n for n, layer in self._layers.items() if layer.info.unit_count == count]
        if not last:
            raise UserError(
                f"There are {count} labels, but {self.name} returns no class scores, and none of "
                f"its layers has {count} units",
                "Leave the labels out, or give one label a unit of a layer",
            )
        return self._ending_at(last[-1])

    @property
    def scale(self) -> Scale | None:
        """What the network's scores are, None where it gives none."""
        return None if self._head is None else self._head.scale

    @property
    def ending(self) -> str | None:
        """What the network does last to its class scores, such as "softmax" or "log sigmoid".

        `Forward.unsquashed` is what this was given. None: nothing that is known.
        """
        return None if self._ending is None else self._ending.kind

    def scores(self, forward: Forward) -> Tensor | None:
        """Return what is shown of a pass's class scores, float32 (N, K); None: there are none.

        `scale` tells what these are: probabilities, bare numbers or, of a network with one map a
        class, the share of places where the class scores highest.
        """
        if self._head is None:
            return None
        if forward.class_maps is not None:
            return shares(forward.class_maps, self._head.level)
        return None if forward.logits is None else probabilities(forward.logits, self._head.scale)

    # Directions

    def with_directions(
        self, layer: str, directions: Directions, name: str | None = None
    ) -> Network:
        """Return this network with a further layer, "layer~name": directions read off a layer.

        It is a layer like any other, behind the one that it reads. The module is the same and is
        not edited. Without a name it is called by its content. With a name that does not end in
        `Directions.by_content`, the fingerprint is another one: what is kept of a direction is
        never taken for another's.

        Raises `UserError` where the directions do not fit the layer, or the name is taken.
        """
        directed = checked(self._layers[self._find(layer)], directions, name)
        return self._directed_by((*self.directed, directed), with_layer(self._layers, directed))

    def without_directions(self, layer: str | None = None) -> Network:
        """Return this network without the directions that are `layer`; None: without any."""
        gone = None if layer is None else self._find(layer)
        kept = tuple(each for each in self.directed if gone not in (None, each.full_name))
        names = {each.full_name for each in self.directed} - {each.full_name for each in kept}
        if layer is not None and not names:
            raise UserError(f"{layer} is a layer of the network itself", "It stays")
        left = {name: found for name, found in self._layers.items() if name not in names}
        return self._directed_by(kept, left)

    def _directed_by(self, directed: tuple[Directed, ...], layers: dict[str, Layer]) -> Network:
        twin = copy.copy(self)
        twin.directed, twin._layers = directed, layers  # noqa: SLF001 - of the same class
        added = {each.full_name for each in directed}
        shown = {info.name for info in self.layers} | added
        twin.layers = tuple(one.info for name, one in layers.items() if name in shown)
        own = tuple(name for name in self.behaviour.severed if name in self._own_names)
        cut = tuple(each.full_name for each in directed if each.layer in own)
        twin.behaviour = replace(self.behaviour, severed=(*own, *cut))
        if {each.facts for each in directed} != {each.facts for each in self.directed}:
            twin._fingerprint = twin._identity = ""  # noqa: SLF001
            twin._manner_digest = None  # noqa: SLF001
        return twin

    def directions(self, layer: str) -> Directions | None:
        """Return the directions that a layer is, None where it is one of the network itself."""
        name = self._find(layer)
        found = (each.directions for each in self.directed if each.full_name == name)
        return next(found, None)

    def base_layer(self, layer: str) -> str:
        """Return the layer that directions are read from; of another layer its own name."""
        name = self._find(layer)
        return next((each.layer for each in self.directed if each.full_name == name), name)

    @property
    def own_layers(self) -> tuple[LayerInfo, ...]:
        """The layers of the network itself, without directions."""
        added = {each.full_name for each in self.directed}
        return tuple(info for info in self.layers if info.name not in added)

    @property
    def _own_names(self) -> set[str]:
        return self._layers.keys() - {each.full_name for each in self.directed}

    # Pictures

    def view(
        self, image: NDArray[np.uint8], fit: Fit | None = None, mirror: bool = False
    ) -> tuple[NDArray[np.uint8], Placement]:
        """Return a picture (H, W, 3) as the network sees it, and where it lies in `image`."""
        return self.preprocessing.view(image, self.input_shape, fit, mirror)

    def normalise(self, picture: NDArray[np.uint8], *, channels_last: bool = False) -> Tensor:
        """Turn what `view` gives into an input, float32 (C, H, W) on the CPU.

        `channels_last` leaves the channels innermost in memory, as they are in the picture.
        """
        shape = self.input_shape
        return self.preprocessing.normalise(picture, shape, channels_last=channels_last)

    def prepare(
        self, image: NDArray[np.uint8], fit: Fit | None = None, mirror: bool = False
    ) -> Tensor:
        """Turn a picture, uint8 RGB (H, W, 3), into an input, float32 (C, H, W) on the CPU."""
        return self.normalise(self.view(image, fit, mirror)[0])

    # Passes

    def forward(
        self,
        x: Tensor,
        layers: Iterable[str] = (),
        *,
        stop_early: bool = False,
        reduce: Mapping[str, Reduce] | None = None,
        sites: Collection[Site] = (),
    ) -> Forward:
        """Run the network on inputs (N, C, H, W) under the caller's gradient mode.

        `stop_early` ends the pass after the deepest of `layers`. `reduce` names further layers and
        what is kept of their maps (N, C, h, w) in their place: it is called while the values are
        fresh and must return memory of its own. For thumbnails that costs far less than a tap.
        `sites` are other places whose values are wanted, such as what enters a module.

        Pictures are run one by one where a batch would change what the network gives for them; the
        values in `raw` are then not on the way from several pictures to the output.
        """
        if len(x) > 1 and self.behaviour.runs_alone:
            layers = tuple(layers)
            run = partial(
                self.forward, layers=layers, stop_early=stop_early, reduce=reduce, sites=sites
            )
            return Forward.joined([run(one) for one in x.split(1)])
        wanted = {name: self._layers[self._find(name)] for name in layers}
        x = self._accepted(x)
        aspect = x.shape[-2] / x.shape[-1]
        maps: dict[str, Tensor] = {}
        smaller: dict[Site, list[tuple[str, Picture, Reduce]]] = {}
        for name, function in (reduce or {}).items():
            if name not in wanted:
                layer = self._layers[self._find(name)]
                smaller.setdefault(layer.site, []).append((name, layer.picture, function))
        count = len(x)
        watchers = {s: partial(_reduce, maps, fs, aspect, count) for s, fs in smaller.items()}
        tapped = {*(layer.site for layer in wanted.values()), *sites}
        ending = None if stop_early else self._ending
        squashes = Squashes(ending.call) if ending and ending.site is None else None
        if ending and ending.site:
            tapped.add(ending.site)
        output, values = self._tapped(x, tapped, watchers, stop_early, squashes)
        raw = {name: values[layer.site] for name, layer in wanted.items()}
        maps |= {
            name: _checked_maps(wanted[name].picture, value, aspect, count)
            for name, value in raw.items()
        }
        head = self._head
        logits = None if head is None or output is None else head.rows(output, len(x))
        class_maps = None if head is None or output is None else head.maps(output)
        given = None if squashes is None else squashes.given
        given = values[ending.site] if ending and ending.site else given
        unsquashed = None if given is None else as_rows(given, len(x))
        at = {site: values[site] for site in sites}
        return Forward(logits, maps, raw, class_maps, unsquashed, at)

    def listened(self, x: Tensor, hear: Callable[[Site, Tensor], None]) -> None:
        """Run the network on one input (1, C, H, W); `hear` has all that enters and leaves modules.

        In order of execution, as the network has it: it must keep its hands off.
        """
        parts = self._modules
        with evaluating(parts.values()), listening(parts, hear, entering=True):
            self._manner(self._accepted(x))

    def site(self, layer: str) -> Site:
        """Return where in a pass a layer's values appear. Raises `UserError`."""
        return self._layers[self._find(layer)].site

    def ablated(self, unit: Unit, value: float = 0.0) -> AbstractContextManager[None]:
        """Hold a unit at a value, at all places, in the passes that this thread runs meanwhile.

        All that comes behind answers to what is left, and the layer itself shows the value. A
        direction is held by the least change of the layer that it reads, see `Directions.held`.
        The module is not edited. Raises `UserError` where there is no such unit.
        """
        layer = self._layers[self._find(unit.layer)]
        if not 0 <= unit.index < layer.info.unit_count:
            raise UserError(
                f"{unit.layer} has no unit {unit.index}",
                f"It has units 0 to {layer.info.unit_count - 1}",
            )
        sites = (layer.site, *layer.also)
        return held(self._modules, sites, layer.picture, unit.index, value)

    def _accepted(self, x: Tensor) -> Tensor:
        if x.ndim != 4 or x.shape[1] != self.input_shape[0]:
            raise UserError(
                f"{self.name} cannot take an input of shape {tuple(x.shape)}",
                f"Inputs are (N, {', '.join(map(str, self.input_shape))})",
            )
        x = x.to(self.device, self.dtype)
        return x.contiguous(memory_format=torch.channels_last) if self._channels_last else x

    def _tapped(
        self,
        x: Tensor,
        sites: set[Site],
        watchers: Mapping[Site, Callable[[Tensor], None]],
        stop: bool,
        squashes: Squashes | None = None,
    ) -> tuple[object, dict[Site, Tensor]]:
        while True:
            output = None
            taps = Taps(
                self._modules,
                sites,
                clone=self._overwritten,
                aside=self._shared,
                roots=self._roots,
                watchers=watchers,
                stop=stop,
            )
            with evaluating(self._modules.values()), taps, squashes or nullcontext():
                output = self._manner(x)
            spoiled = taps.spoiled()
            if not spoiled:
                self._check_seen(taps.missed())
                return output, taps.values
            # The probe met no write here, but this input does: run again, and clone from now on.
            # A value that is written although the network has a clone goes by another name too.
            self._shared = self._shared | (spoiled & self._overwritten)
            self._overwritten = self._overwritten | spoiled

    def _check_seen(self, missed: set[Site]) -> None:
        names = [n for n, layer in self._layers.items() if layer.site in missed]
        names += [site.path for site in missed]
        if names:
            raise UserError(
                f"{self.name} did not run its layer {names[0]} on this input",
                "Choose a layer that every input passes",
            )

    def activations(self, x: Tensor, layers: Iterable[str] | None = None) -> dict[str, Tensor]:
        """Return maps (N, C, h, w) by layer, without gradients; None means every layer."""
        names = [info.name for info in self.layers] if layers is None else layers
        with torch.no_grad():
            return self.forward(x, names, stop_early=True).activations

    def maps(self, layer: str, raw: Tensor) -> Tensor:
        """Turn a layer's own output into maps (N, C, h, w)."""
        return self._layers[self._find(layer)].picture.maps(raw, self._aspect)

    def gradients(self, layer: str, raw: Tensor) -> Tensor:
        """Turn a gradient of the shape of a layer's own output into maps (N, C, h, w).

        Of directions: what moving each by one does, see `Directions.gradients`.
        """
        return self._layers[self._find(layer)].picture.gradients(raw, self._aspect)

    @property
    def _aspect(self) -> float:
        return self.input_shape[1] / self.input_shape[2]

    def replica(self, device: torch.device | str, *, channels_last: bool = True) -> Network:
        """Return a copy with weights of its own on `device`; this network stays as it is."""
        module = copy.deepcopy(self.module).to(device)
        if channels_last:
            module = module.to(memory_format=torch.channels_last)
        twin = copy.copy(self)
        twin._adopt(module, channels_last)  # noqa: SLF001 - of the same class
        return twin

    def _adopt(self, module: nn.Module, channels_last: bool) -> None:
        """Take a copy of the module for one's own."""
        self.module = module
        self._modules = dict(module.named_modules())
        self._channels_last = channels_last
        self._fingerprint, self._manner_digest = "", None
        self._manner = self._own_manner()


def _reduce(
    into: dict[str, Tensor],
    functions: Iterable[tuple[str, Picture, Reduce]],
    aspect: float,
    count: int,
    value: Tensor,
) -> None:
    """Keep what functions make of a value's maps (tokens and class token share a value)."""
    for name, picture, function in functions:
        into[name] = function(_checked_maps(picture, value, aspect, count))


def _checked_maps(picture: Picture, value: Tensor, aspect: float, count: int) -> Tensor:
    """Return the maps of `count` pictures.

    Raises `UserError` where a layer keeps several positions of a picture along one dimension with
    the pictures, and an input of another size has others of them.
    """
    if picture.fold and value.shape[0] != count * picture.fold:
        raise UserError(
            f"A layer with {picture.fold} windows a picture cannot be read at another input size",
            "Keep the network's own input size, or choose another layer",
        )
    return picture.maps(value, aspect)


def _weights(module: nn.Module) -> Iterable[Tensor]:
    yield from module.parameters()
    yield from module.buffers()


def _check_weights(module: nn.Module, name: str) -> None:
    if any(t.is_meta for t in _weights(module)):
        raise UserError(
            f"Weights of {name} lie on the meta device, where they have shapes and no numbers",
            "Make the network without torch.device('meta'), or load_state_dict(…, assign=True)",
        )


def _checked_shape(shape: tuple[int, int, int]) -> tuple[int, int, int]:
    if len(shape) != 3 or min(shape) < 1:
        raise UserError(f"The input shape {tuple(shape)} cannot be used", "Give (C, H, W)")
    return int(shape[0]), int(shape[1]), int(shape[2])


def _wrong_labels(labels: int, classes: int, is_maps: bool) -> UserError:
    what = "maps of classes" if is_maps else "classes"
    what = what if classes > 1 else what.replace("classes", "class").replace("maps", "map")
    remedy = "Give one label a class, in the network's order"
    if classes == 1 and not is_maps:
        remedy = "Give one label, or two: what a low score means, and what a high one means"
    return UserError(f"There are {labels} labels, but the network has {classes} {what}", remedy)


def _scale(word: Scale | str) -> Scale:
    known = [s.value for s in Scale if s is not Scale.SHARE]
    if isinstance(word, Scale) or word in known:
        return Scale(word)
    raise UserError(f"Scores cannot be {word!r}", f"Use {', '.join(known)}")
