from __future__ import annotations

from time import thread_time
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
import torchvision
from PyQt6.QtCore import QPointF, Qt

from deepvis_app.tiles import Mosaic, palette
from deepvis_app.ui.kit.theme import DARK
from deepvis_app.ui.panels.layers.cell import LayerItem, tip_of
from deepvis_app.ui.panels.layers.name import (
    kind_tag,
    shape_text,
    shortened,
    told_apart,
    two_lines,
)
from deepvis_app.ui.panels.layers.strip import LayerStrip

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from tests.ui.widgets.conftest import Mouse

LAYERS = [LayerItem(f"features.{k}", (64 + k, 27, 27), "Conv2d") for k in range(500)]


def thumb(side: int, shade: int) -> Mosaic:
    return Mosaic(np.full((side, side), shade, np.uint8), (side, side), 1, 1, 1)


@pytest.fixture
def strip(qtbot: QtBot) -> LayerStrip:
    widget = LayerStrip()
    qtbot.addWidget(widget)
    widget.resize(16 + 15 * 96, widget.sizeHint().height())
    widget.show()
    widget.set_layers(LAYERS)
    return widget


def centre(strip: LayerStrip, name: str) -> QPointF:
    return strip.cell_rect(strip.shown_layers().index(name)).center()


def test_layers_in_view(strip: LayerStrip, qtbot: QtBot, mouse: Mouse) -> None:
    assert strip.visible_layers() == tuple(f"features.{k}" for k in range(15))
    with qtbot.waitSignal(strip.visible_layers_changed) as changed:
        mouse.wheel(strip, QPointF(50, 50), -3)  # three layers further
    assert changed.args is not None
    assert changed.args[0] == strip.visible_layers()
    assert changed.args[0][0] == "features.2"  # 16 px of margin: a rest of it is still in view


def test_a_click_picks_and_ctrl_opens_beside(strip: LayerStrip, qtbot: QtBot, mouse: Mouse) -> None:
    with qtbot.waitSignal(strip.layer_picked) as picked:
        mouse.click(strip, centre(strip, "features.3"))
    assert picked.args == ["features.3"]
    mouse.hover(strip, centre(strip, "features.7"))
    qtbot.waitUntil(lambda: strip._hovered == "features.7")


@pytest.mark.parametrize(
    "key", [Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier]
)
def test_with_a_key_a_click_opens_beside(
    strip: LayerStrip, qtbot: QtBot, key: Qt.KeyboardModifier
) -> None:
    at = centre(strip, "features.5").toPoint()
    with (
        qtbot.assertNotEmitted(strip.layer_picked),
        qtbot.waitSignal(strip.layer_opened_beside) as opened,
    ):
        qtbot.mouseClick(strip, Qt.MouseButton.LeftButton, key, at)
    assert opened.args == ["features.5"]


def test_the_menu_opens_beside_too(strip: LayerStrip, qtbot: QtBot) -> None:
    menu = strip.menu_for("features.9")
    with qtbot.waitSignal(strip.layer_opened_beside) as opened:
        menu.actions()[1].trigger()
    assert opened.args == ["features.9"]
    menu.close()


def test_drag_scrolls_and_picks_nothing(strip: LayerStrip, qtbot: QtBot, mouse: Mouse) -> None:
    with qtbot.assertNotEmitted(strip.layer_picked):
        mouse.press(strip, QPointF(1000, 40))
        mouse.drag(strip, QPointF(700, 40))
        mouse.drag(strip, QPointF(400, 40))
        mouse.release(strip, QPointF(400, 40))
    assert strip.cell_rect(0).left() == 16 - 600


def test_filter(strip: LayerStrip) -> None:
    strip.set_filter("FEATURES 49")
    found = strip.shown_layers()
    assert found[:2] == ("features.49", "features.149")
    assert all("49" in name for name in found)
    strip.set_filter("linear")
    assert strip.shown_layers() == ()
    assert strip.visible_layers() == ()
    strip.grab()
    strip.set_filter("conv2d")
    assert len(strip.shown_layers()) == 500


