"""What all requests share that are done by one of the techniques of play."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar

from deepvis_app.engine.jobs.kind import JobKind
from deepvis_app.engine.jobs.kinds.about_picture import GONE, loaded, luggage_of
from deepvis_app.engine.known_array import KnownArray

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from deepvis_app.synth.play import Spec, Technique

Pairs = tuple[tuple[str, str], ...]
Pictures = tuple[tuple[str, KnownArray], ...]


class ByTechnique(Protocol):
    """A frozen dataclass: a technique with its settings, and (role, picture) of its pictures."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def technique(self) -> str: ...
    @property
    def how(self) -> Technique[Any]: ...
    @property
    def spec(self) -> Spec: ...
    @property
    def pictures(self) -> Pictures: ...
    @property
    def seed(self) -> int: ...
    @property
    def names(self) -> Pairs: ...


R = TypeVar("R", bound=ByTechnique)
V = TypeVar("V")  # what comes of it


class ByTechniqueKind(JobKind[R, V]):
    """Its pictures are luggage: its data has their digests."""

    def manner(self, request: R) -> str:
        return f"{self.name} {self.code} {request.how.code}"

    def luggage(self, request: R) -> Mapping[str, Tensor]:
        return luggage_of(**dict(request.pictures))

    def unpacked(self, request: R, luggage: Mapping[str, Tensor]) -> R:
        pictures = ((r, loaded(picture, luggage.get(r))) for r, picture in request.pictures)
        return replace(request, pictures=tuple(pictures))

    def to_data(self, request: R) -> dict[str, Any]:
        return {
            "technique": request.technique,
            "settings": request.spec.facts(),
            "pictures": [[role, picture.digest] for role, picture in request.pictures],
            "names": [list(pair) for pair in request.names],
            "seed": request.seed,
        }


def digests_of(request: ByTechnique) -> dict[str, str]:
    """Return what tells a request's pictures from others, by role."""
    return {role: picture.digest for role, picture in request.pictures}


def values_of(request: ByTechnique) -> dict[str, NDArray[np.uint8]]:
    """Return a request's pictures by role. Raises `UserError` where one was not kept."""
    found = {}
    for role, picture in request.pictures:
        if picture.values is None:
            raise GONE
        found[role] = picture.values
    return found


def pictures_in(how: Technique[Any], data: Mapping[str, Any]) -> Pictures:
    """Return the pictures in what `to_data` wrote. Raises one of `kind.WRONG` for others."""
    pictures = tuple((str(role), KnownArray.named(digest)) for role, digest in data["pictures"])
    if {role for role, _ in pictures} - {role.key for role in how.roles}:
        raise ValueError("it takes no such picture")
    return pictures


def names_in(data: Mapping[str, Any]) -> Pairs:
    """Return what pictures are called, from what `to_data` wrote."""
    return tuple((str(role), str(name)) for role, name in data["names"])
