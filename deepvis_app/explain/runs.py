"""How each method of the catalogue runs: in steps short enough to stand between two frames.

Each run yields (step, total, map so far), the map (1, C or 1, H, W).
"""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from deepvis_app.errors import UserError, one_line
from deepvis_app.explain.fills import Fill, filling
from deepvis_app.explain.methods import Method, rule
from deepvis_app.explain.passes import go_back, needed_layers
from deepvis_app.explain.seeds import SeedKind

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from deepvis_app.explain.target import Target
    from deepvis_app.nets import Network

    Steps = Generator[tuple[int, int, Tensor], None, None]

GROUP = 4  # pictures a pass
MOST_STEPS = 512  # of integrated gradients, unless more are asked for
TOLERANCE = 0.02  # of the gain, by which their map may miss it
CHANCE_TOLERANCE = 0.05  # the same of maps that are a mean over chance
TILES = 6  # tiles a step


def integrated_gradients(target: Target, x: Tensor, *, steps: int, fill: str) -> Steps:
    """Go the way from the empty picture in pieces: their integrals add up.

    Each piece should add up to what the score gains along it. While all together miss more than
    `TOLERANCE`, the piece that misses most is gone again in two halves.
    """
    from captum.attr import IntegratedGradients

    empty = filling(target.network, x, fill)

    def piece(start: float, end: float) -> _Piece:
        here, there = (empty + (x - empty) * share for share in (start, end))
        with _captum("Integrated gradients", target):
            found, miss = IntegratedGradients(target).attribute(
                there, here, n_steps=GROUP, return_convergence_delta=True
            )
        found = found.detach().float()
        return _Piece(start, end, found, float(found.sum()), float(miss.detach()))

    count = max(1, round(steps / GROUP))
    most = max(count, MOST_STEPS // GROUP)
    pieces: list[_Piece] = []
    total = torch.zeros_like(x, dtype=torch.float32)

    def goes_on() -> bool:
        return len(pieces) < most and not _adds_up(pieces)

    for number in range(count):
        pieces.append(piece(number / count, (number + 1) / count))
        total += pieces[-1].map
        done = number + 1
        yield done, count + (done == count and goes_on()), total * (count / done)
    while goes_on():
        worst = max(pieces, key=lambda one: abs(one.miss))
        pieces.remove(worst)
        middle = (worst.start + worst.end) / 2
        pieces += [piece(worst.start, middle), piece(middle, worst.end)]
        total += pieces[-1].map + pieces[-2].map - worst.map
        yield len(pieces), len(pieces) + goes_on(), total


@dataclass(frozen=True, slots=True, eq=False)
class _Piece:
    """A part of the way, from `start` to `end` (0..1), and by how much its map misses the gain."""

    start: float
    end: float
    map: Tensor
    sum: float
    miss: float


def _adds_up(pieces: list[_Piece]) -> bool:
    total = sum(one.sum for one in pieces)
    miss = sum(one.miss for one in pieces)
    return missing(total, total - miss) <= TOLERANCE


def missing(total: float, gained: float) -> float:
    """Return by what share of a gain the sum of a map misses it."""
    return abs(total - gained) / max(abs(gained), 1e-6)


def smoothgrad(target: Target, x: Tensor, *, samples: int, noise: float, random_seed: int) -> Steps:
    """Average gradients of noisy copies; `noise` is the deviation as a share of x's range."""
    from captum.attr import NoiseTunnel, Saliency

    deviation = noise * float(x.max() - x.min())

    def some(count: int) -> Tensor:
        tunnel = NoiseTunnel(Saliency(target))
        found: Tensor = tunnel.attribute(
            x.clone().requires_grad_(), nt_type="smoothgrad", nt_samples=count, stdevs=deviation,
            abs=False,
        )  # fmt: skip
        return found

    return _averaged("SmoothGrad", target, some, samples, random_seed)


def gradient_shap(
    target: Target, x: Tensor, *, samples: int, noise: float, random_seed: int
) -> Steps:
    """Average gradients at random points on the ways from three empty pictures."""
    from captum.attr import GradientShap

    empty = all_fillings(target.network, x)
    deviation = noise * float(x.max() - x.min())

    def some(count: int) -> Tensor:
        method = GradientShap(target)
        found: Tensor = method.attribute(
            x.clone().requires_grad_(), empty, n_samples=count, stdevs=deviation
        )
        return found

    gained = gain_from(target, x, empty)

    def is_enough(found: Tensor) -> bool:
        return missing(float(found.sum()), gained) <= CHANCE_TOLERANCE

    title = "Expected gradients"
    return _averaged(title, target, some, samples, random_seed, 4 * samples, is_enough)


def all_fillings(network: Network, x: Tensor) -> Tensor:
    """Return the three empty pictures (3, C, H, W) of an input (1, C, H, W)."""
    return torch.cat([filling(network, x, fill) for fill in Fill])


def gain_from(target: Target, x: Tensor, empty: Tensor) -> float:
    """Return how much higher the score of x (1, …) is than that of empty pictures on average."""
    with torch.no_grad():
        return float(target(x)[0] - target(empty).mean())


def _averaged(
    title: str,
    target: Target,
    some: Callable[[int], Tensor],
    samples: int,
    random_seed: int,
    most: int = 0,
    is_enough: Callable[[Tensor], bool] = lambda _: True,
) -> Steps:
    """Average what `some(count)` gives over all samples, a group a step.

    Then over more, up to `most` in all, until the mean `is_enough`.
    """
    planned = -(-samples // GROUP)
    total, done, step, is_over = torch.zeros(()), 0, 0, False
    while not is_over:
        count = min(GROUP, (samples if done < samples else most) - done)
        with _captum(title, target, random_seed * 1_000_003 + step):
            found = some(count).detach().float()
        total, done, step = total.to(found.device) + count * found, done + count, step + 1
        is_over = done >= samples and (done >= most or is_enough(total / done))
        yield step, max(planned, step + (not is_over)), total / done


def guided_gradcam(target: Target, x: Tensor) -> Steps:
    """Multiply guided backprop by Grad-CAM."""
    network, unit = target.network, target.unit
    product = torch.ones((), device=x.device)
    for method in (Method.GUIDED, Method.GRADCAM):
        layers = needed_layers(network, unit, method)
        with torch.enable_grad(), rule(method):
            leaf = x.clone().requires_grad_()
            forward = network.forward(leaf.clone(), layers)
        product = product * go_back(network, leaf, forward, unit, method, target.seed).maps
    yield 1, 1, product


def deeplift(target: Target, x: Tensor, *, fill: str) -> Steps:
    """Run captum's DeepLift on a copy: it hangs hooks on modules."""
    from captum.attr import DeepLift

    with _captum("DeepLift", target):
        model = _Scored(target)
        empty = filling(target.network, x, fill).clone()
        found = DeepLift(model).attribute(x.clone().requires_grad_(), empty)
    yield 1, 1, found


def lrp(target: Target, x: Tensor) -> Steps:
    """Run captum's LRP on a copy: it hangs hooks and rules on modules."""
    from captum.attr import LRP

    if target.seed.kind in (SeedKind.MAP, SeedKind.SUM):
        raise UserError(
            "Layer-wise relevance shares out one number, not a whole map",
            "Use the seed max, logit or a place",
        )
    with _captum("Layer-wise relevance", target):
        found = LRP(_Scored(target)).attribute(x.clone().requires_grad_())
    yield 1, 1, found


def shapley(
    target: Target, x: Tensor, *, samples: int, cells: int, fill: str, random_seed: int
) -> Steps:
    """Lay tiles down in random orders, some tiles a step.

    captum samples the order within a group of tiles on top of those already there; groups that
    partition the tiles at random make it a random order of all.
    """
    from captum.attr import ShapleyValueSampling

    tiles = _Tiles(target, x, cells, fill)
    total, seen = torch.zeros(tiles.count), torch.zeros(tiles.count)
    generator = torch.Generator().manual_seed(random_seed)
    groups = -(-tiles.count // TILES)
    for sample in range(samples):
        order = torch.randperm(tiles.count, generator=generator)
        for number, group in enumerate(order.split(TILES)):
            below = torch.zeros(tiles.count)
            below[order[: number * TILES]] = 1
            step = sample * groups + number
            with _captum("Shapley values", target, random_seed * 1_000_003 + step):
                method = ShapleyValueSampling(tiles.choice(below, group))
                total[group] += (
                    method.attribute(
                        torch.ones(1, len(group)), n_samples=1, perturbations_per_eval=GROUP
                    )[0]
                    .cpu()
                    .float()
                )
            seen[group] += 1
            yield step + 1, samples * groups, tiles.picture(total / seen.clamp_min(1))


def ablation(target: Target, x: Tensor, *, cells: int, fill: str) -> Steps:
    """Cover one tile after the other, some tiles a step."""
    from captum.attr import FeatureAblation

    tiles = _Tiles(target, x, cells, fill)
    found = torch.zeros(tiles.count)
    groups = torch.arange(tiles.count).split(TILES)
    for step, group in enumerate(groups):
        with _captum("Tile ablation", target):
            method = FeatureAblation(tiles.choice(torch.ones(tiles.count), group))
            ones = torch.ones(1, len(group))
            found[group] = method.attribute(ones, perturbations_per_eval=GROUP)[0].cpu().float()
        yield step + 1, len(groups), tiles.picture(found)


class _Tiles:
    """A picture x (1, C, H, W) in `cells` × `cells` tiles, each shown or covered."""

    def __init__(self, target: Target, x: Tensor, cells: int, fill: str) -> None:
        height, width = x.shape[2:]
        if cells > min(height, width):
            raise UserError(
                f"{cells} tiles a side are more than the picture's {min(height, width)} px",
                "Use fewer cells",
            )
        self.count = cells * cells
        self._target, self._x = target, x
        self._covering = filling(target.network, x, fill)
        rows, columns = (torch.arange(n) * cells // n for n in (height, width))
        self._tile = rows[:, None] * cells + columns  # (H, W): to which tile a pixel belongs

    def choice(self, usual: Tensor, group: Tensor) -> Callable[[Tensor], Tensor]:
        """Return the score as a function of which tiles of `group` (N, k) are shown.

        The others are as `usual` (count,) says.
        """

        def score(shown: Tensor) -> Tensor:
            states = usual.repeat(len(shown), 1)
            states[:, group] = shown.float().cpu()
            mask = states[:, self._tile][:, None].to(self._x)
            with torch.no_grad():
                scores = self._target(self._x * mask + self._covering * (1 - mask))
            return scores.to(shown.device)

        return score

    def picture(self, values: Tensor) -> Tensor:
        """Return values (count,) of tiles as a map (1, 1, H, W)."""
        return values[self._tile][None, None]


class _Scored(nn.Module):
    """A copy of the network that gives the target's score; captum may do to it as it likes."""

    def __init__(self, target: Target) -> None:
        super().__init__()
        twin = target.network.replica(target.network.device, channels_last=False)
        for part in twin.module.modules():
            if getattr(part, "inplace", False):
                part.inplace = False
        self.module = twin.module
        self._target = target.on(twin)

    def forward(self, x: Tensor) -> Tensor:
        return self._target(x)


@contextmanager
def _captum(title: str, target: Target, random_seed: int = 0) -> Iterator[None]:
    """Call captum: gradients on, its warnings silent, its errors in words, its chance our own."""
    device = target.network.device
    others = np.random.get_state()  # noqa: NPY002 - captum draws from it
    with (
        torch.enable_grad(),
        torch.random.fork_rng([device] if device.type == "cuda" else []),
        warnings.catch_warnings(),
    ):
        _draw_from(random_seed, device)
        warnings.simplefilter("ignore", UserWarning)
        try:
            yield
        except (torch.OutOfMemoryError, UserError):
            raise
        except (AssertionError, RuntimeError, TypeError, NotImplementedError) as error:
            reason = one_line(error).split(". ")[0]
            raise UserError(
                f"{title} is not defined for {target.network.name}: {reason}",
                "Choose another method",
            ) from error
        finally:
            np.random.set_state(others)  # noqa: NPY002


def _draw_from(random_seed: int, device: torch.device) -> None:
    """Seed what captum draws from."""
    torch.default_generator.manual_seed(random_seed)
    if device.type == "cuda":
        torch.cuda.manual_seed(random_seed)
    np.random.seed(random_seed % 2**32)  # noqa: NPY002