def test_ensure_visible(strip: LayerStrip) -> None:
    for name in ("features.300", "features.2", "features.499", "features.0"):
        strip.ensure_visible(name)
        rect = strip.cell_rect(strip.shown_layers().index(name))
        assert rect.left() >= 0
        assert rect.right() <= strip.width()
    strip.ensure_visible("not there")


def test_keyboard_moves_the_selection(strip: LayerStrip, qtbot: QtBot) -> None:
    strip.set_selected("features.4")
    for key, name in [
        (Qt.Key.Key_Right, "features.5"),
        (Qt.Key.Key_Left, "features.3"),
        (Qt.Key.Key_End, "features.499"),
        (Qt.Key.Key_Home, "features.0"),
    ]:
        with qtbot.waitSignal(strip.layer_picked) as picked:
            qtbot.keyClick(strip, key)
        assert picked.args == [name]


def test_thumbnail_and_outline_are_drawn(strip: LayerStrip) -> None:
    colours = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)
    side = strip.thumb_px()
    strip.set_thumb("features.0", thumb(side, 200), colours)
    strip.set_selected("features.0")
    strip.set_second("features.1")
    image = strip.grab().toImage()
    ratio = image.devicePixelRatio()

    def at(x: float, y: float) -> str:
        return image.pixelColor(round(x * ratio), round(y * ratio)).name()

    middle = strip.cell_rect(0).center()
    assert at(middle.x(), middle.y()) == "#c8c8c8"
    assert at(strip.cell_rect(0).left() + 1, 40) == DARK.accent
    assert at(strip.cell_rect(1).left() + 1, 40) == DARK.muted
    assert at(strip.cell_rect(2).center().x(), 40) == DARK.control  # no thumbnail yet


def test_painting_is_cheap(strip: LayerStrip) -> None:
    colours = palette("magma")
    rng = np.random.default_rng(0)
    side = strip.thumb_px()
    for name in strip.visible_layers():
        noise = rng.integers(0, 255, (side, side), dtype=np.uint8)
        strip.set_thumb(name, Mosaic(noise, (side, side), 1, 1, 1), colours)
    target = strip.grab()
    times = []
    for _ in range(15):
        start = thread_time()
        strip.render(target)
        times.append(thread_time() - start)
    assert min(times) < 0.004  # processor time: a busy machine does not count


@pytest.mark.parametrize(
    ("name", "room", "text"),
    [
        ("fire5", 13, "fire5"),
        ("features.3.squeeze", 13, "…3.squeeze"),
        ("features.3.squeeze", 9, "3.squeeze"),
        ("features.5.expand1x1_activation", 13, "5.expand1x1_…"),
        ("features.5.expand3x3_activation", 13, "5.expand3x3_…"),
        ("features.squeeze.conv", 13, "…squeeze.conv"),
        ("encoder.layers.encoder_layer_40.self_attention.out_proj", 13, "40…out_proj"),
        ("layers.3.blocks.12.mlp.fc1", 13, "3.12…fc1"),
        ("layers.3.blocks.12.mlp.fc1", 7, "3.12…f…"),
        ("a_very_long_name_without_dots", 6, "…a_ve…"),
        ("layer12345678", 3, "…l…"),
    ],
)
def test_names_keep_what_tells_layers_apart(name: str, room: int, text: str) -> None:
    assert shortened(name, len, room) == text


def test_shapes_in_one_line() -> None:
    assert shape_text((256, 27, 27)) == "256 × 27²"
    assert shape_text((96, 55, 31)) == "96 × 55×31"
    assert shape_text((1000, 1, 1)) == "1000"


def bold(text: str) -> float:
    return 7.5 * len(text)


def plain(text: str) -> float:
    return 6.3 * len(text)


def test_a_convolution_and_its_relu_look_different() -> None:
    names = [
        f"features.5.{part}{end}"
        for part in ("squeeze", "expand1x1", "expand3x3")
        for end in ("", "_activation")
    ]
    shown = two_lines(names, plain, bold, 84)
    assert shown["features.5.squeeze"] == ("features.5", "squeeze")
    assert shown["features.5.squeeze_activation"] == ("features.5", "squeeze_ac…")
    assert shown["features.5.expand3x3"] == ("features.5", "expand3x3")
    assert shown["features.5.expand3x3_activation"] == ("features.5", "expand3x3_…")


