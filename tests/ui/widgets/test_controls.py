from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from PyQt6.QtCore import QPoint, QPointF, Qt
from PyQt6.QtGui import QColor, QFontMetricsF, QShortcut
from PyQt6.QtWidgets import QLabel, QLineEdit, QSlider, QToolButton, QWidget

from deepvis_app.tiles import palette
from deepvis_app.ui.kit import theme
from deepvis_app.ui.kit.chip_button import ChipButton
from deepvis_app.ui.kit.choice_popup import Choice, ChoiceGroup, ChoicePopup
from deepvis_app.ui.kit.labelled_slider import LabelledSlider
from deepvis_app.ui.kit.number_field import number_in
from deepvis_app.ui.kit.pictures.colour_bar import ColourBar
from deepvis_app.ui.kit.section_header import SectionHeader
from deepvis_app.ui.kit.segmented import Segment, Segmented
from deepvis_app.ui.kit.theme import font
from deepvis_app.words.figures import duration, figure

if TYPE_CHECKING:
    from PyQt6.QtWidgets import QApplication
    from pytestqt.qtbot import QtBot

    from tests.ui.widgets.conftest import Mouse

METHODS = (
    Segment("off", "Off"),
    Segment("guided", "Guided", "Paints what excites the unit"),
    Segment("deconv", "Deconv"),
    Segment("cam", "CAM", enabled=False),
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (7.0834, "7.08"),
        (0.17849, "0.178"),
        (-12.34, "−12.3"),
        (99.96, "100"),
        (9.996, "10.0"),
        (929.24, "929"),
        (12400, "12\u2009400"),
        (3.1e-5, "3.1e−5"),
        (2.44e6, "2.4e6"),
        (float("nan"), "NaN"),
        (float("inf"), "∞"),
        (float("-inf"), "−∞"),
    ],
)
def test_figures(value: float, text: str) -> None:
    assert figure(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(7.9, "0:07"), (750, "12:30"), (3723, "1:02:03"), (-1, "0:00")]
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.fixture
def methods(qtbot: QtBot) -> Segmented:
    widget = Segmented(METHODS, "guided")
    qtbot.addWidget(widget)
    widget.resize(widget.sizeHint())
    widget.show()
    return widget


def test_segments_are_picked_by_mouse(methods: Segmented, qtbot: QtBot, mouse: Mouse) -> None:
    with qtbot.waitSignal(methods.picked) as picked:
        mouse.click(methods, methods.option_rect("deconv").center())
    assert picked.args == ["deconv"]
    assert methods.current() == "deconv"
    with qtbot.assertNotEmitted(methods.picked):
        mouse.click(methods, methods.option_rect("deconv").center())  # it is on already
        mouse.click(methods, methods.option_rect("cam").center())  # cannot be chosen
        methods.set_current("off")
    assert methods.current() == "off"


def test_segments_are_picked_by_keyboard(methods: Segmented, qtbot: QtBot) -> None:
    qtbot.keyClick(methods, Qt.Key.Key_Right)
    assert methods.current() == "deconv"
    qtbot.keyClick(methods, Qt.Key.Key_Right)  # the next one is forbidden: stays
    assert methods.current() == "deconv"
    methods.set_option_enabled("cam", True)
    qtbot.keyClick(methods, Qt.Key.Key_Right)
    assert methods.current() == "cam"


