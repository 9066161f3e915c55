"""What a network does on the way that a plain chain of layers does not."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Facts that were found when the network was first run; all False and empty for most.

    Passes of a `Network` heed them, so that its numbers are those of one picture alone in
    evaluation mode, of a fresh copy of the network, with the same noise each time.
    """

    #: It writes into its input; each pass gets a copy.
    writes_input: bool = False
    #: Buffers that it writes even in evaluation mode; each pass gets copies.
    written_buffers: tuple[str, ...] = ()
    #: It keeps something in attributes; each pass meets them as they were when it was loaded.
    keeps_attributes: bool = False
    #: What it keeps there changes what it gives in the next pass.
    has_memory: bool = False
    #: It draws random numbers in evaluation mode, and its values depend on them.
    is_random: bool = False
    #: Its values differ from pass to pass although all that is drawn is the same.
    is_unsteady: bool = False
    #: What it gives for a picture depends on the others of the batch.
    mixes_batch: bool = False
    #: It cannot take several pictures at once.
    takes_one: bool = False
    #: Parts of it run under activation checkpointing; they are called plainly.
    has_checkpoints: bool = False
    #: Layers that depend on the picture, but have no gradient way back; in order of execution.
    severed: tuple[str, ...] = ()
    #: Why it cannot be run with gradients at all; "" where it can.
    gradient_error: str = ""

    @property
    def runs_alone(self) -> bool:
        """Tell whether pictures must be run one by one."""
        return self.mixes_batch or self.takes_one or self.is_random

    @property
    def is_plain(self) -> bool:
        """Tell whether the network can simply be called."""
        return not (
            self.writes_input
            or self.written_buffers
            or self.keeps_attributes
            or self.is_random
            or self.has_checkpoints
            or self.severed
        )

    def cut(self, layer: str) -> str:
        """Return where the way back from a layer to the picture ends, "" where it does not."""
        if layer not in self.severed:
            return ""
        if self.gradient_error:
            return f"cannot be run with gradients ({self.gradient_error})"
        first = self.severed[0]
        behind = "" if first == layer else f", so none leads back from {layer}"
        return (
            f"itself cuts gradients (no_grad, detach, rounding or the like) before {first}{behind}"
        )

    def cautions(self, name: str) -> tuple[str, ...]:
        """Return what to keep in mind of the numbers of the network `name`, a sentence a fact."""
        said = []
        if self.is_unsteady:
            said.append(
                f"{name} gives other values for the same picture at every pass, by a state or a "
                "chance that cannot be held still: no number of it can be repeated."
            )
        elif self.is_random:
            said.append(
                f"{name} is random even in evaluation mode: here every pass draws the same noise; "
                "with other noise its numbers would be others."
            )
        if self.has_memory:
            said.append(
                f"{name} keeps something from one pass to the next: here every picture is met as "
                "if it were the first."
            )
        if self.mixes_batch:
            said.append(
                f"In {name} the pictures of a batch influence one another: here each is run alone."
            )
        return tuple(said)

    def sentences(self, name: str) -> tuple[str, ...]:
        """Return all that one should know of the network: cautions, and where gradients end."""
        if not self.severed:
            return self.cautions(name)
        cut = f"{name} {self.cut(self.severed[-1])}. Use occlusion, tile ablation or Shapley values"
        return (*self.cautions(name), f"{cut}, which need none.")
