"""Figures as files, read back by others."""

from __future__ import annotations

import base64
import io
import json
import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from PIL import Image
from PyQt6.QtGui import QImage
from torch import nn

from deepvis_app.engine.provenance import KEY, Provenance
from deepvis_app.nets import Network
from deepvis_app.tiles import palette
from deepvis_app.ui.kit.pictures.colour_bar import Bar
from deepvis_app.ui.kit.pixels import rgb_image
from deepvis_app.ui.kit.plots.curve_plot import CurvePlot
from deepvis_app.ui.shell.figure_file import Figure, FigureStyle, Format, figure_file
from deepvis_app.ui.shell.save_dialog import WIDEST, SaveDialog

if TYPE_CHECKING:
    from PyQt6.QtWidgets import QApplication
    from pytestqt.qtbot import QtBot

FACTS = Provenance(
    what="map of a unit",
    network="A network – größer",
    fingerprint="ab" * 32,
    source="clip.mp4",
    frame="clip.mp4 0:12",
    frame_index=360,
    layer="features.5",
    unit=3,
    label="golden retriever",
    date="2030-01-02T03:04:05+00:00",
)
PICTURE = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
BAR = Bar(palette("inferno"), -1.5, 12.3)
SVG = "{http://www.w3.org/2000/svg}"


def figure(content: QImage | None = None) -> Figure:
    return Figure(rgb_image(PICTURE) if content is None else content, FACTS, BAR)


def style(format_: Format, scale: float = 4, *, more: bool = True) -> FigureStyle:
    return FigureStyle(format_, scale, with_bar=more, with_caption=more)


def test_a_plain_png_has_the_picture_s_own_pixels_and_says_where_from(qapp: QApplication) -> None:
    data = figure_file(figure(), style(Format.PNG, 1, more=False))
    with Image.open(io.BytesIO(data)) as file:
        assert (np.asarray(file) == PICTURE).all()
        facts = json.loads(file.text[KEY])  # type: ignore[attr-defined]
        assert file.text["Title"] == FACTS.title  # type: ignore[attr-defined]
    assert facts["network"] == "A network – größer"
    assert facts["fingerprint"] == "ab" * 32
    assert (facts["frame"], facts["frame_index"]) == ("clip.mp4 0:12", 360)
    assert (facts["layer"], facts["unit"], facts["label"]) == ("features.5", 3, "golden retriever")
    assert facts["torch"]
    assert facts["deepvis"]


def test_where_from_is_said_without_a_pass_of_the_network() -> None:
    network = Network(nn.Sequential(nn.Conv2d(3, 2, 3), nn.ReLU()), (3, 8, 8), name="two")
    found, passes = network.fingerprint, []
    network.module.register_forward_hook(lambda *_: passes.append(1))
    facts = Provenance().of_network(network)
    assert (facts.network, facts.fingerprint) == ("two", found)
    assert not passes


def test_no_scale_makes_a_file_larger_than_can_be_looked_at(qtbot: QtBot) -> None:
    wide = QImage(4000, 100, QImage.Format.Format_RGB32)
    dialog = SaveDialog({"wide": ("Wide", lambda: figure(wide))}, style(Format.PNG, 8, more=False))
    qtbot.addWidget(dialog)
    assert figure(wide).size(dialog.style_chosen())[0] == WIDEST


@pytest.mark.parametrize("scale", [2, 4, 8])
def test_enlarged_every_pixel_is_a_square(qapp: QApplication, scale: int) -> None:
    data = figure_file(figure(), style(Format.PNG, scale, more=False))
    saved = np.asarray(Image.open(io.BytesIO(data)))
    assert (saved == PICTURE.repeat(scale, 0).repeat(scale, 1)).all()


def test_bar_and_caption_stand_below_the_picture(qapp: QApplication) -> None:
    data = figure_file(figure(), style(Format.PNG, 20))
    saved = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    assert saved.shape[1] == 600
    assert saved.shape[0] > 400
    assert (saved[:400] == PICTURE.repeat(20, 0).repeat(20, 1)).all()
    below = saved[400:].reshape(-1, 3)
    for shade in BAR.palette[[0, 127, 254]]:  # ends and middle of the colours
        assert np.abs(below.astype(int) - shade).max(1).min() <= 6
    assert (saved[400:].mean(2) < 80).any(1).sum() >= 20  # ink of two lines of words


def test_an_svg_has_words_and_colours_as_vectors(qapp: QApplication) -> None:
    root = ET.fromstring(figure_file(figure(), style(Format.SVG, 20)))
    words = " ".join("".join(text.itertext()) for text in root.iter(f"{SVG}text"))
    assert "features.5" in words
    assert "12.3" in words
    title, facts = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None
    assert title.text == FACTS.title
    assert facts is not None
    assert json.loads(facts.text or "")["unit"] == 3
    images = list(root.iter(f"{SVG}image"))
    assert len(images) == 1  # the picture alone: the bar is drawn
    href = images[0].get("{http://www.w3.org/1999/xlink}href") or ""
    inside = Image.open(io.BytesIO(base64.b64decode(href.partition(",")[2])))
    assert (np.asarray(inside.convert("RGB")) == PICTURE.repeat(20, 0).repeat(20, 1)).all()


def test_a_plot_is_lines(qtbot: QtBot) -> None:
    plot = CurvePlot("empty", "Activation by step")
    qtbot.addWidget(plot)
    plot.resize(300, 100)
    plot.set_curves([[0.0, 1.0, 0.5, 2.0]], 4, 0)
    root = ET.fromstring(figure_file(Figure(plot, FACTS), style(Format.SVG, 2)))
    assert not list(root.iter(f"{SVG}image"))
    lines = [path.get("d") or "" for path in root.iter(f"{SVG}path")]
    assert any(line.count("L") == 3 for line in lines)  # from the first to the fourth value
    assert any("step 4" in "".join(text.itertext()) for text in root.iter(f"{SVG}text"))


def test_a_pdf_is_a_page_of_the_figure_s_size(qapp: QApplication) -> None:
    shown, chosen = figure(), style(Format.PDF, 20)
    data = figure_file(shown, chosen)
    assert data.startswith(b"%PDF-")
    box = re.search(rb"/MediaBox \[\s*([\d. ]+?)\s*\]", data)
    assert box is not None
    width, height = (float(value) for value in box[1].split()[2:])
    pixels = shown.size(chosen)
    assert (width, height) == pytest.approx((pixels[0] * 0.75, pixels[1] * 0.75), abs=1)
    assert b"/Font" in data  # words are words
    assert b"provenance.json" in data or "provenance.json".encode("utf-16-be") in data