def test_segments_take_their_arrows_before_the_window(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    methods = Segmented(METHODS, "off", window)
    taken: list[str] = []
    for keys in ("Right", "F"):
        QShortcut(keys, window).activated.connect(lambda k=keys: taken.append(k))
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    qtbot.keyClick(methods, Qt.Key.Key_Right)
    qtbot.keyClick(methods, Qt.Key.Key_F)
    assert methods.current() == "guided"
    assert taken == ["F"]


def test_segments_share_the_width(methods: Segmented) -> None:
    methods.resize(400, 28)
    edges = [methods.option_rect(o.key) for o in METHODS]
    assert edges[0].left() == 1
    assert edges[-1].right() == pytest.approx(399)
    for a, b in pairwise(edges):
        assert a.right() == pytest.approx(b.left())


@pytest.mark.parametrize("missing_px", [8, 40, 60])
def test_segments_give_up_padding_before_text(methods: Segmented, missing_px: int) -> None:
    methods.resize(methods.sizeHint().width() - missing_px, 28)
    metrics = QFontMetricsF(font())
    rects = [methods.option_rect(option.key) for option in METHODS]
    for option, rect in zip(METHODS, rects, strict=True):
        assert rect.width() >= metrics.horizontalAdvance(option.text) + 4
    assert rects[-1].right() == pytest.approx(methods.width() - 1)


def test_segments_that_are_too_narrow_for_their_text_share_what_there_is(
    methods: Segmented,
) -> None:
    methods.resize(100, 28)
    rects = [methods.option_rect(option.key) for option in METHODS]
    assert all(rect.width() > 8 for rect in rects)
    assert rects[-1].right() == pytest.approx(99)


@pytest.fixture
def opacity(qtbot: QtBot) -> LabelledSlider:
    widget = LabelledSlider("Opacity", 0.0, 2.0, 0.5, unit="s")
    qtbot.addWidget(widget)
    widget.resize(300, 28)
    widget.show()
    return widget


def slider_of(widget: LabelledSlider) -> QSlider:
    slider = widget.findChild(QSlider)
    assert isinstance(slider, QSlider)
    return slider


def test_slider_shows_value_and_unit(opacity: LabelledSlider, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(opacity.value_changed):
        opacity.set_value(1.25)
    assert "1.25 s" in [field.text() for field in opacity.findChildren(QLineEdit)]
    opacity.set_value(9)
    assert opacity.value() == 2.0


def test_slider_jumps_to_the_click(opacity: LabelledSlider, qtbot: QtBot, mouse: Mouse) -> None:
    slider = slider_of(opacity)
    with qtbot.waitSignal(opacity.value_changed) as changed:
        mouse.click(slider, QPointF(slider.width() / 2, slider.height() / 2))
    assert changed.args == [pytest.approx(1.0, abs=0.05)]


def test_slider_double_click_resets(opacity: LabelledSlider, mouse: Mouse) -> None:
    slider = slider_of(opacity)
    mouse.double_click(slider, QPointF(slider.width() - 8, slider.height() / 2))
    assert opacity.value() == 0.5


@pytest.mark.parametrize(
    ("typed", "value"), [("1,25", 1.25), ("0.75 s", 0.75), ("9", 2.0), ("-1", 0.0)]
)
def test_slider_takes_what_is_typed(
    opacity: LabelledSlider, qtbot: QtBot, typed: str, value: float
) -> None:
    field = opacity.findChild(QLineEdit)
    assert isinstance(field, QLineEdit)
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, typed)
    with qtbot.waitSignal(opacity.value_changed) as changed:
        qtbot.keyClick(field, Qt.Key.Key_Return)
    assert changed.args == [value]
    assert field.text() == f"{value:.2f} s"
    assert slider_of(opacity).value() == round(value * 500)


@pytest.mark.parametrize(
    ("text", "number"), [("−1", -1.0), (" 3 px", 3.0), ("1e-3", 0.001), ("1,2,3", None)]
)
def test_a_number_is_read_as_people_write_it(text: str, number: float | None) -> None:
    assert number_in(text, "px") == number


@pytest.mark.parametrize("typed", ["much", "", "inf", "nan"])
def test_slider_undoes_what_is_no_number(opacity: LabelledSlider, qtbot: QtBot, typed: str) -> None:
    field = opacity.findChild(QLineEdit)
    assert isinstance(field, QLineEdit)
    field.setFocus()
    field.setText(typed)
    with qtbot.assertNotEmitted(opacity.value_changed):
        qtbot.keyClick(field, Qt.Key.Key_Return)
    assert field.text() == "0.50 s"


def test_a_value_that_comes_meanwhile_leaves_what_is_being_typed(
    opacity: LabelledSlider, qtbot: QtBot
) -> None:
    field = opacity.findChild(QLineEdit)
    assert isinstance(field, QLineEdit)
    opacity.activateWindow()
    qtbot.waitUntil(opacity.isActiveWindow)
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, "1,")
    opacity.set_value(0.3)
    assert field.text() == "1,"
    qtbot.keyClicks(field, "5")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert opacity.value() == 1.5


