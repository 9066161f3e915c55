"""A form is made from a model's fields, tells what the person sets, and goes back to defaults."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field
from PyQt6.QtCore import QPoint, Qt

from deepvis_app.fields import FormField, form_fields, shown
from deepvis_app.ui.kit.editors import (
    Choice,
    FolderEditor,
    Line,
    Maybe,
    Number,
    Segments,
    Switch,
    WholeNumber,
)
from deepvis_app.ui.kit.form import Form, Look
from deepvis_app.ui.kit.number_field import NumberField, number_in
from deepvis_app.ui.kit.number_slider import NumberSlider

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


class Pace(Enum):
    SLOW = "slow"
    VERY_FAST = "very_fast"


class Deeper(BaseModel):
    share: float = Field(
        default=0.5, ge=0, le=1, json_schema_extra=shown("%", factor=100, step=0.1)
    )


class Model(BaseModel):
    model_config = ConfigDict(use_attribute_docstrings=True)

    on: bool = Field(default=False, title="On")
    """Whether it is on."""
    count: int = Field(default=3, ge=1, lt=9, title="Count", json_schema_extra=shown("px"))
    rate: float = Field(default=1.0, gt=0, json_schema_extra=shown(zero="Off", decimals=3))
    pace: Pace = Pace.SLOW
    side: Literal["left", "right"] = Field(
        default="left", json_schema_extra=shown(side_by_side=True, words={"left": "To the left"})
    )
    note: str = ""
    folder: Path | None = None
    most: int | None = Field(default=None, ge=2, le=8)
    table: dict[str, int] = {}
    deeper: Deeper = Deeper()


FIELDS = form_fields(Model)


@pytest.fixture
def form(qtbot: QtBot) -> Form:
    made = Form(FIELDS, Look(usual={"folder": Path("/usual")}))
    qtbot.addWidget(made)
    usual = {field.path: field.value(Model()) for field in FIELDS}
    made.set_values(usual, usual)
    return made


def test_a_field_says_what_its_form_has_to_know() -> None:
    by_path = {field.path: field for field in FIELDS}
    assert list(by_path) == [
        "on", "count", "rate", "pace", "side", "note", "folder", "most", "deeper.share",
    ]  # fmt: skip
    kinds = [field.kind for field in FIELDS]
    assert kinds == [
        "bool", "int", "float", "choice", "choice", "text", "folder", "int", "float",
    ]  # fmt: skip
    count, share = by_path["count"], by_path["deeper.share"]
    assert (count.low, count.high, count.unit, count.title) == (1, 9, "px", "Count")
    assert (share.group, share.factor, share.title) == ("deeper", 100, "Share")
    assert by_path["pace"].choices == ("slow", "very_fast")
    assert by_path["on"].tip == "Whether it is on."
    assert [path for path, field in by_path.items() if field.optional] == ["folder", "most"]
    assert by_path["pace"].value(Model(pace=Pace.VERY_FAST)) == "very_fast"


def test_each_kind_has_its_editor(form: Form) -> None:
    kinds = [type(row.editor) for row in form.rows.values()]
    assert kinds == [
        Switch, WholeNumber, Number, Choice, Segments, Line, FolderEditor, Maybe, Number,
    ]  # fmt: skip
    assert form.rows["on"].editor.toolTip() == "Whether it is on."
    assert form.rows["count"].editor.text() == "3 px"
    assert form.rows["deeper.share"].editor.text() == "50.00 %"
    pace = form.rows["pace"].editor
    assert [pace.itemText(place) for place in range(pace.count())] == ["slow", "very fast"]


def test_numbers_may_have_sliders(qtbot: QtBot) -> None:
    form = Form(FIELDS, Look(sliders=True))
    qtbot.addWidget(form)
    assert isinstance(form.rows["count"].editor, NumberSlider)
    assert isinstance(form.rows["rate"].editor, NumberSlider)


def test_what_the_person_sets_is_told_marked_and_goes_back(form: Form, qtbot: QtBot) -> None:
    told: list[tuple[str, Any]] = []
    form.changed.connect(lambda path, value: told.append((path, value)))
    rows = form.rows
    acts = {
        "on": lambda editor: editor.click(),
        "count": lambda editor: editor.setValue(5),
        "rate": lambda editor: editor.setValue(0.25),
        "pace": lambda editor: editor.setCurrentIndex(1),
        "side": lambda editor: editor.picked.emit("right"),
        "note": lambda editor: (editor.setText("x"), qtbot.keyClick(editor, Qt.Key.Key_Return)),
        "folder": lambda editor: editor.set_folder(str(Path.cwd())),
        "most": lambda editor: editor._box.click(),
        "deeper.share": lambda editor: editor.setValue(75),
    }
    changed = [True, 5, 0.25, "very_fast", "right", "x", Path.cwd(), 2, 0.75]
    for path, act in acts.items():
        assert rows[path]._reset.isHidden()
        act(rows[path].editor)
        assert not rows[path]._reset.isHidden()
    assert told == list(zip(acts, changed, strict=True))
    told.clear()
    for path, row in rows.items():
        row._reset.click()
        assert row._reset.isHidden()
        assert row.value() == next(f for f in FIELDS if f.path == path).value(Model())
    assert [path for path, _ in told] == list(acts)
    assert Model.model_validate({p: v for p, v in told if "." not in p}) == Model()


def test_showing_values_tells_nobody(form: Form) -> None:
    told: list[str] = []
    form.changed.connect(lambda path, _: told.append(path))
    other = Model(
        on=True, count=4, rate=2, pace=Pace.VERY_FAST, side="right", note="y",
        folder=Path("/tmp"), most=3, deeper=Deeper(share=0.1),
    )  # fmt: skip
    values = {field.path: field.value(other) for field in FIELDS}
    form.set_values(values, values)
    assert told == []
    assert {path: row.value() for path, row in form.rows.items()} == values
    assert all(row._reset.isHidden() for row in form.rows.values())


def test_a_folder_that_cannot_be_written_is_refused(form: Form, tmp_path: Path) -> None:
    said: list[str] = []
    form.refused.connect(said.append)
    (tmp_path / "file").touch()
    form.rows["folder"].editor.set_folder(str(tmp_path / "file" / "below"))
    assert "the old folder is kept" in said[-1]
    assert form.rows["folder"].value() is None


def test_a_value_that_is_not_in_the_list_is_kept_and_shown(form: Form) -> None:
    usual = {field.path: field.value(Model()) for field in FIELDS}
    form.set_values(usual | {"pace": "walking_pace"}, usual)
    assert form.rows["pace"].editor.currentText() == "walking pace"


def test_names_and_headings(qtbot: QtBot) -> None:
    form = Form(FIELDS, Look(headings={"deeper": "Below"}))
    qtbot.addWidget(form)
    widths = {row.name.width() for row in form.rows.values()}
    assert len(widths) == 1
    labels = [label.text() for label in form.findChildren(type(form.rows["on"].name).__base__)]
    assert "Below" in labels
    assert "Deeper" not in labels


@pytest.mark.parametrize("look", [{}, {"is_flat": True}, {"is_tall": True}])
def test_a_number_is_seen_whole_however_long_it_is(qtbot: QtBot, look: dict[str, bool]) -> None:
    rate = NumberSlider(FormField("rate", "Rate", "", "float", 0, 10, logarithmic=True), **look)
    qtbot.addWidget(rate)
    rate.resize(260, 40)
    rate.show()
    field = rate.findChild(NumberField)
    assert isinstance(field, NumberField)
    usual = field.width()
    for value, text in (
        (0.3, "0.3"), (1e4, "1e4"), (1.23e-4, "0.000123"), (1.234e-5, "1.234e-5"),
        (-1.234e-200, "-1.234e-200"),
    ):  # fmt: skip
        rate.set_value(value)
        assert field.text() == text
        assert number_in(text) == value
        assert field.cursorPositionAt(QPoint(0, field.height() // 2)) == 0  # its first digit
        assert field.width() >= usual


def test_a_whole_number_is_told_to_its_last_digit(qtbot: QtBot) -> None:
    seed = NumberSlider(FormField("seed", "Seed", "", "int", 0, 1000, logarithmic=True))
    qtbot.addWidget(seed)
    seed.show()
    seed.set_value(4_294_967_295)
    field = seed.findChild(NumberField)
    assert isinstance(field, NumberField)
    assert field.text() == "4294967295"
    assert field.cursorPositionAt(QPoint(0, field.height() // 2)) == 0
