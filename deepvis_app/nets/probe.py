"""Find a network's layers by running it once."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache, partial
from typing import TYPE_CHECKING

import torch

from deepvis_app.errors import UserError
from deepvis_app.nets.behaviour import Behaviour
from deepvis_app.nets.chance import Chance
from deepvis_app.nets.checkpoints import plain_checkpoints
from deepvis_app.nets.endings import Squashes, find_ending
from deepvis_app.nets.layers import LayerInfo
from deepvis_app.nets.memory import memory, version
from deepvis_app.nets.observing import First, observe
from deepvis_app.nets.outputs import find_head
from deepvis_app.nets.pictures import Picture, guess
from deepvis_app.nets.places import pictures_by_places
from deepvis_app.nets.receptive import receptive_field, visible
from deepvis_app.nets.refusals import cannot_run
from deepvis_app.nets.running import attributes_kept, buffers_kept
from deepvis_app.nets.taps import Site, evaluating, listening
from deepvis_app.nets.together import settled
from deepvis_app.nets.tracing import Tracer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from torch import Tensor, nn

    from deepvis_app.nets.dependence import Dependence
    from deepvis_app.nets.endings import Ending
    from deepvis_app.nets.layers import ReceptiveField
    from deepvis_app.nets.outputs import Head, Scale
    from deepvis_app.nets.receptive import Span

    Settle = Callable[[Mapping[Site, Sequence[Picture]]], dict[Site, Picture]]

OUTPUT = "output"  # the name of what the network itself returns, where no layer gives it


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer as the taps need it: what is told of it, where it is seen, how it is pictured."""

    info: LayerInfo
    site: Site
    picture: Picture
    also: tuple[Site, ...] = ()  # other names that the very same values go by


@dataclass(slots=True)
class Probed:
    """What one run tells of a network."""

    layers: dict[str, Layer] = field(default_factory=dict)  # in the order of execution
    aliases: dict[str, str] = field(default_factory=dict)  # other names of the same values
    overwritten: set[Site] = field(default_factory=set)  # sites written in place later on
    behaviour: Behaviour = field(default_factory=Behaviour)
    output_layer: str | None = None
    maps_layer: str | None = None  # where the network gives maps of classes (N, classes, H, W)
    head: Head | None = None  # what of the output are class scores
    ending: Ending | None = None  # the softmax or sigmoid that gives these


@dataclass(frozen=True, slots=True, eq=False)
class Sighting:
    """One tensor as it left one call of one module."""

    site: Site
    kind: str
    tensor: Tensor  # kept, so that no other tensor takes its memory during the probe
    version: int | None
    dependence: Dependence | None

    def same_values(self) -> tuple[object, ...] | None:
        """Return what two sightings of the very same values have in common, if that is known."""
        if self.version is None:
            return None
        offset, size = self.tensor.storage_offset(), self.tensor.numel()
        return memory(self.tensor), offset, size, self.version

    def is_overwritten(self) -> bool:
        """Tell whether the values were (or may have been) written in place since."""
        return self.version is None or version(self.tensor) != self.version


def probe(
    module: nn.Module,
    modules: Mapping[str, nn.Module],
    x: Tensor,
    labels: Sequence[str] = (),
    scale: Scale | None = None,
) -> Probed:
    """Run `module` on `x` (1, C, H, W) and list its layers; `modules` are its named modules.

    `labels` and `scale` help to find the class scores, see `find_head`.
    Raises `UserError` with the model's own message when it cannot run.
    """
    sightings: list[Sighting] = []
    kinds = {path: type(part).__name__ for path, part in modules.items()}
    tracer = Tracer(x)
    given, before = x.clone(), version(x)
    try:
        with (
            listening(modules, partial(_sight, sightings, kinds, tracer)),
            tracer,
            evaluating(modules.values()),
            torch.no_grad(),
            Chance(modules.values(), x.device).fixed(),
            plain_checkpoints() as met,
            attributes_kept(modules.values()) as attributes,
            buffers_kept(module) as buffers,
            Squashes() as squashes,
        ):
            output = module(x)
    except (torch.OutOfMemoryError, UserError):
        raise
    except (Exception, SystemExit) as error:
        raise cannot_run(error, module, modules, given) from error
    probed = _probed(sightings, x, partial(settled, module, modules, given))
    probed.head = find_head(output, labels, tracer.origins.of, scale)
    _find_output(probed, _names(sightings))
    if probed.head is not None:
        probed.ending = find_ending(squashes, probed.head.rows(output, 1), sightings)
    found = Behaviour(
        writes_input=version(x) != before or not torch.equal(x, given),
        written_buffers=tuple(buffers.names),
        keeps_attributes=attributes.found,
        has_checkpoints=bool(met.count),
    )
    sites = {name: layer.site for name, layer in probed.layers.items()}
    probed.behaviour = observe(module, modules, _first(given, sightings), found, sites)
    return probed


def _first(x: Tensor, sightings: list[Sighting]) -> First:
    return First(
        x,
        {s.site: s.tensor.shape for s in sightings},
        {s.site: s.tensor for s in sightings if not s.is_overwritten()},
        frozenset(s.site for s in sightings if s.dependence is not None),
    )