def test_a_typed_value_is_a_whole_step(qtbot: QtBot) -> None:
    widget = LabelledSlider("Share", 5, 90, 20, decimals=0, unit="%", step=5)
    qtbot.addWidget(widget)
    field = widget.findChild(QLineEdit)
    assert isinstance(field, QLineEdit)
    field.setText("33")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert (widget.value(), field.text()) == (35, "35 %")


def test_slider_step(qtbot: QtBot) -> None:
    widget = LabelledSlider("Rows", 0, 10, 3, decimals=0, step=1)
    qtbot.addWidget(widget)
    slider_of(widget).setValue(7)
    assert widget.value() == 7


def test_header_gives_way(qtbot: QtBot) -> None:
    header = SectionHeader("Input", "centre crop 227 × 227", explains=True)
    qtbot.addWidget(header)
    header.resize(120, 20)
    header.show()
    texts = [label.text() for label in header.findChildren(QLabel)]
    assert texts[0] == "Input"
    assert texts[1].endswith("…")
    header.resize(400, 20)
    header.set_detail("pinned · fire9 · 37", pinned=True)
    assert "pinned · fire9 · 37" in [label.text() for label in header.findChildren(QLabel)]


def test_a_header_without_a_name_has_no_gap_for_one(qtbot: QtBot) -> None:
    header = SectionHeader("Nearest to this frame", "cosine distance", explains=True)
    qtbot.addWidget(header)
    header.resize(400, 20)
    header.show()
    (button,) = header.findChildren(QToolButton)
    beside = button.x()
    assert beside > 0
    header.set_title("")  # a tab says it
    qtbot.waitUntil(lambda: button.x() == 0)
    header.set_title("Nearest to this frame")
    qtbot.waitUntil(lambda: button.x() == beside)


def test_colour_bar_paints_its_palette(qtbot: QtBot) -> None:
    bar = ColourBar()
    qtbot.addWidget(bar)
    bar.resize(300, 20)
    bar.set_colours(palette("gray"))
    bar.set_range(0, 7.083)
    image = bar.grab().toImage()
    shades = [image.pixelColor(x, 10).lightness() for x in range(60, 240, 20)]
    assert shades == sorted(shades)
    assert shades[-1] - shades[0] > 150
    bar.set_range(float("nan"), float("nan"))
    bar.grab()


GROUPS = (
    ChoiceGroup("Bundled", (Choice("pocket", "Pocket", "64 × 64"),)),
    ChoiceGroup(
        "torchvision",
        (
            Choice("torchvision:resnet18", "ResNet-18"),
            Choice("torchvision:resnet50", "ResNet-50"),
            Choice("torchvision:vgg16", "VGG-16", tip="too large for this device", enabled=False),
        ),
    ),
)


@pytest.fixture
def popup(qtbot: QtBot) -> ChoicePopup:
    widget = ChoicePopup(searchable=True, entry_hint="Name or path")
    qtbot.addWidget(widget)
    widget.set_groups(GROUPS)
    widget.set_current("torchvision:resnet18")
    widget.show()
    return widget


def type_text(popup: ChoicePopup, qtbot: QtBot, text: str) -> None:
    qtbot.keyClicks(popup.focusProxy(), text)


def test_choices_are_searched_and_chosen_by_keyboard(popup: ChoicePopup, qtbot: QtBot) -> None:
    type_text(popup, qtbot, "resnet")
    assert popup.shown_keys() == ("torchvision:resnet18", "torchvision:resnet50")
    qtbot.keyClick(popup.focusProxy(), Qt.Key.Key_Down)
    with qtbot.waitSignal(popup.chosen) as chosen:
        qtbot.keyClick(popup.focusProxy(), Qt.Key.Key_Return)
    assert chosen.args == ["torchvision:resnet50"]
    assert len(popup.shown_keys()) == 4  # the search is over


