"""What the window says unasked: banners for what lasts, a toast for what is done, an undo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.ui.kit.banner import Severity

if TYPE_CHECKING:
    from collections.abc import Callable

    from deepvis_app.ui.kit.banner import BannerStack
    from deepvis_app.ui.kit.toast import Toast
    from deepvis_app.ui.kit.undo import Removal, Undo


BRIEF_S = 1.5  # of a line that says what a key has done


class Notices:
    """One face for all who have something to say; none of them needs the window."""

    def __init__(self, banners: BannerStack, toast: Toast, undo: Undo) -> None:
        self._banners, self._toast, self._undo = banners, toast, undo
        self._acts: dict[str, Callable[[], None]] = {}
        self._dismissals: dict[str, Callable[[], None]] = {}
        self.explain: Callable[[str], None] = lambda _topic: None  # shows the card of a topic
        banners.action_requested.connect(self._act)
        banners.dismissed.connect(self._dismiss)

    def say(self, text: str, seconds: float = 5.0) -> None:
        """Show a line for a moment."""
        self._toast.show_message(text, seconds=seconds)

    def offer(self, text: str, action: str, do: Callable[[], None]) -> None:
        """Show a line for a moment, with a button."""
        self._toast.show_message(text, action, do=do)

    def hush(self) -> None:
        """Take the line away: what it says is not so any more."""
        self._toast.hide()

    def warn(
        self,
        key: str,
        cause: str,
        remedy: str = "",
        *,
        severity: Severity = Severity.NOTICE,
        action: str = "",
        do: Callable[[], None] | None = None,
        dismissed: Callable[[], None] | None = None,
    ) -> None:
        """Show a banner, or change the one of that key, until `clear`.

        `do` is called for its button, which `action` names; `dismissed` when the user hides it.
        """
        self._acts.pop(key, None)
        self._dismissals.pop(key, None)
        if do is not None:
            self._acts[key] = do
        if dismissed is not None:
            self._dismissals[key] = dismissed
        self._banners.show_banner(key, cause, remedy, severity, action)

    def fail(self, key: str, cause: str, remedy: str = "") -> None:
        """Show a banner of something that went wrong."""
        self.warn(key, cause, remedy, severity=Severity.ERROR)

    def clear(self, key: str) -> None:
        """Take a banner away: what it says is not so any more."""
        self._acts.pop(key, None)
        self._dismissals.pop(key, None)
        self._banners.clear_banner(key)

    def removed(
        self, text: str, restore: Callable[[], None], commit: Callable[[], None] = lambda: None
    ) -> Removal:
        """Say what was removed and offer to take that back, see `Undo.offer`."""
        return self._undo.offer(text, restore, commit)

    def forget(self, removal: Removal) -> None:
        """A removal is past: it can neither be taken back nor go for good."""
        self._undo.forget(removal)

    def undo(self) -> bool:
        """Take the last removal back; return whether there was one."""
        return self._undo.undo()

    def settle(self) -> None:
        """Let every removal go for good now."""
        self._undo.settle()

    def _act(self, key: str) -> None:
        if (act := self._acts.get(key)) is not None:
            act()

    def _dismiss(self, key: str) -> None:
        self._acts.pop(key, None)
        if (told := self._dismissals.pop(key, None)) is not None:
            told()
