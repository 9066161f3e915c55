"""What can be loaded: for the window's chooser and `deepvis nets`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deepvis_app.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from torchvision.models import WeightsEnum

    from deepvis_app.nets.profile import Profile

BUNDLED = "Bundled"
PROFILES = "Profiles"
HERE = "On this computer"
DOWNLOAD = "Downloaded at first use"


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """One network that `load_network(spec)` gives."""

    spec: str
    title: str
    detail: str  # "69.8 % top-1, 11.7 M weights, 45 MB"
    group: str
    cached: bool  # loads without a network connection
    size_mb: float | None = None  # of the weights file
    parameter_count: int | None = None
    accuracy: float | None = None  # top-1 on ImageNet, %


def available_networks(*profile_folders: Path) -> tuple[CatalogueEntry, ...]:
    """Return what can be loaded: the bundled network, profiles, the zoo's, those at hand first.

    `profile_folders` are looked through for profiles (`.toml`) and exported programs (`.pt2`); a
    folder that is not there holds none. No network is built and nothing is downloaded.
    """
    files = [f for folder in profile_folders for f in sorted(folder.glob("*")) if f.is_file()]
    own = [entry for entry in map(_file_entry, files) if entry]
    return (
        *_bundled(),
        *own,
        *sorted(_zoo_entries(), key=lambda e: (not e.cached, _natural(e.title))),
    )


def _bundled() -> Iterable[CatalogueEntry]:
    from deepvis_app.nets.pocket import CLASS_COUNT, WEIGHTS

    if WEIGHTS.is_file():
        size = WEIGHTS.stat().st_size / 1e6
        detail = f"{CLASS_COUNT} classes, {size:.0f} MB"
        yield CatalogueEntry("pocket", "Pocket", detail, BUNDLED, True, size)


def _file_entry(path: Path) -> CatalogueEntry | None:
    if path.suffix == ".pt2":
        size = path.stat().st_size / 1e6
        return CatalogueEntry(str(path), path.stem, f"{size:.0f} MB", PROFILES, True, size)
    if path.suffix != ".toml":
        return None
    from deepvis_app.nets.profile import read_profile

    try:
        profile = read_profile(path)
    except UserError as error:
        return CatalogueEntry(str(path), path.stem, error.cause, PROFILES, False)
    cached = _is_here(profile, path.parent)
    return CatalogueEntry(str(path), profile.title or path.stem, profile.factory, PROFILES, cached)


def _is_here(profile: Profile, folder: Path) -> bool:
    from deepvis_app.nets.zoo import PREFIX, is_cached

    if profile.weights:
        return (folder / profile.weights).is_file()
    if profile.factory.startswith(PREFIX):
        return is_cached(profile.factory)
    return not profile.factory.startswith("timm:")


def _zoo_entries() -> Iterable[CatalogueEntry]:
    from deepvis_app.nets.zoo import PREFIX, cached_file, entries, zoo_names

    for name in zoo_names():
        entry = next(iter(entries(name).values()))
        yield _zoo_entry(f"{PREFIX}{name}", name, entry, cached_file(entry).is_file())


def _zoo_entry(spec: str, name: str, entry: WeightsEnum, cached: bool) -> CatalogueEntry:
    from deepvis_app.nets.titles import title_of

    meta: dict[str, Any] = entry.meta
    accuracy, count = meta["_metrics"]["ImageNet-1K"]["acc@1"], meta["num_params"]
    size = meta["_file_size"] * 2**20 / 1e6  # torchvision counts in MiB
    return CatalogueEntry(
        spec,
        title_of(name),
        f"{accuracy:.1f} % top-1, {count / 1e6:.1f} M weights, {size:.0f} MB",
        HERE if cached else DOWNLOAD,
        cached,
        size,
        count,
        accuracy,
    )


def _natural(text: str) -> list[tuple[int, str]]:
    """Return a sort key that puts "ResNet-18" before "ResNet-101"."""
    return [(int(p), "") if p.isdigit() else (-1, p.lower()) for p in re.split(r"(\d+)", text) if p]
