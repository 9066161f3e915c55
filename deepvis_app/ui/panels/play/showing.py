"""Input and result on the page: pictures, captions, progress, what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from deepvis_app.engine.known_array import KnownArray
from deepvis_app.frames.cv import cv2
from deepvis_app.state.play import Pair, PlayShows
from deepvis_app.tiles.difference import difference
from deepvis_app.ui.kit.captions import Captions
from deepvis_app.ui.panels.play.asking import frame_role, roles_of
from deepvis_app.ui.panels.play.attack import AttackShowing
from deepvis_app.ui.panels.play.role_look import RoleLook
from deepvis_app.ui.panels.play.run_state import Doing
from deepvis_app.ui.panels.play.telling import (
    doing_of,
    error_words,
    made_words,
    names_in,
    notice_of,
    progress_words,
    share_of,
    size_words,
    weight_words,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis_app.engine.snapshot import Snapshot
    from deepvis_app.nets import Network
    from deepvis_app.synth.play import Spec, Technique
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panels.play.given import GivenPictures
    from deepvis_app.ui.panels.play.runs import Run
    from deepvis_app.ui.panels.play.view import PlayView

    Picture = NDArray[np.uint8] | None

WILL = {  # what a run will do, as the empty page says
    "invert": "Run makes a picture from nothing but what {layer} says about this one",
    "dream": "Run makes more of what {layer} finds in this picture",
    "caricature": "Run exaggerates what {layer} says about this picture",
    "style": "Run paints this picture as the style picture is painted",
    "adversary": "Run looks for the smallest change that makes the network say something else",
    "accentuate": "Run brings out in this picture what unit {index} of {layer} likes",
    "class": "Run makes a picture of nothing but {target}",
}
FREEZE = "The frame that is shown at that moment is taken; Shift+F does the same from anywhere"


class Showing:
    """Shows a run, or what one would be made of."""

    def __init__(self, view: PlayView, desk: Desk, given: GivenPictures) -> None:
        self._view, self._options = view, desk.options.play
        self._given = given
        self._network: Network | None = None
        self._spec: Spec = desk.options.play.spec
        self.before: Picture = None  # as they are shown
        self.after: Picture = None
        self.difference: Picture = None
        self.attack = AttackShowing(view.attack)
        self._paired: tuple[object, ...] = ()

    @property
    def _how(self) -> Technique[Any]:
        return self._options.how

    def show(
        self,
        network: Network | None,
        snapshot: Snapshot | None,
        spec: Spec,
        run: Run | None,
        why_not: str,
    ) -> None:
        """Show a run; without one, its input and what will be; `why_not`: it cannot be run."""
        self._network, self._spec = network, spec
        self.before = self._input(run, network, snapshot)
        self.after = None if run is None else run.last
        words = self._words(run, spec, why_not)
        if self._view.page is self._view.attack:
            self.attack.show(run, network, self.before, self.after)
            self.difference = self.attack.change
            self._view.attack.set_words(*words)
        else:
            self._view.result.pair.set_words(*words)
            self._show_pictures(run, spec)
        self._view.head.set_keepable("" if self.after is not None else "There is no result yet")
        self._show_controls(run, why_not)
        self.show_roles(network)
        self._pair(run, network)

    def show_live(self, snapshot: Snapshot) -> None:
        """Show the newest frame as what would be taken."""
        role = frame_role(self._how, self._spec)
        if role and self._given.get(role) is None:
            whole = any(each.key == role and each.whole for each in self._how.roles)
            self.before = snapshot.frame.image if whole else snapshot.picture
            if self._view.page is self._view.attack:
                self.attack.show(None, self._network, self.before, None)
            else:
                self._view.result.pair.set_pictures(self.before, None)
                self.show_size()

    def forget_pair(self) -> None:
        """What is on the page is no pair to compare."""
        self._options.pair, self._paired = None, ()

    def show_size(self) -> None:
        shown = self.after if self.after is not None else self.before
        shape = None if shown is None else shown.shape
        result = self._view.result
        result.size_text.set_text(size_words(shape, result.pair.scale()))

    # Parts

    def _input(
        self, run: Run | None, network: Network | None, snapshot: Snapshot | None
    ) -> Picture:
        key = frame_role(self._how, self._spec)
        if not key:
            return None
        if run is not None and (found := run.picture_of(key)) is not None:
            return found
        role = next(each for each in self._how.roles if each.key == key)
        if network is not None and (known := self._given.of(role, network)) is not None:
            return known.values
        if snapshot is None:
            return None
        return snapshot.frame.image if role.whole else snapshot.picture

    def _words(self, run: Run | None, spec: Spec, why_not: str) -> tuple[str, str]:
        """Return what is said in the result's place, and what to do; "" where there is one."""
        words = ("", "")
        if run is None:
            will = WILL.get(self._how.key, "Run makes the picture")
            will = will.format(**names_in(spec, self._network))
            role = frame_role(self._how, self._spec)
            takes = role and self._given.get(role) is None
            words = (why_not, "") if why_not else (will, FREEZE if takes else "")
        elif run.last is None:
            error = run.error
            words = ("The first picture comes in a moment", "")
            if error is not None:
                words = error.cause, error.remedy
            elif run.is_over:
                words = "It was stopped before the first picture", "Run it again"
        return words

    def _show_pictures(self, run: Run | None, spec: Spec) -> None:
        used = spec if run is None else run.request.spec
        played = None if run is None else run.played
        made = made_words(self._how.key, self._how.title, used, self._network, played)
        self.show_pair(self.before, self.after, made)

    def show_pair(self, before: Picture, after: Picture, made: str, given: str = "input") -> None:
        """Show two pictures, and how they are called."""
        view, times = self._view.result, 0
        self.before, self.after, self.difference = before, after, None
        if before is not None and after is not None:
            view.set_comparable("")
            if self._options.shows is PlayShows.DIFFERENCE:
                self.difference, times = difference(_like(before, after), after)
        elif before is None:
            view.set_comparable("It is made from nothing: there is no input beside it")
        else:
            view.set_comparable("There is no result yet")
        again = f"difference × {times} about grey" if times > 1 else "difference about grey"
        view.pair.set_captions(Captions(given, made, again))
        view.pair.set_pictures(self.before, self.after, self.difference)
        self.show_size()

    def _show_controls(self, run: Run | None, why_not: str) -> None:
        controls, doing = self._view.page.run, doing_of(run)
        if why_not and doing in (Doing.READY, Doing.DONE):
            doing = Doing.OFF
        name = self._how.curve
        if run is None:
            controls.set_state(doing, why_not)
            controls.set_curve(name, (), 0)
            controls.notice.set_notice("")
            return
        text = why_not if doing is Doing.OFF else progress_words(run)
        controls.set_state(doing, text, share_of(run), error_words(run))
        controls.set_curve(name, run.curve, run.total, weight_words(run))
        controls.notice.set_notice(*notice_of(run, self._network))

    def show_roles(self, network: Network | None) -> None:
        """Show which pictures it is given."""
        looks = []
        for role in roles_of(self._how):
            given = self._given.get(role.key)
            picture = None
            if given is not None:
                known = self._given.of(role, network) if network is not None else None
                picture = given.image if known is None else known.values
            is_live = role.key == frame_role(self._how, self._spec)
            none = "the frame that is shown when it runs" if is_live else "none yet"
            if role.optional:
                none = "none: it does without"
            name = none if given is None else given.name
            looks.append(
                RoleLook(role.key, role.title, role.tip, picture, name, can_go=role.optional)
            )
        self._view.page.roles.set_roles(looks)

    def _pair(self, run: Run | None, network: Network | None) -> None:
        """Offer input and result to whoever compares them, once the result is at rest."""
        if run is None or network is None or not run.is_own or self.before is None:
            if run is None:
                self._options.pair = None
            return
        if run.is_running or run.last is None or self._paired == (run, run.step):
            return
        self._paired = (run, run.step)
        before, after = (_seen(picture, network) for picture in (self.before, run.last))
        spec = run.request.spec
        made = made_words(self._how.key, self._how.title, spec, network, run.played)
        layer = str(getattr(spec, "layer", ""))
        self._options.pair = Pair(before, after, made, layer)


def _seen(picture: NDArray[np.uint8], network: Network) -> KnownArray:
    """Return a picture as the network sees it; one of its own size is as it is."""
    if picture.shape[:2] == tuple(network.input_shape[1:]):
        return KnownArray.of(picture.copy())
    return KnownArray.of(network.view(picture)[0])


def _like(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the first picture in the size of the second."""
    if before.shape == after.shape:
        return before
    size = after.shape[1], after.shape[0]
    way = cv2.INTER_AREA if before.shape[0] > after.shape[0] else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(before, size, interpolation=way), np.uint8)
