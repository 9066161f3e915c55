"""Live: every frame is played with before the network sees it, and everything answers to that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.engine.readers import AttackReader, DreamReader
from deepvis_app.synth import Norm
from deepvis_app.synth.play import AttackSpec, Method
from deepvis_app.tiles.difference import MOST, difference, times_for
from deepvis_app.ui.kit.captions import Captions
from deepvis_app.ui.panels.play.attack import Said, best_words, paired
from deepvis_app.ui.panels.play.attack_look import Tile
from deepvis_app.ui.panels.play.run_state import Doing

if TYPE_CHECKING:
    from deepvis_app.engine.readers import AttackReading, DreamReading
    from deepvis_app.engine.readers.reader import Changing
    from deepvis_app.engine.snapshot import Snapshot
    from deepvis_app.nets import Network
    from deepvis_app.synth.play import Spec
    from deepvis_app.ui.panels.play.view import PlayView

TIPS = {  # of techniques that have a live form
    "adversary": "Attack every frame: grid, predictions and inspector answer to what it becomes",
    "dream": "Dream on every frame: grid, predictions and inspector answer to what it becomes",
}


def live_barred(technique: str, network: Network | None) -> str:
    """Return in a sentence why the live form cannot be had; "" where it can."""
    if technique == "adversary" and network is not None and network.scale is None:
        return f"{network.name} tells no classes apart: there is none to attack"
    return ""


def live_readers(
    technique: str, spec: Spec, network: Network | None
) -> tuple[Changing[object], ...]:
    """Return what changes every frame; () where the technique has no live form."""
    if network is None or live_barred(technique, network):
        return ()
    if isinstance(spec, AttackSpec):
        return (attack_reader(spec),)
    layer = getattr(spec, "layer", "")
    if technique == "dream" and layer:
        return (DreamReader(layer, getattr(spec, "unit", -1), strength=getattr(spec, "rate", 2.0)),)
    return ()


def attack_reader(spec: AttackSpec) -> AttackReader:
    """Return the live form of an attack: one step a frame, of PGD on from the last frame's."""
    is_one = spec.method is Method.FGSM
    times = amplification(spec.epsilon) if spec.norm is Norm.LINF else MOST
    return AttackReader(spec.epsilon, spec.norm, spec.target, 1, times, warm=not is_one)


def amplification(epsilon: float) -> float:
    """Return how many times as large a change of any value by `epsilon`, in 0..1, can be shown."""
    return float(times_for(255 * epsilon))


def reason_of(snapshot: Snapshot, spec: Spec) -> str:
    """Return why a frame was not played with although that was asked; "" where it was."""
    if isinstance(spec, AttackSpec) and not spec.epsilon:
        return "With ε = 0 nothing can change. Allow a larger ε."
    faults = {**snapshot.left_out, **snapshot.failed}
    found = (str(faults[one]) for one in faults if isinstance(one, AttackReader | DreamReader))
    return next(found, "")


class LiveShowing:
    """Shows a frame before and after, on the page of the technique."""

    def __init__(self, view: PlayView) -> None:
        self._view = view

    def show(self, snapshot: Snapshot, network: Network, spec: Spec) -> None:
        """Show what became of a frame, or why nothing did."""
        reason, notice = reason_of(snapshot, spec), self._view.page.run.notice
        if notice.text() != reason:
            notice.set_notice(reason)
        if reason:
            self._show_unchanged(snapshot)
            return
        attacked, dreamed = snapshot.first(AttackReader), snapshot.first(DreamReader)
        if attacked is not None:
            self._show_attacked(snapshot, attacked, network)
        elif dreamed is not None:
            self._show_dreamed(snapshot, dreamed)

    def show_controls(self) -> None:
        """Say that it is live; the buttons rest meanwhile."""
        self._view.page.run.set_state(Doing.OFF, "Live: every frame is played with")
        self._view.page.run.notice.set_notice("")
        self._view.head.set_keepable("Stop it first: what moves cannot be kept")

    def _show_unchanged(self, snapshot: Snapshot) -> None:
        page, view, picture = self._view.page, self._view, snapshot.picture
        page.run.set_state(Doing.OFF, "Live: frames stay as they are")
        if page is view.attack:
            view.attack.set_words("", "")
            view.attack.set_tiles(
                (Tile(picture, "Frame", ""), Tile(None, "Change", ""), Tile(picture, "Seen", ""))
            )
            view.attack.set_scores((), None)
            view.attack.set_moved((), "", "")
        else:
            view.result.pair.set_words("")
            view.result.pair.set_pictures(picture, picture, None)

    def _show_attacked(self, snapshot: Snapshot, found: AttackReading, network: Network) -> None:
        page = self._view.attack
        facts: dict[str, float | str] = {"label": found.label, "target": found.target}
        said = Said(facts, found.scores_before, found.scores_after)
        change = f"at most {found.change_max:.3g} of 255"
        times = f"Change, amplified {found.amplification:.0f} ×"
        page.set_words("", "")
        page.set_tiles(
            (
                Tile(found.picture, "Frame", best_words(said.before, network)),
                Tile(found.change, times, change if found.steps else "nothing to do"),
                Tile(snapshot.picture, "Seen instead", best_words(said.after, network)),
            )
        )
        page.set_scores(paired(said, network), None)
        page.set_moved((), "told of a picture at rest", "")
        words = "it works" if found.success else "not found within ε on this frame"
        page.run.set_state(Doing.OFF, f"Live: {words}", 1.0 if found.success else 0.0)

    def _show_dreamed(self, snapshot: Snapshot, found: DreamReading) -> None:
        pair = self._view.result.pair
        pair.set_words("")
        self._view.result.set_comparable("")
        changed = None
        if found.picture.shape == snapshot.picture.shape:
            changed, _ = difference(found.picture, snapshot.picture)
        pair.set_captions(Captions("frame", "dreamed live", "difference about grey"))
        pair.set_pictures(found.picture, snapshot.picture, changed)
        steps = f"{found.steps} step{'' if found.steps == 1 else 's'} in this frame"
        self._view.result.run.set_state(Doing.OFF, f"Live: {found.note or steps}")
