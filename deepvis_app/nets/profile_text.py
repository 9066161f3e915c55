"""A profile as the text of a TOML file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import tomli_w

if TYPE_CHECKING:
    from deepvis_app.nets.profile import Profile


def profile_text(profile: Profile) -> str:
    """Return the text of a file that `read_profile` reads as the same profile."""
    return tomli_w.dumps(profile.model_dump(mode="json", exclude_defaults=True))
