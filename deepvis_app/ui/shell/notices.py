"""What the window says unasked of its network, its files and its own faults: a banner each."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

from deepvis_app.errors import in_words
from deepvis_app.known.lasting_fault import LASTS_S
from deepvis_app.store import DiskFullError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import TracebackType

    from deepvis_app.engine.nonfinite import NotFinite
    from deepvis_app.engine.readers import Reader
    from deepvis_app.errors import UserError
    from deepvis_app.nets import Network
    from deepvis_app.ui.kit.banner import BannerStack
    from deepvis_app.ui.kit.notices import Notices

logger = logging.getLogger(__name__)

KEEPING = "keeping"  # key of the banner that tells what cannot be kept
NO_NUMBERS = "nan"  # of the one that tells where NaN or infinity is from
UNDAMAGED = "Load an undamaged weights file"
FAILED = "failed"  # of the one that tells what of a frame was not answered
SETTINGS = "settings"  # of the one that tells what files held that cannot be used


class StandingNotices:
    """Each banner is there for as long as what it says is so."""

    def __init__(self, notices: Notices, show: Callable[[int, str], None]) -> None:
        """`show(unit, layer)` picks a unit of a layer."""
        self._notices = notices
        self._show = show
        self._weights = ""  # what is wrong with the network's
        self._first: NotFinite | None = None
        self._failure, self._failed_s = "", 0.0  # what is told of a frame, and when it last was so
        self._faults: Mapping[str, UserError] = {}  # of what was to be written, as shown

    def tell_of_the_start(
        self, problems: Sequence[str], nowhere: UserError | None, store: UserError | None
    ) -> None:
        """Say on one banner what files held that cannot be used, on one what cannot be kept."""
        if nowhere is not None:
            self._notices.warn(KEEPING, nowhere.cause, nowhere.remedy)
        if store is not None and (nowhere is None or isinstance(store, DiskFullError)):
            tell_of_store(self._notices, store)  # on a full disk it names a remedy of its own
        if problems:
            self._notices.warn(SETTINGS, "; ".join(problem.rstrip(".") for problem in problems))

    def forget_settings(self) -> None:
        """What was wrong with the settings' file is not there any more."""
        self._notices.clear(SETTINGS)

    def show_faults(self, faults: Mapping[str, UserError]) -> None:
        """Say that settings or the session could not be written, until they can."""
        if faults == self._faults:
            return
        self._faults = faults
        if not faults:
            self._notices.clear(KEEPING)
        for fault in faults.values():
            self._notices.warn(KEEPING, fault.cause, fault.remedy)

    def show_network(self, network: Network) -> None:
        """Say what is wrong with a network's weights, and how it behaves."""
        broken = network.nonfinite_weights()
        more = f" and {len(broken) - 1} more" if len(broken) > 1 else ""
        self._weights = f"The weights hold NaN or infinity ({broken[0]}{more})" if broken else ""
        self._first = None
        self._show_no_numbers()
        said = network.behaviour.sentences(network.name)
        if said:
            self._notices.warn("behaviour", said[0], " ".join(said[1:]))
        else:
            self._notices.clear("behaviour")

    def show_first(self, first: NotFinite | None) -> None:
        """Say in which layer NaN or infinity is first seen; None: nowhere."""
        if first != self._first:
            self._first = first
            self._show_no_numbers()

    def show_failed(self, failed: Mapping[Reader[object], UserError], now_s: float) -> None:
        """Say what failed of an answered frame, until all has worked for a while."""
        failure = next(iter(failed.values()), None)
        if failure is not None:
            self._failed_s = now_s
            if str(failure) != self._failure:
                self._failure = str(failure)
                self._notices.warn(FAILED, failure.cause, failure.remedy)
        elif self._failure and now_s - self._failed_s > LASTS_S:
            self._failure = ""
            self._notices.clear(FAILED)

    def _show_first_layer(self) -> None:
        if self._first is not None and self._first.layer:
            self._show(self._first.unit, self._first.layer)

    def _show_no_numbers(self) -> None:
        if self._first is not None:
            self._notices.warn(
                NO_NUMBERS,
                *_first_words(self._first, self._weights),
                action="Show it" if self._first.layer else "",
                do=self._show_first_layer,
            )
        elif self._weights:
            self._notices.warn(NO_NUMBERS, self._weights, UNDAMAGED)
        else:
            self._notices.clear(NO_NUMBERS)


def _first_words(first: NotFinite, weights: str) -> tuple[str, str]:
    """Return where NaN or infinity begins, and what is known of why."""
    what = " and ".join(filter(None, ("NaN" * bool(first.nan), "infinity" * bool(first.infinite))))
    count = first.nan + first.infinite
    share = f"all {count} values" if count == first.total else f"{count} of {first.total} values"
    if not first.layer:
        return (
            f"The network's input holds {what} ({share})",
            "Look at the mean and the deviation that its pictures are prepared with",
        )
    where = f"{share}, the first in unit {first.unit}"
    where += f", since frame {first.frame_number}" if first.frame_number else ""
    cause = f"{what} from layer {first.layer} on ({where})"
    if weights:
        return cause, f"{weights}. {UNDAMAGED}"
    return (
        cause,
        "Weights, input and the layers before are finite: it arises there or just before",
    )


def tell_of_store(notices: Notices, fault: UserError | None) -> None:
    """Say why the store cannot be used; None: it can."""
    if fault is None:
        notices.clear("store")
    else:
        notices.warn("store", fault.cause, fault.remedy)


class Unexpected:
    """Takes every error that nobody else does: PyQt would end the process for it.

    It is shown as a banner as soon as there is a window; the window stays open.
    """

    def __init__(self) -> None:
        self._banners: BannerStack | None = None
        self._first: str | None = None  # told before there was a window

    def install(self) -> None:
        """Be told of errors from now on."""
        sys.excepthook = self.tell

    def show_on(self, banners: BannerStack) -> None:
        """Show errors there from now on, and the first that came before."""
        self._banners = banners
        if self._first is not None:
            self._show(self._first)

    def tell(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        logger.error("unexpected", exc_info=(kind, error, trace))
        line = in_words(error)
        self._first = self._first or line
        if self._banners is not None:
            self._show(line)

    def _show(self, line: str) -> None:
        if self._banners is not None:
            self._banners.show_banner("unexpected", f"Something unexpected happened: {line}")
