"""A profile as the text of a TOML file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deepvis_app.nets.profile import Profile


def profile_text(profile: Profile) -> str:
    """Return the text of a file that `read_profile` reads as the same profile."""
    values = profile.model_dump(mode="json", exclude_defaults=True)
    section = values.pop("input", {})
    lines = [f"{name} = {_written(value)}" for name, value in values.items()]
    if section:
        lines += [
            "",
            "[input]",
            *(f"{name} = {_written(value)}" for name, value in section.items()),
        ]
    return "\n".join(lines) + "\n"


def _written(value: Any) -> str:
    """Return a value as TOML has it. Raises `TypeError` for one that it cannot hold."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str):  # JSON's way is one of TOML's, but for one letter
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_written, value))}]"
    if isinstance(value, dict):
        return _table(value)
    raise TypeError(f"TOML has no {type(value).__name__}")


def _table(values: Mapping[str, Any]) -> str:
    inside = ", ".join(
        f"{_written(str(name))} = {_written(value)}" for name, value in values.items()
    )
    return f"{{ {inside} }}" if inside else "{}"
