"""By which photographs a network's pictures are kept natural, and what it gives on them."""

from __future__ import annotations

import hashlib
import json
import logging
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors

from deepvis_app.corpus import Corpus
from deepvis_app.corpus.pictures import source_of
from deepvis_app.engine.kept.corpora import Corpora, default_folder
from deepvis_app.errors import UserError
from deepvis_app.frames.source import PictureError
from deepvis_app.store import Damaged
from deepvis_app.synth import objective_of
from deepvis_app.synth.natural_table import CODE, NaturalTable, natural_table_steps
from deepvis_app.synth.naturalness import target_layers
from deepvis_app.synth.references import References, bundled_references

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from numpy.typing import NDArray

    from deepvis_app.corpus.pictures import Known
    from deepvis_app.engine.kept.corpora import CorpusInfo
    from deepvis_app.nets import Network
    from deepvis_app.store import Store
    from deepvis_app.synth import Recipe, Sample

KIND, TENSORS = "natural", "table.safetensors"
MOST, LEAST = 40, 9  # photographs of a corpus
SHORTEST_PX = 256  # of those that are read

logger = logging.getLogger(__name__)


class Naturals:
    """Photographs are those that the network was scanned over, else those that come along.

    Of several corpora the newest that is whole counts, if its pictures are where they were; 40 of
    them, spread evenly, are enough. What a network gives on them is kept in the store.
    """

    def __init__(self, store: Store | None, corpora: Corpora | None = None) -> None:
        self._store = store
        self._given = corpora
        self._looked: dict[str, tuple[object, _Chosen | None]] = {}  # by network

    @cached_property
    def _corpora(self) -> Corpora:
        """The user's, looked for when first wanted: that makes their folder."""
        return self._given or Corpora(default_folder())

    def source(self, fingerprint: str) -> str:
        """Return what the photographs of a network are called; another name: other ones."""
        chosen = self._chosen(fingerprint)
        return bundled_references().source if chosen is None else chosen.source

    def references(self, fingerprint: str) -> References:
        """Return the photographs of a network; reads them."""
        chosen = self._chosen(fingerprint)
        if chosen is not None:
            try:
                return References(chosen.read(), chosen.source)
            except (PictureError, UserError) as error:
                logger.info("the scanned photographs are not used: %s", error)
                self._looked[fingerprint] = (self._seen(), None)
        return bundled_references()

    def table(
        self, network: Network, fingerprint: str, samples: Sequence[Sample], recipe: Recipe
    ) -> Generator[None, None, NaturalTable | None]:
        """Return what samples are kept near, kept or found out; None where a recipe needs none.

        Yields between the passes. Raises `UserError` as `natural_table` does.
        """
        if not recipe.objective.naturalness:
            return None
        objectives = (objective_of(sample.objective) for sample in samples)
        layers = sorted({name for one in objectives for name in target_layers(network, one)})
        source, statistics = self.source(fingerprint), recipe.objective.statistics
        kept = self._kept(_key(fingerprint, layers, statistics.value, source), source)
        if kept is not None:
            return kept
        references = self.references(fingerprint)
        table = yield from natural_table_steps(network, layers, references, statistics)
        key = _key(fingerprint, layers, statistics.value, table.source)
        if self._store is not None:
            about = {"title": f"Photographs: {network.name}"[:80], "fingerprint": fingerprint}
            self._store.put(key, KIND, {TENSORS: save_tensors(table.tensors())}, about)
        return table

    def _kept(self, key: str, source: str) -> NaturalTable | None:
        entry = None if self._store is None else self._store.get(key)
        try:
            if entry is not None:
                return NaturalTable.of_tensors(load_tensors(entry.read(TENSORS)), source)
        except (Damaged, SafetensorError, KeyError, OSError):
            logger.info("a table of photographs is made anew", exc_info=True)
        return None

    def _chosen(self, fingerprint: str) -> _Chosen | None:
        """Return the pictures of a corpus; looked for again where the folder of corpora changes."""
        seen = self._seen()
        known = self._looked.get(fingerprint)
        if known is None or known[0] != seen:
            known = self._looked[fingerprint] = seen, self._scanned(fingerprint)
        return known[1]

    def _seen(self) -> object:
        try:
            found = [path for path in self._corpora.folder.iterdir() if path.is_dir()]
            return sorted((path.name, path.stat().st_mtime_ns) for path in found)
        except OSError:
            return None

    def _scanned(self, fingerprint: str) -> _Chosen | None:
        try:
            infos = self._corpora.infos()
        except UserError:  # whoever lists them says so
            return None
        for info in infos:
            if info.fingerprint == fingerprint and info.is_complete and info.source:
                try:
                    return _Chosen(info)
                except UserError as error:
                    logger.info("%s is not kept near to: %s", info.name, error)
        return None


class _Chosen:
    """Pictures of a corpus, spread evenly over those that are as they were scanned.

    Raises `UserError` where these are few.
    """

    def __init__(self, info: CorpusInfo) -> None:
        self._pictures = source_of(info.source)
        plan = Corpus(info.path).plan
        there = [row for row in range(len(plan)) if self._is_there(plan.known(row, ""))]
        if len(there) < LEAST:
            raise UserError(f"Fewer than {LEAST} of its pictures are there", "Scan it again")
        places = np.linspace(0, len(there) - 1, min(MOST, len(there))).round().astype(int)
        rows = [there[place] for place in places]
        self._names = [plan.names[row] for row in rows]
        digest = hashlib.sha256(plan.ids[rows].tobytes()).hexdigest()[:12]
        self.source = f"{len(rows)} photographs of {info.name}, {digest}"

    def _is_there(self, known: Known) -> bool:
        try:
            return self._pictures.facts(known.name) == (known.size, known.changed_ns)
        except PictureError:
            return False

    def read(self) -> tuple[NDArray[np.uint8], ...]:
        """Raises `PictureError` or `UserError` for what cannot be read."""
        return tuple(self._pictures.read(name, SHORTEST_PX) for name in self._names)


def _key(fingerprint: str, layers: Sequence[str], statistics: str, source: str) -> str:
    facts = [KIND, CODE, fingerprint, *layers, statistics, source]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()
