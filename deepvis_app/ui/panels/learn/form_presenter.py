"""The form of a new run: its values, what is wrong with them, and the check before the start."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deepvis_app.errors import UserError, short_text
from deepvis_app.known.runs import folder_name
from deepvis_app.lab.trainer.plan import LEARNERS, TrainPlan
from deepvis_app.ui.kit.choices import Choice, ChoiceGroup
from deepvis_app.ui.kit.form import Look
from deepvis_app.ui.panels.learn.form import (
    DATA_WORDS,
    NETWORKS,
    PRESETS,
    asked_for,
    groups,
)
from deepvis_app.ui.panels.learn.form_check import CheckPresenter

if TYPE_CHECKING:
    from collections.abc import Callable

    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panels.learn.form_sheet import FormSheet

NAME_PX, NUMBER_PX = 136, 80


class FormPresenter:
    """`start` is called with the plan and the name when both are right."""

    def __init__(
        self, sheet: FormSheet, desk: Desk, start: Callable[[TrainPlan, str], None],
        usual_name: Callable[[], str],
    ) -> None:  # fmt: skip
        self._sheet, self._view, self._options = sheet, sheet.content, desk.options.learn
        self._start, self._usual_name = start, usual_name
        self._is_made = False
        self._wrong: dict[str, str] = {}  # by field, what was typed last and not taken
        self.check = CheckPresenter(self._view, desk)
        self._view.changed.connect(self.change)
        self._view.preset_chosen.connect(self.begin_with)
        self._view.name_changed.connect(lambda name: setattr(self._options, "name", name.strip()))
        self._view.start_requested.connect(self.start)
        self._options.events.plan.connect(self._show_values)

    def open(self) -> None:
        """Open the card, which is made when it is first wanted."""
        if not self._is_made:
            self._is_made = True
            self._view.set_groups(groups(), self._look())
        self._wrong.clear()
        self._show_values()
        self._sheet.open()

    def change(self, path: str, value: object) -> None:
        """Take a setting; one that is wrong is said at its field, and the plan stays."""
        kind = next(f.kind for group in groups() for f in group.fields if f.path == path)
        try:
            if kind == "numbers" and isinstance(value, str):
                raise UserError(f"{short_text(value)} is wrong", "Whole numbers, such as 30, 20")
            plan = self._options.plan.changed(**{path: value})
        except UserError as error:
            self._wrong[path] = str(error)
            self._view.set_error(path, str(error))
            return
        self._wrong.pop(path, None)
        self._options.plan = plan

    def begin_with(self, key: str) -> None:
        """Take settings that go together."""
        self._wrong.clear()
        self._options.plan = TrainPlan(**PRESETS[key].changes)

    def start(self) -> None:
        """Start what is set; a field that is wrong says so still."""
        if self._wrong:
            self._view.notice.set_notice("One setting is wrong: it is marked above")
            return
        name = self._options.name or self._usual_name()
        try:
            name = folder_name(name)
        except UserError as error:
            self._view.notice.set_notice(str(error))
            return
        self._view.notice.set_notice("")
        self._sheet.close()
        self._options.name = ""
        self._start(self._options.plan, name)

    # What is shown

    def _show_values(self, *_: object) -> None:
        if not self._is_made:
            return
        plan, usual = self._options.plan, TrainPlan()
        fields = [field for group in groups() for field in group.fields]
        self._view.set_values(
            {field.path: field.value(plan) for field in fields},
            {field.path: field.value(usual) for field in fields},
        )
        for field in fields:
            self._view.set_error(field.path, self._wrong.get(field.path, ""))
        self._view.set_shown(asked_for(plan))
        self._view.set_name(self._options.name or self._usual_name())
        self._view.notice.set_notice("")
        key = next((key for key, each in PRESETS.items() if _is(plan, each.changes)), "")
        choices = tuple(Choice(k, p.title, tip=p.tip) for k, p in PRESETS.items())
        title = PRESETS[key].title if key else "Own settings"
        self._view.set_presets((ChoiceGroup("", choices),), key, title)

    def _look(self) -> Look:
        words = {**DATA_WORDS, **NETWORKS}
        return Look(
            name_px=NAME_PX, gap=8, sliders=True, number_px=NUMBER_PX, names_role="muted",
            offers={"data": [*DATA_WORDS], "network": [*LEARNERS]},
            words=lambda choice: words.get(choice, choice.replace("_", " ")),
        )  # fmt: skip


def _is(plan: TrainPlan, changes: Any) -> bool:
    return plan == TrainPlan(**changes)
