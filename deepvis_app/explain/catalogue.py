"""More methods, run as jobs; most are captum's (Kokhlikyan et al. 2020, arXiv:2009.07896)."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.errors import UserError
from deepvis_app.explain import runs
from deepvis_app.explain.cuts import require_way_back
from deepvis_app.explain.fills import Fill, filling
from deepvis_app.explain.needs import always, deeplift_needs, guided_needs, lrp_needs
from deepvis_app.explain.no_numbers import why_no_numbers
from deepvis_app.explain.seeds import Seed
from deepvis_app.explain.target import Target

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from numpy.typing import NDArray
    from torch import Tensor

    from deepvis_app.explain.runs import Steps
    from deepvis_app.explain.seeds import Place
    from deepvis_app.nets import Network, Unit

    Value = int | float | str


@dataclass(frozen=True, slots=True, eq=False)
class CatalogueProgress:
    """How far it is; `map` is the explanation so far, (C or 1, H, W)."""

    step: int
    total: int
    map: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class CatalogueResult:
    """What the method found: `map` float32 (C or 1, H, W), and the unit's score on the picture.

    `empty` says why a map is all zero, or holds no number; "" for any other. `gained` is what all
    pixels of the map should add up to, None where the method promises no such thing.
    """

    map: NDArray[np.float32]
    score: float
    empty: str
    gained: float | None = None

    @property
    def missing(self) -> float | None:
        """By what share of the gain the map misses it."""
        if self.gained is None:
            return None
        return runs.missing(float(self.map.sum(dtype=np.float64)), self.gained)

    @property
    def sum_words(self) -> str:
        """What the map adds up to of what it should, "" where nothing is promised."""
        if self.gained is None or self.missing is None:
            return ""
        total = float(self.map.sum(dtype=np.float64))
        share = f" ({100 * self.missing:.1f} % off)" if self.missing < 10 else ""
        words = f"All pixels add up to {total:.4g} of {self.gained:.4g}{share}."
        return words.replace("-", "\N{MINUS SIGN}")


@dataclass(frozen=True, slots=True)
class CatalogueMethod:
    """One method of the catalogue.

    `options` are its settings with their usual values; `why_not(network)` is "" where the method
    is defined, else why it is not. `empty` says what an all-zero map means, and `goes_back` whether
    the method needs gradients. `gained` gives what the map should add up to, None: no such thing.
    """

    name: str
    title: str
    sentence: str
    needs: str
    empty: str
    options: Mapping[str, Value]
    run: Callable[..., Steps]
    why_not: Callable[[Network], str] = always
    goes_back: bool = True
    gained: Callable[..., float] | None = None

    def steps(
        self,
        network: Network,
        x: Tensor,
        unit: Unit,
        seed: Seed | str | Place = "max",
        **options: Value,
    ) -> Generator[CatalogueProgress, None, CatalogueResult]:
        """Explain a unit's score on the input x (C, H, W) in short steps.

        Raises `UserError` where the method is not defined for the network, or for an option that
        it has not.
        """
        if reason := self.why_not(network):
            raise UserError(reason, "Choose another method or another network")
        if self.goes_back:
            require_way_back(network, unit.layer)
        chosen = {**self.options, **self._checked(options)}
        x = x.detach().to(network.device, network.dtype)[None].clone()
        target = Target(network, x, unit, Seed.parse(seed))
        found = np.zeros((1, *x.shape[2:]), np.float32)
        for step, total, value in self.run(target, x, **chosen):
            found = value[0].detach().float().cpu().numpy()
            found.setflags(write=False)
            yield CatalogueProgress(step, total, found)
        gained = None if self.gained is None else self.gained(target, x, **chosen)
        empty = why_no_numbers(found, target.score) or ("" if found.any() else self.empty)
        return CatalogueResult(found, target.score, empty, gained)

    def _checked(self, options: Mapping[str, Value]) -> Mapping[str, Value]:
        for name, value in options.items():
            if name not in self.options:
                near = difflib.get_close_matches(name, self.options, 1) or list(self.options)
                remedy = f"Use {', '.join(near)}" if near else "Leave it out"
                raise UserError(f"{self.title} has no option {name!r}", remedy)
            usual = self.options[name]
            if isinstance(usual, str):
                Fill.parse(str(value))
            elif not isinstance(value, int | float) or value < 0 or (name != SEED and not value):
                raise UserError(
                    f"{self.title} cannot use {name} = {value!r}", "Give a number above zero"
                )
        return options


SEED = "random_seed"
_BASELINE: Mapping[str, Value] = {"fill": Fill.BLACK.value}
_GRID: Mapping[str, Value] = {"cells": 7, "fill": Fill.MEAN.value}


def _gain_from_fill(target: Target, x: Tensor, *, fill: str, **_: Value) -> float:
    return runs.gain_from(target, x, filling(target.network, x, fill))


def _gain_from_all(target: Target, x: Tensor, **_: Value) -> float:
    return runs.gain_from(target, x, runs.all_fillings(target.network, x))


def _score(target: Target, _x: Tensor, **_: Value) -> float:
    return target.score


_METHODS = (
    CatalogueMethod(
        "integrated-gradients",
        "Integrated gradients",
        "The mean gradient on the straight way from an empty picture to this one, times their "
        "difference: all pixels together add up to what the unit gains, and steps are taken until "
        "they do within 2 % "
        "(Sundararajan et al. 2017, arXiv:1703.01365).",
        "Gradients",
        "Wherever the picture differs from the empty one, the gradients add up to zero.",
        {"steps": 32, **_BASELINE},
        runs.integrated_gradients,
        gained=_gain_from_fill,
    ),
    CatalogueMethod(
        "smoothgrad",
        "SmoothGrad",
        "The mean gradient over copies of the picture with noise: what stays when the gradient's "
        "own jitter averages out (Smilkov et al. 2017, arXiv:1706.03825).",
        "Gradients",
        "On all noisy copies together the gradients add up to zero.",
        {"samples": 32, "noise": 0.15, SEED: 0},
        runs.smoothgrad,
    ),
    CatalogueMethod(
        "gradient-shap",
        "Expected gradients",
        "Integrated gradients from several empty pictures (black, mean colour, blurred), at random "
        "points of the way: depends less on what counts as empty "
        "(Lundberg and Lee 2017, arXiv:1705.07874).",
        "Gradients",
        "Wherever the picture differs from the empty ones, the gradients add up to zero.",
        {"samples": 32, "noise": 0.05, SEED: 0},
        runs.gradient_shap,
        gained=_gain_from_all,
    ),
    CatalogueMethod(
        "guided-gradcam",
        "Guided Grad-CAM",
        "Guided backprop where Grad-CAM is strong: fine lines of the right place "
        "(Selvaraju et al. 2016, arXiv:1610.02391).",
        "ReLUs, and a layer with maps before the unit",
        "Guided backprop and Grad-CAM share no place where both are other than zero.",
        {},
        runs.guided_gradcam,
        guided_needs,
    ),
    CatalogueMethod(
        "deeplift",
        "DeepLift",
        "How much each pixel adds compared with an empty picture, handed back layer by layer as "
        "differences instead of slopes (Shrikumar et al. 2017, arXiv:1704.02685).",
        "Every activation a module of its own that is used once",
        "By DeepLift's rules no difference from the empty picture reaches the unit.",
        {**_BASELINE},
        runs.deeplift,
        deeplift_needs,
        gained=_gain_from_fill,
    ),
    CatalogueMethod(
        "lrp",
        "Layer-wise relevance",
        "The unit's score shared out backwards, layer by layer, among what made it, until it lies "
        "on the pixels (Bach et al. 2015, doi:10.1371/journal.pone.0130140; the ε rule).",
        "A chain of convolutions, pools, batch norms, linear layers and ReLUs",
        "No part of the unit's score reaches the picture.",
        {},
        runs.lrp,
        lrp_needs,
        gained=_score,
    ),
    CatalogueMethod(
        "shapley",
        "Shapley values",
        "The picture in tiles: what each tile adds on average when tiles are laid down in random "
        "order; fair, but only as fine as the tiles (Castro et al. 2009, "
        "doi:10.1016/j.cor.2008.04.004).",
        "Nothing: only passes forward",
        "No tile changed the unit's score, in whatever order it was laid down.",
        {"samples": 12, **_GRID, SEED: 0},
        runs.shapley,
        goes_back=False,
    ),
    CatalogueMethod(
        "ablation",
        "Tile ablation",
        "The picture in tiles: how far the unit's score falls when one tile is covered.",
        "Nothing: only passes forward",
        "Covering any one tile leaves the unit's score as it is.",
        {**_GRID},
        runs.ablation,
        goes_back=False,
    ),
)

CATALOGUE: Mapping[str, CatalogueMethod] = MappingProxyType({m.name: m for m in _METHODS})
