"""What photographs give in a network's layers: read off what was scanned."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as save_arrays

from deepvis_app.corpus import Corpus, Score
from deepvis_app.corpus.moments import Moments, packed, unpacked
from deepvis_app.errors import UserError
from deepvis_app.files import write_whole
from deepvis_app.nets import Unit
from deepvis_app.paths import RESOURCES
from deepvis_app.synth import ChannelObjective, LogitObjective, UnitObjective, objective_of
from deepvis_app.synth.scores import NaturalStatistics, score

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from deepvis_app.engine.kept.corpora import Corpora
    from deepvis_app.nets import Network
    from deepvis_app.synth import Objective, SynthesisResult

BUNDLED = RESOURCES / "pocket" / "photographs.safetensors"


class Photographs:
    """Finds `NaturalStatistics` by network and layer: in what was scanned, else in what ships.

    Those of `pocket` ship. A layer that was found is not looked for again.
    """

    def __init__(self, corpora: Corpora) -> None:
        self._corpora = corpora
        self._found: dict[tuple[str, str], NaturalStatistics] = {}

    def find(self, fingerprint: str, layer: str) -> NaturalStatistics | None:
        """Return a layer's statistics, None where no photographs were looked at.

        Of several corpora the newest that is whole counts.
        """
        key = fingerprint, layer
        if key not in self._found:
            moments = self._scanned(fingerprint, layer)
            moments = moments or bundled_moments().get(fingerprint, {}).get(layer)
            if moments is None:
                return None
            self._found[key] = statistics_of(moments)
        return self._found[key]

    def _scanned(self, fingerprint: str, layer: str) -> Moments | None:
        try:
            infos = self._corpora.infos()
        except UserError:  # whoever lists them says so
            return None
        for info in infos:
            is_its = info.fingerprint == fingerprint and info.score is Score.MAX
            if is_its and info.is_complete and layer in info.layers:
                with suppress(UserError):
                    return Moments.of(Corpus(info.path).stats(layer))
        return None


def statistics_of(moments: Moments) -> NaturalStatistics:
    """Return what is known of a layer's units on photographs."""
    return NaturalStatistics(
        moments.mean.astype(np.float32), moments.deviation.astype(np.float32), moments.highest
    )


def write_bundled(target: Path, fingerprint: str, layers: Mapping[str, Moments]) -> None:
    """Write what photographs give in the bundled network's layers as it ships."""
    arrays = {
        f"{layer}/{part}": array
        for layer, found in layers.items()
        for part, array in packed(found).items()
    }
    write_whole(target, save_arrays(arrays, {"fingerprint": fingerprint}))


@lru_cache(1)
def bundled_moments() -> Mapping[str, Mapping[str, Moments]]:
    """Return what comes along, by network and layer; none where it is damaged."""
    try:
        with safe_open(BUNDLED, framework="numpy") as file:
            fingerprint = (file.metadata() or {}).get("fingerprint", "")
            arrays: dict[str, dict[str, NDArray[np.generic]]] = {}
            for name in file.keys():  # noqa: SIM118
                layer, _, part = name.rpartition("/")
                arrays.setdefault(layer, {})[part] = file.get_tensor(name)
            found = {layer: unpacked(parts) for layer, parts in arrays.items()}
    except (OSError, SafetensorError, KeyError):
        return {}
    return {fingerprint: found}


def scores_of(
    photographs: Photographs, network: Network, result: SynthesisResult, fingerprint: str
) -> dict[str, float | None] | None:
    """Return a picture's scores by name; None for what was not made for one unit."""
    unit = unit_of_objective(network, result.objective)
    if unit is None:
        return None
    natural = photographs.find(fingerprint, unit.layer)
    return dict(asdict(score(network, result.image, unit, natural)))


def unit_of_objective(network: Network, target: Unit | Objective) -> Unit | None:
    """Return the unit that a picture was made for, None where it is no single one."""
    objective = objective_of(target)
    if isinstance(objective, UnitObjective):
        return objective.unit
    if isinstance(objective, ChannelObjective):
        return Unit(objective.layer, objective.index)
    if isinstance(objective, LogitObjective) and network.output_layer is not None:
        return Unit(network.output_layer, objective.index)
    return None
