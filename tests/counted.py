"""A profile with a factory of its own, whose module counts how often it was run."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def counted_profile(path: Path, layers: str, title: str = "") -> Path:
    """Write a profile at `path` and its module beside it, which makes a network of `layers`."""
    (path.parent / "mine.py").write_text(
        "import pathlib\nfrom torch import nn\n"
        f"with pathlib.Path({str(path.parent / 'runs')!r}).open('a') as file: file.write('x')\n"
        f"def build(): return nn.Sequential({layers})\n"
    )
    named = f'title = "{title}"\n' if title else ""
    path.write_text(f'{named}factory = "mine:build"\n[input]\nsize = 16\n')
    return path


def runs(profile: Path) -> int:
    """Return how often the module was run."""
    file = profile.parent / "runs"
    return len(file.read_text()) if file.exists() else 0
