"""One call for every method: what of an input makes a unit fire."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from deepvis_app.errors import UserError
from deepvis_app.explain.catalogue import CATALOGUE
from deepvis_app.explain.definition import defined
from deepvis_app.explain.methods import Method, rule
from deepvis_app.explain.occlusion import occlusion_steps
from deepvis_app.explain.passes import go_back, needed_layers
from deepvis_app.explain.seeds import Seed, SeedKind, check_unit

if TYPE_CHECKING:
    from collections.abc import Generator

    from torch import Tensor

    from deepvis_app.explain.seeds import Place
    from deepvis_app.nets import Network, Unit

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
    not defined for the network, and for a unit, seed or option that does not exist.
    """
    if method not in (*METHODS, *Method):
        raise UserError(f"There is no method {method!r}", f"Choose one of {', '.join(METHODS)}")
    if x.ndim == 3:
        return attribute(network, x[None], unit, method, seed, **options)[0]
    seed = Seed.parse(seed)
    check_unit(network, unit, seed)
    if method == OCCLUSION:
        maps = [_finish(occlusion_steps(network, one, unit, seed=seed, **options)) for one in x]
        return torch.stack([torch.from_numpy(found.drop)[None] for found in maps]).to(x.device)
    if isinstance(method, str) and method in CATALOGUE:
        run = CATALOGUE[method].steps
        found = [_finish(run(network, one, unit, seed, **options)).map for one in x]
        return torch.stack([torch.tensor(one) for one in found]).to(x.device)
    return _live(network, x, unit, Method.parse(method), seed, **options)


def _finish(steps: Generator[Any, None, Any]) -> Any:
    """Run steps to their end and return their result."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def _live(
    network: Network, x: Tensor, unit: Unit, method: Method, seed: Seed, layer: str | None = None
) -> Tensor:
    if reason := defined(network, method):
        raise UserError(reason, "Choose gradient, occlusion or another method")
    if layer is not None and method is not Method.GRADCAM:
        raise UserError(f"{method.title} weighs no layer", "Leave the option layer out")
    with torch.inference_mode(False), torch.enable_grad():
        leaf = x.detach().clone().to(network.device, network.dtype).requires_grad_()
        layers = needed_layers(network, unit, method, layer)
        early = seed.kind is not SeedKind.LOGIT
        with rule(method):
            # The clone may be written in place, which a leaf must not be.
            forward = network.forward(leaf.clone(), layers, stop_early=early)
        flow = go_back(network, leaf, forward, unit, method, seed, weighed=layer)
    return flow.maps.to(x.device)
