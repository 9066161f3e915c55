"""Find a network's layers by running it once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch

from deepvis_app.errors import UserError
from deepvis_app.nets.layers import LayerInfo, Layout
from deepvis_app.nets.pictures import Picture, guess
from deepvis_app.nets.taps import Keys, Site, evaluating, tensors, version

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from contextlib import AbstractContextManager

    from torch import Tensor, nn
    from torch.utils.hooks import RemovableHandle

OUTPUT = "output"  # the name of what the network itself returns, where no layer gives it


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer as the taps need it: what is told of it, where it is seen, how it is pictured."""

    info: LayerInfo
    site: Site
    picture: Picture


@dataclass(slots=True)
class Probed:
    """What one run tells of a network."""

    layers: dict[str, Layer] = field(default_factory=dict)  # in the order of execution
    aliases: dict[str, str] = field(default_factory=dict)  # other names of the same values
    overwritten: set[Site] = field(default_factory=set)  # sites written in place later on
    output_layer: str | None = None
    classes: int | None = None  # how many, where the network gives (N, classes)


@dataclass(slots=True)
class Sighting:
    """One tensor as it left one call of one module."""

    site: Site
    kind: str
    is_leaf: bool
    tensor: Tensor  # kept, so that no other tensor takes its memory during the probe
    version: int | None

    def same_values(self) -> tuple[int, ...] | None:
        """Return what two sightings of the very same values have in common."""
        if self.version is None:
            return None
        memory = self.tensor.untyped_storage()._cdata
        return memory, self.tensor.storage_offset(), self.tensor.numel(), self.version


def logits_of(output: object) -> Tensor | None:
    """Return the class scores (N, K) in what a network returns: its first tensor, if of rank 2."""
    first = next((t for _, t in tensors(output)), None)
    if first is None or not first.is_floating_point() or first.ndim < 2:
        return None
    is_vector = first.ndim == 2 or (first.ndim == 4 and first.shape[2:] == (1, 1))
    return first.flatten(1) if is_vector else None


def probe(module: nn.Module, modules: Mapping[str, nn.Module], x: Tensor) -> Probed:
    """Run `module` on `x` (1, C, H, W) and list its layers.

    Raises `UserError` with the model's own message when it cannot run.
    """
    sightings, output = _run(module, modules, x)
    return _probed(sightings, output, x.shape[-2] / x.shape[-1])


def _run(
    module: nn.Module, modules: Mapping[str, nn.Module], x: Tensor
) -> tuple[list[Sighting], object]:
    sightings: list[Sighting] = []
    calls: dict[str, int] = {}

    def watch(path: str, watched: nn.Module) -> RemovableHandle:
        is_leaf = next(watched.children(), None) is None
        kind = type(watched).__name__

        def hook(_module: nn.Module, _args: object, output: object) -> None:
            calls[path] = calls.get(path, 0) + 1
            for keys, tensor in tensors(output):
                site = Site(path, calls[path], keys)
                sightings.append(Sighting(site, kind, is_leaf, tensor, version(tensor)))

        return watched.register_forward_hook(hook)

    handles = [watch(path, m) for path, m in modules.items() if _can_be_hooked(m)]
    try:
        with evaluating(modules.values()), torch.no_grad(), _own_random_state(x.device):
            return sightings, module(x)
    except (torch.OutOfMemoryError, UserError):
        raise
    except Exception as error:  # a stranger's code may raise anything
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        shape = " × ".join(str(n) for n in x.shape[1:])
        raise UserError(
            f"The network cannot run on an input of {shape}: {first}",
            "Give the input shape (channels, height, width) that it was made for",
        ) from error
    finally:
        for handle in handles:
            handle.remove()


def _can_be_hooked(module: nn.Module) -> bool:
    return not isinstance(module, torch.jit.ScriptModule)


def _own_random_state(device: torch.device) -> AbstractContextManager[None]:
    return torch.random.fork_rng(devices=[device] if device.type == "cuda" else [])


def _probed(sightings: list[Sighting], output: object, aspect: float) -> Probed:
    probed = Probed()
    names = _names(sightings)
    repeated = {s.site.path for s in sightings if s.site.call > 1}
    for group in _groups(sightings):
        best = _canonical(group, repeated)
        picture = guess(best.tensor, aspect) if _is_shown(best.tensor) else None
        if picture is None:
            continue
        name = names[best.site]
        info = LayerInfo(name, best.kind, picture.shape, picture.layout, None)
        probed.layers[name] = Layer(info, best.site, picture)
        probed.aliases.update({names[s.site]: name for s in group if s is not best})
        if best.version is None or version(best.tensor) != best.version:
            probed.overwritten.add(best.site)
    _find_output(probed, sightings, names, output)
    return probed


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


def _is_shown(tensor: Tensor) -> bool:
    return tensor.is_floating_point() and tensor.layout is torch.strided


def _find_output(
    probed: Probed, sightings: list[Sighting], names: Mapping[Site, str], output: object
) -> None:
    logits = logits_of(output)
    if logits is None:
        return
    probed.classes = logits.shape[1]
    keys = next(keys for keys, _ in tensors(output))
    name = names[Site("", 1, keys)]
    name = probed.aliases.get(name, name)
    probed.output_layer = name if name in probed.layers else None