def test_words_cut_alike_keep_what_differs() -> None:
    words = ["encoder_layer_10", "encoder_layer_11", "scale_activation_of_1", "pool"]
    shown = told_apart(words, len, 10)
    assert shown["encoder_layer_10"] == "encode…_10"
    assert shown["encoder_layer_11"] == "encode…_11"
    assert shown["scale_activation_of_1"] == "scale_act…"  # nothing else is cut to that
    assert shown["pool"] == "pool"
    inner = told_apart(["expanding1x1_activation", "expanding3x3_activation"], len, 10)
    assert list(inner.values()) == ["ex1x1_ac…", "ex3x3_ac…"]


def test_numbers_stay_with_the_word_before_them() -> None:
    names = ["features.12", "layer1.0.downsample.1", "blocks.0.norm", "avgpool"]
    shown = two_lines(names, len, len, 40)
    assert shown["features.12"] == ("", "features.12")
    assert shown["layer1.0.downsample.1"] == ("layer1.0", "downsample.1")
    assert shown["blocks.0.norm"] == ("blocks.0", "norm")
    assert shown["avgpool"] == ("", "avgpool")


def test_one_unit_is_one() -> None:
    assert "\nDirections · 1 unit · 5 × 4\n" in tip_of(LayerItem("a~b", (1, 5, 4), "Directions"))
    assert "\n2 units\n" in tip_of(LayerItem("a", (2, 1, 1), ""))


def test_directions_are_shown_by_their_own_names() -> None:
    names = ["features.5.expand3x3", "features.5.expand3x3~dogs-6e0e7737", "conv5~dogs-6e0e7737"]
    shown = two_lines(names, plain, bold, 84)
    assert shown["features.5.expand3x3~dogs-6e0e7737"][1].startswith("~dogs")
    assert shown["conv5~dogs-6e0e7737"][0] == "conv5"
    twins = two_lines(["a.b~dogs-6e0e7737", "a.b~dogs-6e0e7aaa"], plain, bold, 84)
    assert len({last for _, last in twins.values()}) == 2


@pytest.mark.parametrize(
    "model", ["squeezenet1_0", "densenet121", "vit_b_16", "googlenet", "maxvit_t"]
)
def test_no_two_layers_of_known_networks_are_written_alike(model: str) -> None:
    with torch.device("meta"):
        options = {"aux_logits": True, "init_weights": False} if model == "googlenet" else {}
        network = torchvision.models.get_model(model, weights=None, **options)
    names = [name for name, _ in network.named_modules() if name]
    shown = two_lines(names, plain, bold, 84)
    assert all(plain(path) <= 84 and bold(last) <= 84 for path, last in shown.values())
    assert len(set(shown.values())) == len(names)


@pytest.mark.parametrize(
    ("kind", "tag"),
    [
        ("Conv2d", "conv"),
        ("ConvTranspose2d", "deconv"),
        ("ReLU", "ReLU"),
        ("BatchNorm2d", "norm"),
        ("LayerNorm", "norm"),
        ("Conv2dNormActivation", "block"),
        ("AdaptiveAvgPool2d", "pool"),
        ("NonDynamicallyQuantizableLinear", "linear"),
        ("ShiftedWindowAttention", "attn"),
        ("_DenseLayer", "block"),
        ("Fire", "Fire"),
        ("SomethingQuiteOwn", ""),
    ],
)
def test_kinds_in_a_few_letters(kind: str, tag: str) -> None:
    assert kind_tag(kind) == tag


def test_long_names_take_a_line_more(strip: LayerStrip) -> None:
    strip.set_layers(LAYERS[:10])
    low = strip.sizeHint().height()
    strip.set_layers([LayerItem("features.5.squeeze_activation", (16, 54, 54), "ReLU")])
    high = strip.sizeHint().height()
    assert high > low
    strip.resize(strip.width(), high)
    assert strip.layer_at(QPointF(60, high - 14)) == "features.5.squeeze_activation"
    strip.set_layers(LAYERS[:10])
    assert strip.sizeHint().height() == low
