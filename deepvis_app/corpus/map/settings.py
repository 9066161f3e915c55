"""How codes are laid out."""

from __future__ import annotations

from dataclasses import dataclass

from deepvis_app.errors import UserError

METHODS = ("tsne", "pca")
METRICS = ("cosine", "euclidean")


@dataclass(frozen=True, slots=True)
class MapSettings:
    """Raises `UserError` for what cannot be.

    `metric` is how far codes are from each other, `components` how many principal ones of the codes
    t-SNE sees (as van der Maaten and Hinton, 2008), `perplexity` how many neighbours it keeps near.
    """

    method: str = "tsne"
    metric: str = "cosine"
    components: int = 50
    perplexity: float = 30.0
    seed: int = 0

    def __post_init__(self) -> None:
        for name, options in (("method", METHODS), ("metric", METRICS)):
            if getattr(self, name) not in options:
                raise UserError(
                    f'There is no {name} "{getattr(self, name)}"', f"Use {' or '.join(options)}"
                )
        if not 2 <= self.components <= 500:
            raise UserError("components are 2 to 500")
        if not 2 <= self.perplexity <= 500:
            raise UserError("The perplexity is 2 to 500")
