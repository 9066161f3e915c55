"""Weights given to the network in the window: by drop, told which, chosen among several."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from PIL import Image
from PyQt6.QtCore import QMimeData, QUrl
from PyQt6.QtWidgets import QFileDialog, QLabel
from torch import nn

from deepvis_app.errors import UserError
from deepvis_app.nets import download
from deepvis_app.ui.kit.choice_popup import ChoicePopup

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest
    from pytestqt.qtbot import QtBot

    from deepvis_app.nets import Network
    from deepvis_app.ui.app import App

    Start = Callable[..., App]

WAIT_MS = 20_000


def opened(qtbot: QtBot, start: Start, folder: Path) -> App:
    """Return the window with a tiny network of a profile, live."""
    (folder / "tiny.toml").write_text(
        'factory = "torch.nn:Conv2d"\n'
        "arguments = { in_channels = 3, out_channels = 2, kernel_size = 3 }\n"
        "[input]\nsize = 16\n"
    )
    Image.new("RGB", (16, 16)).save(folder / "p.png")
    deepvis = start(net=str(folder / "tiny.toml"), source=str(folder / "p.png"), device="cpu")
    qtbot.waitUntil(lambda: deepvis.rounds.network is not None, timeout=WAIT_MS)
    return deepvis


def states() -> list[dict[str, torch.Tensor]]:
    return [nn.Conv2d(3, 2, 3).state_dict() for _ in range(2)]


def drop(deepvis: App, file: Path) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(file))])
    deepvis.shell.sources.drop(mime)


def shown(deepvis: App) -> Network:
    network = deepvis.rounds.network
    assert network is not None
    return network


def has(deepvis: App, state: dict[str, torch.Tensor]) -> bool:
    return torch.equal(shown(deepvis).module.state_dict()["weight"], state["weight"])


def banners(deepvis: App) -> tuple[str, ...]:
    return tuple(deepvis.window.banners.keys())


def toast(deepvis: App) -> str:
    return " ".join(label.text() for label in deepvis.window.toast.findChildren(QLabel))


def test_dropped_weights_go_into_the_shown_network(
    qtbot: QtBot, start: Start, tmp_path: Path
) -> None:
    deepvis = opened(qtbot, start, tmp_path)
    state, _ = states()
    torch.save(state, tmp_path / "mine.pth")
    drop(deepvis, tmp_path / "mine.pth")
    assert toast(deepvis) == "Loading mine.pth into tiny…"
    qtbot.waitUntil(lambda: has(deepvis, state), timeout=WAIT_MS)
    qtbot.waitUntil(lambda: "tiny has the weights of mine.pth" in toast(deepvis), timeout=WAIT_MS)
    assert shown(deepvis).spec == str(tmp_path / "tiny.toml")
    assert "weights" not in banners(deepvis)


def test_weights_are_picked_from_the_choosers_button(
    qtbot: QtBot, start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deepvis = opened(qtbot, start, tmp_path)
    state, _ = states()
    file = tmp_path / "mine.pth"
    torch.save(state, file)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(file), ""))
    deepvis.window.top.action_chosen.emit("open-weights")
    qtbot.waitUntil(lambda: has(deepvis, state), timeout=WAIT_MS)


def test_of_several_weights_one_is_said_and_another_chosen(
    qtbot: QtBot, start: Start, tmp_path: Path
) -> None:
    deepvis = opened(qtbot, start, tmp_path)
    raw, averaged = states()
    torch.save({"model": raw, "model_ema": averaged}, tmp_path / "both.pth")
    drop(deepvis, tmp_path / "both.pth")
    qtbot.waitUntil(lambda: has(deepvis, averaged), timeout=WAIT_MS)
    qtbot.waitUntil(lambda: "weights" in banners(deepvis), timeout=WAIT_MS)
    (banner,) = [m for m in deepvis.window.banners.shown() if m.key == "weights"]
    assert (banner.cause, banner.remedy) == (
        "both.pth: took model_ema",
        "What else fits: model",
    )
    deepvis.window.banners.action_requested.emit("weights")
    popup = next(
        p for p in deepvis.window.top.findChildren(ChoicePopup) if "pocket" in p.shown_keys()
    )
    taken, other, *_ = popup.shown_keys()
    assert taken.endswith("both.pth")
    assert other.endswith("both.pth#model")
    popup.chosen.emit(other)
    popup.window().close()
    qtbot.waitUntil(lambda: has(deepvis, raw), timeout=WAIT_MS)
    qtbot.waitUntil(lambda: "weights" not in banners(deepvis), timeout=WAIT_MS)
    assert shown(deepvis).weights_file.endswith("both.pth#model")


def test_what_a_file_lacks_is_said_in_the_windows_words_each_time(
    qtbot: QtBot, start: Start, tmp_path: Path
) -> None:
    deepvis = opened(qtbot, start, tmp_path)
    torch.save(states()[0], tmp_path / "mine.pth")
    torch.save({"other": torch.zeros(3)}, tmp_path / "other.pth")

    def said() -> str:
        return " ".join(m.remedy for m in deepvis.window.banners.shown() if m.key == "network")

    for _ in range(2):  # the second time the banner had been closed
        deepvis.shell.sources.load(str(tmp_path / "mine.pth"))
        qtbot.waitUntil(lambda: "drop the weights on it" in said(), timeout=WAIT_MS)
        assert "--" not in said()
        deepvis.window.banners.clear_banner("network")
    drop(deepvis, tmp_path / "other.pth")
    assert toast(deepvis) == "Loading other.pth into tiny…"
    qtbot.waitUntil(lambda: "network" in banners(deepvis), timeout=WAIT_MS)
    assert not deepvis.window.toast.isVisible()


def test_no_banner_names_an_option_without_a_word_for_the_window() -> None:
    """The remedies that name options of the command line have another one for the window."""
    offline = download.offline_in_window("torchvision:x@none")
    assert "--" not in offline
    assert "torchvision:x@none" in offline
    error = UserError("Cause", "Give --net X", in_window="Choose it")
    assert (error.remedy, error.in_window) == ("Give --net X", "Choose it")
    assert UserError("Cause", "Do it").in_window == "Do it"
