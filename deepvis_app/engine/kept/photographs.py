"""What photographs give in a network's layers: measured once, kept in a store."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from functools import lru_cache
from typing import TYPE_CHECKING

from safetensors import SafetensorError, safe_open
from safetensors.numpy import load as load_arrays
from safetensors.numpy import save as save_arrays
from safetensors.numpy import save_file

from deepvis_app.files import whole
from deepvis_app.nets import Unit
from deepvis_app.paths import RESOURCES
from deepvis_app.store import Damaged
from deepvis_app.synth import ChannelObjective, LogitObjective, UnitObjective, objective_of
from deepvis_app.synth.scores import NaturalStatistics, score

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from deepvis_app.nets import Network
    from deepvis_app.store import Store
    from deepvis_app.synth import Objective, SynthesisResult

KIND, FILE = "photographs", "statistics.safetensors"
BUNDLED = RESOURCES / "pocket" / "photographs.safetensors"
PARTS = ("mean", "deviation", "best")


class Photographs:
    """Finds and keeps `NaturalStatistics` by network and layer; those of `pocket` come along."""

    def __init__(self, store: Store | None) -> None:
        self._store = store
        self._found: dict[tuple[str, str], NaturalStatistics | None] = {}

    def find(self, fingerprint: str, layer: str) -> NaturalStatistics | None:
        """Return a layer's statistics, None where no photographs were looked at.

        The store is asked once. Raises its `UserError`.
        """
        if (fingerprint, layer) not in self._found:
            bundled = bundled_statistics().get(fingerprint, {}).get(layer)
            self._found[fingerprint, layer] = bundled or self._kept(fingerprint, layer)
        return self._found[fingerprint, layer]

    def _kept(self, fingerprint: str, layer: str) -> NaturalStatistics | None:
        entry = None if self._store is None else self._store.get(_key(fingerprint, layer))
        try:
            return None if entry is None else NaturalStatistics(**load_arrays(entry.read(FILE)))
        except (Damaged, SafetensorError, TypeError):
            return None

    def keep(
        self, fingerprint: str, network_name: str, statistics: Mapping[str, NaturalStatistics]
    ) -> None:
        """Keep what photographs gave in some layers. Raises the store's `UserError`."""
        self._found.clear()
        if self._store is None:
            return
        for layer, found in statistics.items():
            about = {"fingerprint": fingerprint, "network": network_name, "layer": layer}
            files = {FILE: save_arrays(asdict(found))}
            self._store.put(_key(fingerprint, layer), KIND, files, about)


def write_bundled(
    target: Path, fingerprint: str, statistics: Mapping[str, NaturalStatistics]
) -> None:
    """Write the statistics of the bundled network's layers as they ship."""
    arrays = {
        f"{layer}/{part}": getattr(found, part)
        for layer, found in statistics.items()
        for part in PARTS
    }
    with whole(target) as draft:
        save_file(arrays, draft, {"fingerprint": fingerprint})


@lru_cache(1)
def bundled_statistics() -> Mapping[str, Mapping[str, NaturalStatistics]]:
    """Return the statistics that come along, by network and layer; none where they are damaged."""
    try:
        with safe_open(BUNDLED, framework="numpy") as file:
            fingerprint = (file.metadata() or {}).get("fingerprint", "")
            layers = {name.rpartition("/")[0] for name in file.keys()}  # noqa: SIM118
            found = {
                layer: NaturalStatistics(*(file.get_tensor(f"{layer}/{part}") for part in PARTS))
                for layer in layers
            }
    except (OSError, SafetensorError):
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


def _key(fingerprint: str, layer: str) -> str:
    return hashlib.sha256(f"{KIND} {fingerprint} {layer}".encode()).hexdigest()
