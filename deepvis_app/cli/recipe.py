"""`deepvis recipe`: how a picture of deepvis was made, and the command that makes it again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deepvis_app.cli.parameters import Json


def recipe(
    picture: Annotated[Path, typer.Argument(metavar="FILE.png", help="A picture of deepvis.")],
    as_json: Json = False,
) -> None:
    """Tell how a picture was made, from what its file says."""
    from deepvis_app.cli.recipe_read import tell  # imports torch, which others must not wait for

    tell(picture, as_json=as_json)
