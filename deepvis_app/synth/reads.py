"""Objectives that read a pass themselves: a code to match, a style, the picture's own roughness."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from deepvis_app.synth.objectives import Objective

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from torch import Tensor

    from deepvis_app.nets import Network

#: Beside the layers: the picture x (views of one sample share it) as it is, before it is moved.
PICTURE = ""


@dataclass(frozen=True, slots=True)
class Held:
    """A tensor in an objective, compared by its content."""

    digest: str
    values: Tensor = field(compare=False, repr=False)

    @classmethod
    def of(cls, values: Tensor) -> Held:
        """Hold a copy of values."""
        values = values.detach().clone().contiguous()
        facts = f"{values.dtype} {tuple(values.shape)} ".encode()
        return cls(hashlib.sha256(facts + values.cpu().numpy().tobytes()).hexdigest(), values)


class Reads(Objective):
    """An objective that says which layers it needs and reads them itself; higher is better.

    Subclasses are frozen dataclasses: equal ones drive a picture to the same. `kind` is the name
    that `data` writes.
    """

    __slots__ = ()
    kind: ClassVar[str]

    def layers(self, network: Network) -> Collection[str]:  # noqa: ARG002
        """Return the layers it reads. Raises `UserError` where the network has them not."""
        return ()

    def read(self, seen: Mapping[str, Tensor]) -> Tensor:
        """Return its worth, a number; differentiable.

        `seen` has the layers' activations (views, C, h, w) of one picture, and under `PICTURE`
        the picture x (1, C, H, W), 0..255 minus the network's mean.
        """
        raise NotImplementedError

    def tensors(self) -> dict[str, Tensor]:
        """Return what it holds, by digest."""
        values = (getattr(self, one.name) for one in fields(self))  # type: ignore[arg-type]
        flat = (one for value in values for one in (value if type(value) is tuple else (value,)))
        return {one.digest: one.values for one in flat if isinstance(one, Held)}

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of all that decides what it is worth."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    def data(self) -> dict[str, Any]:
        """Return its fields as plain values; of what it holds the digests."""
        own = {one.name: getattr(self, one.name) for one in fields(self)}  # type: ignore[arg-type]
        return {"kind": self.kind, **{name: _plain(value) for name, value in own.items()}}


def _plain(value: Any) -> Any:
    if isinstance(value, Held):
        return value.digest
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return [_plain(one) for one in value] if isinstance(value, tuple) else value
