"""The project's papers, as tests read them."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
_EXAMPLE = re.compile(r"^<!-- example: (\w+) -->\n```\w+\n(.*?)^```", re.M | re.S)


def examples() -> dict[str, str]:
    """Return the code of CONTRIBUTING.md's marked examples, by name."""
    return dict(_EXAMPLE.findall((ROOT / "CONTRIBUTING.md").read_text("utf-8")))
