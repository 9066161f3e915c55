"""What a reader is: one question to a frame, frozen, that answers on the worker's thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Collection
    from contextlib import AbstractContextManager

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from deepvis_app.engine.device.device import Device
    from deepvis_app.engine.readers.memory import Memory
    from deepvis_app.engine.readers.seen import Seen
    from deepvis_app.engine.readers.why import Why
    from deepvis_app.frames.source import Frame
    from deepvis_app.nets.network import Network
    from deepvis_app.nets.taps import Site

R_co = TypeVar("R_co", covariant=True)


class Reduced(Protocol):
    """What a reduction keeps: a tensor with memory of its own, and what is known of it."""

    @property
    def values(self) -> Tensor: ...


Reduction = Callable[["Tensor"], Reduced]  # of maps (1, C, h, w), while they are fresh


@dataclass(frozen=True, slots=True, eq=False)
class Needs:
    """What a reader needs of a frame's passes. A layer that the network has not is never run."""

    layers: Collection[str] = ()  # whole
    reduced: Mapping[str, Reduction] = field(default_factory=lambda: MappingProxyType({}))
    why: Why | None = None
    gradients: Collection[str] = ()  # layers whose gradients of `why` are wanted
    sites: Collection[Site] = ()  # other places of the pass whose values are wanted
    bare: Collection[str] | None = None  # whole, of a pass with nothing around it; None: no pass


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """One look at a frame, as far as it is known before the network is run."""

    network: Network
    names: frozenset[str]  # of the network's layers
    device: Device
    frame: Frame
    picture: NDArray[np.uint8]  # (H, W, 3) as the network sees the frame, before it is changed
    now_s: float
    still: bool  # the frame was seen before: it is at rest, or another question is asked of it
    changes: tuple[Changing[object], ...]  # the readers that change what is seen, in order
    memory: Memory  # lasts as long as the network does
    here: Memory  # lasts as long as this frame under this fit and mirror


class Reader(Generic[R_co]):
    """One question to a frame. Readers are frozen dataclasses: equal ones are the same question.

    A new kind is a class with `layers` and `read`; nothing else needs to know of it:

        @dataclass(frozen=True, slots=True)
        class MeanReader(Reader[float]):
            layer: str

            def layers(self, network: Network) -> tuple[str, ...]:
                return (self.layer,)

            def read(self, seen: Seen) -> float:
                return float(seen.stats(self.layer).means.mean())

    Its reading is immutable, arrays read-only, and holds no tensor: those of `Seen` belong to the
    next frame as soon as this one is answered. What is to outlast a frame goes into `look.memory`.
    """

    __slots__ = ()
    title: ClassVar[str] = "A reader"  # what a message calls it

    def layers(self, network: Network) -> Collection[str]:
        """Return the layers whose whole maps it needs. Without one of them it is left out."""
        return ()

    def needs(self, look: Look) -> Needs:
        """Return all that it needs of this frame; asked once a frame."""
        return Needs(self.layers(look.network))

    def read(self, seen: Seen) -> R_co | None:
        """Answer; None where there is nothing to tell.

        Raises `UserError` for what this network cannot be asked. Whatever else is raised is told
        of this reader alone.
        """
        return None


class Changing(Reader[R_co]):
    """A reader that changes the input first: all readers then answer to what it makes of it.

    By itself it leaves the input as it is.
    """

    __slots__ = ()

    def change(
        self, look: Look, x: Tensor, picture: NDArray[np.uint8]
    ) -> tuple[Tensor, NDArray[np.uint8]]:
        """Return the input (1, C, H, W) and its picture (H, W, 3) in another way: new ones."""
        return x, picture

    def goes_on(self, look: Look) -> bool:
        """Tell, after `read`, whether the same frame again would be another picture.

        One at rest is then answered again, and again.
        """
        return False


class Surrounding(Changing[R_co]):
    """A reader that changes the network for a frame's passes: all readers answer to that."""

    __slots__ = ()

    def around(self, network: Network) -> AbstractContextManager[object]:
        """Return what the passes are run within; it leaves the network as it was."""
        raise NotImplementedError