def _sight(
    sightings: list[Sighting],
    kinds: Mapping[str, str],
    tracer: Tracer,
    site: Site,
    tensor: Tensor,
) -> None:
    if tensor.is_floating_point() and tensor.layout is torch.strided:
        found = tracer.dependence(tensor)
        sightings.append(Sighting(site, kinds[site.path], tensor, version(tensor), found))


def _probed(sightings: list[Sighting], x: Tensor, settle: Settle) -> Probed:
    probed = Probed()
    names = _names(sightings)
    repeated = {s.site.path for s in sightings if s.site.call > 1}
    groups = list(_groups(sightings))
    best = [_canonical(group, repeated) for group in groups]
    size = x.shape[2], x.shape[3]
    shown = _visible(sightings, size)
    field_of = cache(partial(receptive_field, input_size=size, visible=shown))  # often the same
    is_traced = any(s.dependence and not s.site.path for s in sightings)
    for group, chosen, picture in zip(groups, best, _pictures(best, x, settle), strict=True):
        is_constant = is_traced and chosen.dependence is None  # made of weights alone
        if picture is None or is_constant:
            continue
        same = [s for s in group if s.tensor.shape == chosen.tensor.shape]
        also = tuple(s.site for s in same if s is not chosen)
        _add(probed, names[chosen.site], chosen, picture, field_of, also)
        probed.aliases.update({names[s.site]: names[chosen.site] for s in group if s is not chosen})
    _shorten(probed)
    return probed


def _visible(sightings: list[Sighting], size: tuple[int, int]) -> tuple[Span, Span]:
    """Return the rows and columns of the input that the network's own output depends on."""
    returned = (s.dependence for s in sightings if not s.site.path and s.dependence)
    return next(map(visible, returned), ((0, size[0]), (0, size[1])))


def _pictures(sightings: list[Sighting], x: Tensor, settle: Settle) -> list[Picture | None]:
    """Picture each output by its places; else as another of the same shape; else by its rank."""
    aspect = x.shape[-2] / x.shape[-1]
    possible = [
        pictures_by_places(s.tensor, s.dependence, aspect) if s.dependence else []
        for s in sightings
    ]
    unsure = {
        s.site: pictures
        for s, pictures in zip(sightings, possible, strict=True)
        if any(p.batch or p.fold for p in pictures)
    }
    found = settle(unsure) if unsure else {}
    sure = [
        found.get(s.site) if s.site in unsure else next(iter(pictures), None)
        for s, pictures in zip(sightings, possible, strict=True)
    ]
    by_shape = {s.tensor.shape: p for s, p in zip(sightings, sure, strict=True) if p}
    return [
        picture or by_shape.get(s.tensor.shape) or guess(s.tensor, aspect, s.kind)
        for s, picture in zip(sightings, sure, strict=True)
    ]


def _add(
    probed: Probed,
    name: str,
    sighting: Sighting,
    picture: Picture,
    field_of: Callable[[Dependence, Picture], ReceptiveField | None],
    also: tuple[Site, ...],
) -> None:
    pictures = {name: picture}
    if picture.apart:
        pictures[f"{name}/class"] = picture.class_tokens()
    for part, shown in pictures.items():
        seen = field_of(sighting.dependence, shown) if sighting.dependence else None
        info = LayerInfo(part, sighting.kind, shown.shape, shown.layout, seen)
        probed.layers[part] = Layer(info, sighting.site, shown, also)
    if sighting.is_overwritten():
        probed.overwritten.add(sighting.site)


def _groups(sightings: list[Sighting]) -> Iterable[list[Sighting]]:
    """Put sightings of the very same values together, in the order of execution."""
    groups: dict[object, list[Sighting]] = {}
    for number, sighting in enumerate(sightings):
        groups.setdefault(sighting.same_values() or number, []).append(sighting)
    return groups.values()


def _canonical(group: list[Sighting], repeated: set[str]) -> Sighting:
    """Choose who names the layer: the first, but rather a block than a later call of its part."""
    single = [s for s in group if s.site.path not in repeated and s.site.path]
    return single[0] if single else group[0]


def _names(sightings: list[Sighting]) -> dict[Site, str]:
    taken = {s.site.path for s in sightings}
    root = next(n for n in (OUTPUT, f"network {OUTPUT}") if n not in taken)
    names = {}
    for site in (s.site for s in sightings):
        call = f":{site.call}" if site.call > 1 else ""
        names[site] = "/".join([(site.path or root) + call, *map(str, site.keys)])
    return names


def _find_output(probed: Probed, names: Mapping[Site, str]) -> None:
    if probed.head is None:
        return
    name = names.get(Site("", 1, probed.head.keys), "")
    name = probed.aliases.get(name, name)
    found = name if name in probed.layers else None
    if probed.head.is_maps:
        probed.maps_layer = found
    else:
        probed.output_layer = found


def _shorten(probed: Probed) -> None:
    """Let `path` stand for `path/key` where a module's output has but one part with a picture."""
    parts: dict[str, list[str]] = {}
    for name, layer in probed.layers.items():
        if layer.site.keys and not layer.picture.is_class:
            parts.setdefault(
                name.removesuffix("/" + "/".join(map(str, layer.site.keys))), []
            ).append(name)
    for path, names in parts.items():
        if len(names) == 1:
            probed.aliases.setdefault(path, names[0])
