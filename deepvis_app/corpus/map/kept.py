"""Maps that are kept beside the corpus they are of: a file each, without the codes.

A map is called by a digest of its codes and settings, so it is found again for the very same ones
only: after further pictures were scanned there is none.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from deepvis_app.corpus import sealed
from deepvis_app.corpus.folder import MAPS, Folder
from deepvis_app.corpus.map.embedding import Embedding
from deepvis_app.corpus.map.reduction import Reduction
from deepvis_app.corpus.map.settings import MapSettings
from deepvis_app.errors import UserError, in_short

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from deepvis_app.corpus.codes import Codes
    from deepvis_app.corpus.corpus import Corpus

VERSION = 1  # of the files, and of how maps are made


@dataclass(frozen=True, slots=True)
class KeptMap:
    """A map that is kept, without its points."""

    name: str
    layer: str
    settings: MapSettings
    count: int  # pictures


def map_key(codes: Codes, settings: MapSettings) -> str:
    """Return what tells a map from all others: what it is made of, and how."""
    facts = [VERSION, codes.layer, asdict(settings), codes.values.dtype.name, codes.values.shape]
    digest = hashlib.blake2b(json.dumps(facts).encode(), digest_size=8)
    digest.update(np.ascontiguousarray(codes.ids).data)
    digest.update(np.ascontiguousarray(codes.values).view(np.uint8).data)
    return digest.hexdigest()


def write_map(corpus: Corpus, embedding: Embedding, name: str = "") -> Path:
    """Keep a map of a corpus, under a name if that is wanted. Raises `UserError`."""
    codes, settings, reduction = embedding.codes, embedding.settings, embedding.reduction
    path = _path(corpus, codes, settings)
    divergence = embedding.divergence
    about = {
        "name": name.strip() or f"{codes.layer}, {settings.method}, {settings.metric}",
        "layer": codes.layer,
        "settings": asdict(settings),
        "explained": reduction.explained,
        "divergence": divergence if np.isfinite(divergence) else None,
    }
    arrays: dict[str, NDArray[Any]] = {
        "ids": codes.ids,
        "points": embedding.points,
        "mean": reduction.mean,
        "axes": reduction.axes,
    }
    if not Folder(corpus.path).exists():  # removed meanwhile: nothing of it is to come back
        raise UserError(f"The corpus in {corpus.path} is gone, and no map is kept", "Scan again")
    try:
        sealed.write(path, arrays, about)
    except OSError as error:
        raise UserError(
            f"The map cannot be kept in {path.parent}: {in_short(error)}",
            "Make room or make it writable: it is laid out again whenever it is wanted",
        ) from error
    return path


def read_map(corpus: Corpus, codes: Codes, settings: MapSettings) -> Embedding | None:
    """Return the kept map of these codes and settings; None: there is none, or it is damaged."""
    path = _path(corpus, codes, settings)
    try:
        found, about = sealed.read(path, ""), sealed.about(path)
        ids, points, mean, axes = (found[name] for name in ("ids", "points", "mean", "axes"))
        width = codes.values.shape[1]
        if not np.array_equal(ids, codes.ids) or points.shape != (len(codes), 2):
            return None
        if mean.shape != (width,) or axes.shape[1:] != (width,):
            return None
        reduction = Reduction(settings.metric, mean, axes, float(about["explained"]))
        divergence = about["divergence"]
        left = float("nan") if divergence is None else float(divergence)
        return Embedding(codes, settings, reduction, points, left)
    except sealed.ERRORS:
        return None


def kept_maps(corpus: Corpus) -> tuple[KeptMap, ...]:
    """Return the maps of a corpus by their names; damaged ones are left out."""
    found = [_kept(path) for path in Folder(corpus.path).maps()]
    return tuple(sorted((one for one in found if one), key=lambda one: (one.name, one.layer)))


def _kept(path: Path) -> KeptMap | None:
    try:
        about: dict[str, Any] = sealed.about(path)
        settings = MapSettings(**about["settings"])
        count = len(sealed.read(path, "")["points"])
        return KeptMap(str(about["name"]), str(about["layer"]), settings, count)
    except (*sealed.ERRORS, UserError):
        return None


def _path(corpus: Corpus, codes: Codes, settings: MapSettings) -> Path:
    return corpus.path / MAPS / f"{map_key(codes, settings)}.safetensors"