def test_what_is_not_in_the_list_can_be_typed(popup: ChoicePopup, qtbot: QtBot) -> None:
    type_text(popup, qtbot, "my/model.pt2")
    assert popup.shown_keys() == ()
    with qtbot.waitSignal(popup.text_entered) as entered:
        qtbot.keyClick(popup.focusProxy(), Qt.Key.Key_Return)
    assert entered.args == ["my/model.pt2"]


def test_what_is_forbidden_cannot_be_chosen(popup: ChoicePopup, qtbot: QtBot) -> None:
    type_text(popup, qtbot, "vgg")
    with qtbot.assertNotEmitted(popup.chosen), qtbot.assertNotEmitted(popup.text_entered):
        qtbot.keyClick(popup.focusProxy(), Qt.Key.Key_Escape)
        popup._on_item(popup._items()[0])


def test_chip_opens_its_popup_and_a_choice_closes_it(qtbot: QtBot, mouse: Mouse) -> None:
    popup = ChoicePopup()
    popup.set_groups(GROUPS)
    chip = ChipButton("Choose the network")
    qtbot.addWidget(chip)
    chip.set_texts("SqueezeNet 1.0", "ImageNet · 1000 classes")
    chip.set_popup(popup)
    chip.show()
    with qtbot.waitSignal(chip.popup_opened):
        mouse.click(chip, QPointF(20, 16))
    qtbot.waitUntil(popup.isVisible)
    popup._on_item(popup._items()[0])
    qtbot.waitUntil(lambda: not popup.isVisible())


def test_chip_may_be_narrower_than_its_texts(qtbot: QtBot) -> None:
    chip = ChipButton()
    qtbot.addWidget(chip)
    chip.set_texts("Camera · HD Webcam", "1280 × 720 · 30 fps")
    chip.set_icon("camera")
    assert chip.minimumSizeHint().width() < 140 < chip.sizeHint().width()
    chip.resize(chip.minimumSizeHint())
    chip.set_busy(True)
    assert chip.is_busy()
    chip.grab()
    chip.set_busy(False)
    assert not chip.is_busy()


def test_what_stands_before_a_title_gives_way_where_that_shows_it_whole(qtbot: QtBot) -> None:
    led, bare, other = ChipButton(), ChipButton(), ChipButton()
    for chip in (led, bare, other):
        qtbot.addWidget(chip)
        chip.set_texts("features.12")
    led.set_lead("Layer")
    other.set_lead("Somewhere")
    width = bare.sizeHint().width()
    assert led.sizeHint().width() > width
    for chip in (led, bare, other):
        chip.resize(width, bare.sizeHint().height())
    assert led.grab().toImage() == bare.grab().toImage()
    for chip in (led, bare, other):
        chip.resize(width - 20, chip.height())  # too little for the title alone
    assert led.grab().toImage() != bare.grab().toImage()
    for chip in (led, other):
        chip.resize(led.sizeHint())
    assert led.grab().toImage() != other.grab().toImage()


@pytest.mark.parametrize("look", [theme.DARK, theme.LIGHT], ids=lambda t: t.name)
def test_the_chosen_segment_is_filled(
    qapp: QApplication, methods: Segmented, look: theme.Theme
) -> None:
    theme.apply_theme(qapp, look)
    image = methods.grab().toImage()
    chosen = methods.option_rect("guided")
    inside = QPoint(round(chosen.left()) + 3, round(chosen.center().y()))
    assert image.pixelColor(inside) == QColor(look.chosen)
    other = methods.option_rect("off")
    beside = QPoint(round(other.left()) + 6, round(other.top()) + 4)
    assert image.pixelColor(beside) != QColor(look.chosen)


def test_segments_that_keep_their_words_ask_for_their_room(methods: Segmented) -> None:
    methods.keep_words(True)
    methods.resize(methods.minimumSizeHint())
    metrics = QFontMetricsF(theme.font())
    for option in METHODS:
        assert methods.option_rect(option.key).width() >= metrics.horizontalAdvance(option.text)
