"""One call for every method: what of an input makes a unit fire."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from deepvis_app.errors import UserError
from deepvis_app.explain.catalogue import CATALOGUE
from deepvis_app.explain.cuts import require_way_back
from deepvis_app.explain.definition import defined
from deepvis_app.explain.methods import Method, rule
from deepvis_app.explain.occlusion import occlusion_steps
from deepvis_app.explain.passes import go_back, needed_layers
from deepvis_app.explain.seeds import Seed, SeedKind, check_unit
from deepvis_app.pieces import finished

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from numpy.typing import NDArray
    from torch import Tensor

    from deepvis_app.explain.catalogue import CatalogueProgress, CatalogueResult
    from deepvis_app.explain.occlusion import OcclusionProgress, OcclusionResult
    from deepvis_app.explain.seeds import Place
    from deepvis_app.nets import Network, Unit

    Steps = Generator[tuple[int, int], None, NDArray[np.float32]]

OCCLUSION = "occlusion"
METHODS = (*(method.value for method in Method), OCCLUSION, *CATALOGUE)


def attribute(
    network: Network,
    x: Tensor,
    unit: Unit,
    method: Method | str = "gradient",
    seed: Seed | str | Place = "map",
    **options: Any,
) -> Tensor:
    """Return what of the input makes the unit fire.

    Parameters
    ----------
    x
        An input (C, H, W), or several (N, C, H, W), as `Network.prepare` gives them.
    method
        One of `METHODS`: a live method, "occlusion", or one of the catalogue.
    seed
        Which score of the unit is explained, see `Seed`.
    options
        Grad-CAM: `layer`, the one to weigh. Occlusion: `patch`, `stride`, `fill`, `batch`. The
        catalogue's: see `CATALOGUE[name].options`.

    Returns float32 of x's shape on x's device; (1, H, W) or (N, 1, H, W) for methods that know
    places only. The network's parameters get no gradients. Raises `UserError` where the method is
    not defined for the network or the network stops its gradients, and for a unit, seed or option
    that does not exist.
    """
    if method not in (*METHODS, *Method):
        raise UserError(f"There is no method {method!r}", f"Choose one of {', '.join(METHODS)}")
    _check_options(method, options)
    if x.ndim == 3:
        return attribute(network, x[None], unit, method, seed, **options)[0]
    seed = Seed.parse(seed)
    check_unit(network, unit, seed)
    if not isinstance(method, Method) and (method == OCCLUSION or method in CATALOGUE):
        steps = (steps_of(network, one, unit, method, seed, **options) for one in x)
        return torch.stack([torch.tensor(finished(one)) for one in steps]).to(x.device)
    return _live(network, x, unit, Method.parse(method), seed, **options)


def usual_seed(network: Network, unit: Unit, method: str) -> Seed:
    """Return the seed to take when nobody chose one: the logit of a class.

    For other units the whole map where a method goes back once, else the maximum, which does not
    change its sign.
    """
    if network.is_class(unit):
        return Seed(SeedKind.LOGIT)
    once = method in [m.value for m in Method if m is not Method.GRADCAM]
    return Seed(SeedKind.MAP if once else SeedKind.MAXIMUM)


def steps_of(
    network: Network,
    x: Tensor,
    unit: Unit,
    method: str,
    seed: Seed | str | Place,
    **options: Any,
) -> Steps:
    """Explain the input x (C, H, W) by any of `METHODS` in steps; the result is the map.

    Yields (step, total); returns the map, float32 (C or 1, H, W). Parameters and errors as
    `attribute`.
    """
    _check_options(method, options)
    if method == OCCLUSION:
        occlusion = occlusion_steps(network, x, unit, seed=seed, **options)
        return (yield from _occlusion(occlusion))
    if method in CATALOGUE:
        return (yield from _catalogue(CATALOGUE[method].steps(network, x, unit, seed, **options)))
    found = attribute(network, x, unit, method, seed, **options)
    yield 1, 1
    return np.asarray(found.cpu().numpy())


def _occlusion(steps: Generator[OcclusionProgress, None, OcclusionResult]) -> Steps:
    while True:
        try:
            progress = next(steps)
        except StopIteration as end:
            return np.asarray(end.value.drop[None])
        yield progress.step, progress.total


def _catalogue(steps: Generator[CatalogueProgress, None, CatalogueResult]) -> Steps:
    while True:
        try:
            progress = next(steps)
        except StopIteration as end:
            return np.asarray(end.value.map)
        yield progress.step, progress.total


_OPTIONS = {Method.GRADCAM.value: ("layer",), OCCLUSION: ("patch", "stride", "fill", "batch")}


def _check_options(method: Method | str, options: Mapping[str, object]) -> None:
    """Raise `UserError` for options that a method has not; the catalogue checks its own."""
    name = method.value if isinstance(method, Method) else method
    known = _OPTIONS.get(name, ())
    strange = [] if name in CATALOGUE else sorted(set(options) - set(known))
    if strange:
        remedy = f"Use {', '.join(known)}" if known else "Leave it out"
        raise UserError(f"The method {name} has no option {strange[0]!r}", remedy)


def _live(
    network: Network, x: Tensor, unit: Unit, method: Method, seed: Seed, layer: str | None = None
) -> Tensor:
    if reason := defined(network, method):
        raise UserError(reason, "Choose gradient, occlusion or another method")
    if method is not Method.GRADCAM or network.behaviour.gradient_error:
        require_way_back(network, unit.layer)
    if len(x) > 1 and network.behaviour.runs_alone:
        return torch.cat([_live(network, one, unit, method, seed, layer) for one in x.split(1)])
    with torch.inference_mode(False), torch.enable_grad():
        leaf = x.detach().clone().to(network.device, network.dtype).requires_grad_()
        layers = needed_layers(network, unit, method, layer)
        early = seed.kind is not SeedKind.LOGIT
        with rule(method):
            # The clone may be written in place, which a leaf must not be.
            forward = network.forward(leaf.clone(), layers, stop_early=early)
        flow = go_back(network, leaf, forward, unit, method, seed, weighed=layer)
    return flow.maps.to(x.device)
