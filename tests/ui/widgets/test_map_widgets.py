"""Widgets of the map's page: what they show, tell, and leave out where there is no room."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtTest import QTest

from deepvis_app.known.map_colours import ColourKey
from deepvis_app.tiles import palette
from deepvis_app.ui.kit.choices import Choice, ChoiceGroup, Offer
from deepvis_app.ui.kit.point_colours import class_shades, point_shades
from deepvis_app.ui.kit.theme import DARK, LIGHT, apply_theme
from deepvis_app.ui.panels.map.canvas import MapCanvas
from deepvis_app.ui.panels.map.empty import EmptyMap, Way
from deepvis_app.ui.panels.map.foot import DROP, KEEP, LASSO, NEAR, MapFoot, UnitChip
from deepvis_app.ui.panels.map.head import MapHead
from deepvis_app.ui.panels.map.legend import MapLegend
from deepvis_app.ui.panels.map.strip import Small, Strip
from deepvis_app.ui.panels.now.over_map_view import UnitMap

if TYPE_CHECKING:
    from PyQt6.QtWidgets import QApplication
    from pytestqt.qtbot import QtBot


def picture(value: int, side: int = 64) -> np.ndarray:
    return np.full((side, side, 3), value, np.uint8)


def shown(qtbot: QtBot, widget, width: int, height: int):
    qtbot.addWidget(widget)
    widget.resize(width, height)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


# Strip


def test_a_strip_shows_as_many_as_there_is_room_for(qtbot: QtBot) -> None:
    strip = shown(qtbot, Strip(56, "near"), 200, 60)
    assert strip.capacity == 3  # three squares of 56 with gaps of 4 between, and some
    strip.set_cells([Small(picture(n), f"0.{n}") for n in range(9)])
    assert strip.count() == 3
    image = strip.grab().toImage()
    ratio = image.devicePixelRatio()
    for number in range(3):
        at = strip.cell_rect(number).center() * ratio
        assert image.pixelColor(at.toPoint()).red() == number
    with qtbot.waitSignal(strip.capacity_changed) as told:
        strip.resize(400, 60)
    assert told.args == [6]
    assert strip.count() == 6


def test_a_strip_is_pointed_at_walked_through_and_taken(qtbot: QtBot) -> None:
    strip = shown(qtbot, Strip(20, "near"), 200, 30)
    strip.set_cells([Small(picture(n)) for n in range(4)])
    heard: list[tuple[str, int]] = []
    for name in ("pointed", "picked", "used", "opened"):
        getattr(strip, name).connect(lambda index, name=name: heard.append((name, index)))
    QTest.mouseClick(strip, Qt.MouseButton.LeftButton, pos=QPoint(30, 10))
    assert ("picked", 1) in heard
    QTest.mouseDClick(strip, Qt.MouseButton.LeftButton, pos=QPoint(60, 10))
    assert ("used", 2) in heard
    heard.clear()
    strip.setFocus()
    QTest.keyClick(strip, Qt.Key.Key_Right)
    QTest.keyClick(strip, Qt.Key.Key_Return)
    QTest.keyClick(strip, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    kinds = [name for name, _ in heard]
    assert kinds[-3:] == ["pointed", "used", "opened"]
    assert heard[-1][1] == heard[-2][1] == heard[-3][1]


# Legend


def test_a_legend_leaves_out_what_has_no_room_and_says_how_many(qtbot: QtBot) -> None:
    legend = shown(qtbot, MapLegend(), 900, 30)
    keys = [ColourKey(f"class number {n}", n, (20 * n, 0, 0)) for n in range(9)]
    legend.set_keys(keys)
    all_of_them = len(legend.keys.shown())
    assert 3 < all_of_them < 9
    legend.resize(420, 30)
    qtbot.wait(0)
    few = legend.keys.shown()
    assert 0 < len(few) < all_of_them
    assert few[-1][1].right() < legend.keys.width()
    image = legend.keys.grab().toImage()
    dot = (few[1][1].topLeft() + QPoint(4, 15).toPointF()) * image.devicePixelRatio()
    assert image.pixelColor(dot.toPoint()).red() == 20


def test_a_legend_of_a_unit_is_a_scale(qtbot: QtBot) -> None:
    legend = shown(qtbot, MapLegend(), 900, 30)
    legend.set_scale("conv2 · unit 3", point_shades(palette("magma")), 0, 7, signed=False)
    assert legend.bar.isVisible()
    assert legend.bar.span == (0, 7)
    assert not legend.keys.isVisible()
    legend.set_words("There are no classes")
    assert legend.words() == "There are no classes"
    assert not legend.bar.isVisible()


# Empty


def test_an_empty_map_offers_ways_out(qtbot: QtBot) -> None:
    empty = shown(qtbot, EmptyMap(), 700, 400)
    empty.set_text("Nothing", "Do this", [Way("a", "First"), Way("b", "Second")])
    with qtbot.waitSignal(empty.chosen) as told:
        empty.buttons()[1].click()
    assert told.args == ["b"]
    assert empty.buttons()[0].property("kind") == "primary"
    empty.set_text("Nothing", "", [Way("c", "Third")])
    assert [button.text() for button in empty.buttons()] == ["Third"]


# Head


def offer(*keys: str) -> Offer:
    choices = tuple(Choice(key, key) for key in keys)
    return Offer((ChoiceGroup("", choices),), keys[0], keys[0])


def test_the_head_shows_what_is_under_way_only_while_it_is(qtbot: QtBot) -> None:
    head = shown(qtbot, MapHead(), 752, 88)
    assert head.sizeHint().height() <= 90
    head.set_doing("laying out fire5", 0.6, "62 % · 4 s")
    assert head.stop.isVisible()
    assert head.doing() == "laying out fire5"
    with qtbot.waitSignal(head.stop_requested):
        head.stop.click()
    head.set_doing("", None, again="Lay out by t-SNE")
    assert not head.stop.isVisible()
    with qtbot.waitSignal(head.again_requested):
        head.again.click()
    head.set_doing("", None)
    assert not head.again.isVisible()


def test_what_is_typed_is_looked_for_a_moment_later_and_escape_clears_it(qtbot: QtBot) -> None:
    head = shown(qtbot, MapHead(), 752, 88)
    with qtbot.waitSignal(head.find_changed) as told:
        QTest.keyClicks(head.finder, "dog")
    assert told.args == ["dog"]
    with qtbot.waitSignal(head.finder.chosen):
        QTest.keyClick(head.finder, Qt.Key.Key_Return)
    with qtbot.waitSignal(head.find_changed) as told:
        QTest.keyClick(head.finder, Qt.Key.Key_Escape)
    assert told.args == [""]


@pytest.mark.parametrize("width", [752, 736])
def test_the_head_has_room_for_its_usual_words(qtbot: QtBot, width: int) -> None:
    head = shown(qtbot, MapHead(), width, 88)
    head.set_layers(offer("conv5"))
    head.set_corpora(offer("photographs"))
    head.set_colours(offer("class"))
    controls = (head.layer, head.corpus, head.colour, head.view, head.tool)
    qtbot.waitUntil(lambda: all(one.width() >= one.sizeHint().width() for one in controls))


# Foot


def test_the_foot_stands_side_by_side_or_behind_tabs(qtbot: QtBot) -> None:
    foot = shown(qtbot, MapFoot(), 752, 120)
    assert foot.near.isVisible()
    assert not foot.tabs.isVisible()
    foot.set_members("52 pictures", "")
    assert foot.members.isVisible()
    foot.set_narrow(True)
    qtbot.wait(0)
    assert foot.tabs.isVisible()
    foot.show_tab(LASSO)
    assert foot.members.isVisible()
    assert not foot.near.isVisible()
    foot.tabs.setCurrentIndex(foot.tabs.keys().index(NEAR))
    assert foot.near.isVisible()
    foot.set_narrow(False)
    qtbot.wait(0)
    assert foot.near.isVisible()
    assert foot.members.isVisible()


def test_units_are_shown_as_far_as_there_is_room_and_picked(qtbot: QtBot) -> None:
    foot = shown(qtbot, MapFoot(), 752, 120)
    foot.set_members("3 pictures", "")
    chips = [UnitChip(f"{n} +1.0σ", f"unit {n}", picture(9 * n, 40)) for n in range(8)]
    foot.set_units("units shared", chips)
    qtbot.wait(0)
    seen = foot.units.buttons()
    assert 1 < len(seen) < 8
    with qtbot.waitSignal(foot.unit_picked) as told:
        seen[1].click()
    assert told.args == [1]
    foot.set_units("units shared", chips[:1])
    assert len(foot.units.buttons()) == 1
    foot.set_members("", "Draw around pictures")
    assert foot.hint() == "Draw around pictures"
    assert not foot.units.isVisible()


def test_selections_are_kept_and_recalled(qtbot: QtBot) -> None:
    foot = shown(qtbot, MapFoot(), 752, 120)
    texts = [action.text() for action in foot.menu().actions()]
    assert texts == ["Keep these pictures…", "Teach a concept by these…", "Write all as CSV"]
    assert [action.isEnabled() for action in foot.menu().actions()] == [False, False, True]
    foot.set_saved([("dogs", "52 pictures"), ("cats", "3 pictures")], "dogs", can_keep=True)
    keep, _, _, forget, _, dogs, cats = foot.menu().actions()
    assert (dogs.isChecked(), cats.isChecked()) == (True, False)
    with qtbot.waitSignal(foot.recalled) as told:
        cats.trigger()
    assert told.args == ["cats"]
    for action, key in ((keep, KEEP), (forget, DROP)):
        with qtbot.waitSignal(foot.save_chosen) as told:
            action.trigger()
        assert told.args == [key]


# Canvas


def test_small_pictures_are_kept_for_map_and_strips(qtbot: QtBot) -> None:
    canvas = shown(qtbot, MapCanvas(), 300, 200)
    canvas.begin(np.random.default_rng(0).random((20, 2)).astype(np.float32), has_pictures=True)
    places = np.array([3, 7])
    assert canvas.lacks(places).tolist() == [3, 7]
    canvas.put(places[:1], picture(50)[None])
    assert canvas.lacks(places).tolist() == [7]
    assert (canvas.small(3) == 50).all()
    assert canvas.small(3) is canvas.small(3)
    assert canvas.small(7) is None
    canvas.begin(np.zeros((5, 2), np.float32), has_pictures=False)
    assert canvas.lacks(np.arange(5)).tolist() == []
    assert canvas.small(3) is None
    assert canvas.figure().width() == 600 * canvas.devicePixelRatioF()


def test_the_picked_picture_is_opened_by_the_key_that_presses(qtbot: QtBot) -> None:
    canvas = shown(qtbot, MapCanvas(), 300, 200)
    canvas.begin(np.zeros((1, 2), np.float32), has_pictures=False)
    QTest.keyClick(canvas, Qt.Key.Key_Select)  # nothing is picked yet
    QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=QPoint(150, 100))
    with qtbot.waitSignal(canvas.opened) as told:
        QTest.keyClick(canvas, Qt.Key.Key_Select)
    assert told.args == [0]


# The unit over the map


def test_the_strongest_points_lie_above_and_all_lie_within(qtbot: QtBot) -> None:
    small = shown(qtbot, UnitMap(), 300, 168)
    points = np.array([(0.5, 0.2), (0.5, 0.2), (-0.5, -0.2)], np.float32)
    rgb = np.array([(250, 0, 0), (0, 250, 0), (0, 0, 250)], np.uint8)
    small.set_points(points, rgb, np.array([5.0, 2.0, np.nan], np.float32))
    image = small.grab().toImage()
    ratio = image.devicePixelRatio()
    for place, expected in ((0, "#fa0000"), (2, "#0000fa")):
        at = small.place(tuple(points[place].tolist())) * ratio
        assert image.pixelColor(at.toPoint()).name() == expected
    assert small.place((-0.5, -0.2)).x() < small.place((0.5, 0.2)).x()
    assert small.place((-0.5, -0.2)).y() > small.place((0.5, 0.2)).y()
    small.set_ring((0.0, 0.0))
    assert small.grab().toImage() != image
    small.set_points(points, None, None, "conv2 was not scanned")
    assert small.grab().toImage() != image


# Colours


def luminance(rgb: np.ndarray) -> np.ndarray:
    share = rgb / 255
    linear = np.where(share <= 0.03928, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return linear @ (0.2126, 0.7152, 0.0722)


def contrast(rgb: np.ndarray, ground: str) -> np.ndarray:
    own = luminance(np.asarray(rgb))
    under = luminance(np.array([*bytes.fromhex(ground[1:])]))
    high, low = np.maximum(own, under), np.minimum(own, under)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=["dark", "light"])
def test_points_of_every_colour_can_be_seen(qapp: QApplication, theme) -> None:
    apply_theme(qapp, theme)
    try:
        assert (contrast(class_shades(), theme.background) >= 3).all()
        assert len(np.unique(class_shades(), axis=0)) == 11
        for name in ("magma", "inferno"):
            shades = point_shades(palette(name))[:255]
            assert (contrast(shades, theme.background) >= 1.25).all()
            strong = contrast(shades[[0, 127, 254]], theme.background)
            assert strong[0] < strong[1] < strong[2]  # the higher, the clearer
        signed = point_shades(palette("blue-orange"), signed=True)
        assert (contrast(signed[:255], theme.background) >= 1.25).all()
        assert (point_shades(palette("magma"))[-1] == class_shades()[-1]).all()
    finally:
        apply_theme(qapp, DARK)
