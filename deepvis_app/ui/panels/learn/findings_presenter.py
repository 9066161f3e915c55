"""Findings: which are said, and what their actions do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.lab.diagnoses import Kind
from deepvis_app.lab.diagnoses.rules.units import DEAD
from deepvis_app.ui.panels.learn.findings import Found, found_in, offer_words, said_of
from deepvis_app.ui.panels.learn.rows import names_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Protocol

    from deepvis_app.known.runs import Followed
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panels.learn.findings_view import FindingsView

    class Doers(Protocol):
        """What a finding's action may ask for."""

        def can_train(self, path: str) -> bool: ...
        def start_again(self, path: str, changes: Mapping[str, Any]) -> None: ...
        def go_back(self, path: str, step: int) -> None: ...
        def show_steps(self, first: int, last: int) -> None: ...
        def show_layer(self, path: str, layer: str) -> None: ...
        def show_dead(self, path: str, layer: str) -> None: ...
        def show_labels(self) -> None: ...


class FindingsPresenter:
    """Those of the runs whose eye is open; `doers` do what is asked for."""

    def __init__(self, view: FindingsView, desk: Desk, doers: Doers) -> None:
        self._view, self._doers = view, doers
        self._options, self._runs = desk.options.learn, desk.kept.runs
        self._is_open = False  # all are shown
        view.acted.connect(self.act)
        view.more_requested.connect(self._toggle)

    def show(self) -> None:
        names = names_of(self._runs.paths)
        offers = {each.key: self._offer(each) for each in self._found()}
        said = said_of(self._seen(), self._runs.chosen, names, offers, is_open=self._is_open)
        self._view.set_findings(said.lines, said.detail, said.more, said.tip)

    def act(self, key: str) -> None:
        """Do what a finding offers."""
        each = next((found for found in self._found() if found.key == key), None)
        if each is None:
            return
        path, action = each.one.path, each.finding.action
        if action.kind is Kind.RESTART:
            self._doers.start_again(path, dict(action.data))
            return
        self._options.chosen = path
        if action.kind is Kind.GO_BACK:
            self._doers.go_back(path, int(action.data["step"]))
        elif action.kind is Kind.SHOW_STEPS:
            self._doers.show_steps(int(action.data["first"]), int(action.data["last"]))
        elif action.kind is Kind.SHOW_LAYER:
            is_dead = each.finding.name == DEAD.name
            show = self._doers.show_dead if is_dead else self._doers.show_layer
            show(path, str(action.data["layer"]))
        elif action.kind is Kind.SHOW_LABELS:
            self._doers.show_labels()
        elif action.kind is Kind.COMPARE:
            self._compare(path)

    def _compare(self, path: str) -> None:
        """Leave the curves of this run and of the one that does best open."""
        others = [one for one in self._runs.shown if one.path != path and one.run is not None]
        best = min(others, key=_val_loss, default=None)
        kept = {path} if best is None else {path, best.path}
        self._options.hidden = frozenset(p for p in self._runs.paths if p not in kept)

    def _seen(self) -> list[Followed]:
        return [one for one in self._runs.shown if one.path not in self._options.hidden]

    def _found(self) -> tuple[Found, ...]:
        return found_in(self._seen(), self._runs.chosen)

    def _offer(self, each: Found) -> str:
        run, data = each.one.run, each.finding.action.data
        steps = set() if run is None else {checkpoint.step for checkpoint in run.checkpoints}
        trains = self._doers.can_train(each.one.path)
        return offer_words(each.finding.action, trains=trains, has_step=data.get("step") in steps)

    def _toggle(self) -> None:
        self._is_open = not self._is_open
        self.show()


def _val_loss(one: Followed) -> float:
    line = one.lines.get("val_loss") or one.lines.get("loss")
    return float("inf") if line is None else line.series.last
