"""Code of files in the window: asked about, run when agreed to, never by a stranger's picture."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from PIL import Image
from PyQt6.QtCore import QMimeData, Qt, QUrl
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QLabel
from torch import nn

from deepvis_app import files, paths, stored
from deepvis_app.engine import Phase
from deepvis_app.engine.kept.picture_png import PictureNote, picture_png
from deepvis_app.nets import Unit
from deepvis_app.session import Session, load_session, save_session
from deepvis_app.synth import PRESETS
from deepvis_app.trusted import load_trusted, trusted_path
from deepvis_app.ui.shell.own_pictures import is_harmless
from deepvis_app.ui.shell.trust_dialog import LONGEST
from deepvis_app.words.foreign import in_pieces, in_plain, lines_in_plain
from tests.counted import counted_profile, runs

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from deepvis_app.ui.app import App
    from deepvis_app.ui.kit.banner import Message
    from deepvis_app.ui.shell.trust_dialog import TrustDialog

    Start = Callable[..., App]

WAIT_MS = 30_000


@pytest.fixture
def still(tmp_path: Path) -> str:
    Image.new("RGB", (16, 16)).save(tmp_path / "still.png")
    return str(tmp_path / "still.png")


@pytest.fixture
def net(tmp_path: Path) -> Path:
    """A profile whose module writes a letter each time it is run."""
    return counted_profile(tmp_path / "mine.toml", "nn.Conv2d(3, 4, 3)", "Mine")


def drop(deepvis: App, path: Path) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    deepvis.window.dropped.emit(mime)


def shows(qtbot: QtBot, deepvis: App, name: str) -> None:
    """Wait until a network is there and nothing is being loaded."""

    def is_so() -> bool:
        status = deepvis.desk.engine.status().network
        network = deepvis.rounds.network
        return status.phase is Phase.READY and network is not None and network.name == name

    qtbot.waitUntil(is_so, timeout=WAIT_MS)


def asked(qtbot: QtBot, deepvis: App) -> TrustDialog:
    qtbot.waitUntil(lambda: deepvis.shell.agreeing.dialog is not None, timeout=WAIT_MS)
    dialog = deepvis.shell.agreeing.dialog
    assert dialog is not None
    return dialog


def said_in(dialog: TrustDialog) -> str:
    labels = dialog.findChildren(QLabel)
    assert {label.textFormat() for label in labels} == {Qt.TextFormat.PlainText}
    return " ".join(label.text() for label in labels).replace("\N{ZERO WIDTH SPACE}", "")


def is_told(deepvis: App, key: str) -> bool:
    return key in [message.key for message in deepvis.window.banners.shown()]


def banner(deepvis: App, key: str) -> Message:
    (message,) = [m for m in deepvis.window.banners.shown() if m.key == key]
    return message


def test_a_dropped_profile_is_asked_about_until_its_code_was_agreed_to(
    qtbot: QtBot, start: Start, still: str, net: Path
) -> None:
    deepvis = start(net="pocket", source=still, device="cpu")
    shows(qtbot, deepvis, "Pocket")
    for key in (Qt.Key.Key_Return, Qt.Key.Key_Escape, Qt.Key.Key_Space):
        drop(deepvis, net)
        dialog = asked(qtbot, deepvis)
        said = said_in(dialog)
        for fact in (str(net), "mine:build()", str(net.parent / "mine.py"), "all your rights"):
            assert fact in said
        QTest.keyClick(dialog.focusWidget(), key)
        assert deepvis.shell.agreeing.dialog is None
        assert deepvis.rounds.network.name == "Pocket"
    assert runs(net) == 0
    assert not trusted_path().exists()
    assert not deepvis.window.banners.keys()
    drop(deepvis, net)
    asked(qtbot, deepvis).run.click()
    shows(qtbot, deepvis, "Mine")
    assert runs(net) == 1
    deepvis.window.top.network_chosen.emit("pocket")
    shows(qtbot, deepvis, "Pocket")
    deepvis.window.top.network_chosen.emit(str(net))  # as from the list
    shows(qtbot, deepvis, "Mine")
    assert runs(net) == 2
    (agreed,) = load_trusted()[0].code.values()
    assert (agreed.file, agreed.what) == (str(net), "mine:build")
    with (net.parent / "mine.py").open("a") as file:
        file.write("\n# edited")
    drop(deepvis, net)
    asked(qtbot, deepvis).leave.click()
    assert runs(net) == 2
    deepvis.window.close()
    assert load_session()[0].network == str(net)


def test_what_was_left_off_is_not_run_at_the_start_but_offered(
    qtbot: QtBot, start: Start, still: str, net: Path
) -> None:
    save_session(Session(hint_seen=True, network=str(net), source=still))
    trusted_path().write_text('{"code": {"abc": 1}}')
    deepvis = start(keep_session=True, device="cpu")
    shows(qtbot, deepvis, "Pocket")
    assert runs(net) == 0
    assert deepvis.shell.agreeing.dialog is None
    message = banner(deepvis, "untrusted")
    assert "mine.toml" in message.cause
    assert "bundled network" in message.remedy
    assert "trusted.json" in banner(deepvis, "settings").cause
    deepvis.window.banners.action_requested.emit("untrusted")
    asked(qtbot, deepvis).leave.click()
    assert is_told(deepvis, "untrusted")
    deepvis.window.banners.action_requested.emit("untrusted")
    asked(qtbot, deepvis).run.click()
    shows(qtbot, deepvis, "Mine")
    assert runs(net) == 1
    assert not is_told(deepvis, "untrusted")
    deepvis.window.close()
    again = start(keep_session=True, device="cpu")
    shows(qtbot, again, "Mine")


def test_what_was_asked_for_is_asked_about_and_what_is_bundled_comes_instead(
    qtbot: QtBot, start: Start, still: str, net: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deepvis = start(net=str(net), source=still, device="cpu")
    asked(qtbot, deepvis).leave.click()
    shows(qtbot, deepvis, "Pocket")
    assert runs(net) == 0

    def fail(path: Path, text: str, **how: bool) -> None:
        if path == trusted_path():
            raise OSError(28, "No space left on device")
        files.write_whole(path, text, **how)

    monkeypatch.setattr(stored, "write_whole", fail)
    drop(deepvis, net)
    asked(qtbot, deepvis).run.click()  # it holds for this run
    shows(qtbot, deepvis, "Mine")
    assert "No space left" in banner(deepvis, "trusted").cause
    drop(deepvis, net)
    qtbot.waitUntil(lambda: runs(net) == 2, timeout=WAIT_MS)
    shows(qtbot, deepvis, "Mine")
    assert not trusted_path().exists()


def test_trust_on_the_command_line_holds_for_its_network_and_run(
    qtbot: QtBot, start: Start, still: str, net: Path
) -> None:
    deepvis = start(net=str(net), source=still, device="cpu", trust=True)
    shows(qtbot, deepvis, "Mine")
    other = net.with_name("other.toml")
    other.write_text(net.read_text().replace("Mine", "Other"))
    drop(deepvis, other)
    asked(qtbot, deepvis).leave.click()
    drop(deepvis, net)
    qtbot.waitUntil(lambda: runs(net) == 2, timeout=WAIT_MS)
    shows(qtbot, deepvis, "Mine")
    assert not trusted_path().exists()


class Object:
    """A foreign object in a file, whose making leaves a folder."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> object:
        return os.mkdir, (str(self.mark),)


def test_weights_with_foreign_objects_are_asked_about(
    qtbot: QtBot, start: Start, still: str, tmp_path: Path
) -> None:
    profile, mark = tmp_path / "plain.toml", tmp_path / "ran"
    profile.write_text(
        'title = "Plain"\nfactory = "torch.nn:Conv2d"\n'
        "arguments = { in_channels = 3, out_channels = 2, kernel_size = 3 }\n[input]\nsize = 16\n"
    )
    weights = nn.Conv2d(3, 2, 3)
    torch.save({"model": weights, "object": Object(mark)}, tmp_path / "w.pth")
    deepvis = start(net=str(profile), source=still, device="cpu")
    shows(qtbot, deepvis, "Plain")
    drop(deepvis, tmp_path / "w.pth")
    dialog = asked(qtbot, deepvis)
    said = said_in(dialog)
    assert "w.pth" in said
    assert "Python objects" in said
    assert "torch.export" in said
    assert "--trust" not in said
    assert not mark.exists()
    dialog.run.click()
    qtbot.waitUntil(
        lambda: deepvis.rounds.network.weights_file == str(tmp_path / "w.pth"), timeout=WAIT_MS
    )
    assert mark.exists()
    assert torch.equal(deepvis.rounds.network.module.weight, weights.weight)


def test_a_pickled_network_is_shown_when_its_code_was_agreed_to(
    qtbot: QtBot, start: Start, still: str, tmp_path: Path
) -> None:
    torch.save(nn.Sequential(nn.Conv2d(3, 5, 3), nn.ReLU()), tmp_path / "whole.pth")
    deepvis = start(net="pocket", source=still, device="cpu")
    shows(qtbot, deepvis, "Pocket")
    drop(deepvis, tmp_path / "whole.pth")
    asked(qtbot, deepvis).run.click()
    shows(qtbot, deepvis, "whole")
    assert deepvis.rounds.network.layer("0").unit_count == 5
    assert not is_told(deepvis, "network")
    deepvis.shell.sources.load(str(tmp_path / "whole.pth"))
    shows(qtbot, deepvis, "whole")


# Pictures


def picture(folder: Path, spec: str, **changes: object) -> Path:
    unit = Unit(str(changes.pop("layer", "conv1")), int(str(changes.pop("index", 3))))
    values = {"fingerprint": "ab" * 32, "network_name": "ResNet-18", **changes}
    note = PictureNote(
        unit,
        PRESETS["clear"],
        0,
        1.0,
        network_spec=spec,
        **values,  # type: ignore[arg-type]
    )
    path = folder / "picture.png"
    path.write_bytes(picture_png(np.zeros((8, 8, 3), np.uint8), note))
    return path


def test_a_stranger_s_picture_has_nothing_run(
    qtbot: QtBot, start: Start, still: str, net: Path, tmp_path: Path
) -> None:
    deepvis = start(net="pocket", source=still, device="cpu")
    shows(qtbot, deepvis, "Pocket")
    drop(deepvis, picture(tmp_path, str(net)))
    message = banner(deepvis, "own-picture")
    assert message.action == ""
    assert in_plain(str(net)) in message.remedy
    deepvis.window.banners.action_requested.emit("own-picture")  # as if it were offered
    assert deepvis.desk.engine.status().network.spec == "pocket"
    drop(deepvis, net)
    asked(qtbot, deepvis).run.click()
    shows(qtbot, deepvis, "Mine")
    deepvis.shell.sources.load("pocket")
    shows(qtbot, deepvis, "Pocket")
    drop(deepvis, picture(tmp_path, str(net)))  # trusted by now
    assert banner(deepvis, "own-picture").action == "Load it"
    deepvis.window.banners.action_requested.emit("own-picture")
    shows(qtbot, deepvis, "Mine")
    deepvis.shell.sources.load("pocket")
    shows(qtbot, deepvis, "Pocket")
    (net.parent / "mine.py").write_text("1 / 0\n")  # by now it is other code
    deepvis.window.banners.action_requested.emit("own-picture")
    qtbot.waitUntil(lambda: is_told(deepvis, "changed"), timeout=WAIT_MS)
    assert deepvis.shell.agreeing.dialog is None
    assert deepvis.rounds.network.name == "Pocket"
    assert runs(net) == 2

    hostile = "<img src='file:///etc/passwd'>\n\u202e" + "x" * 5000
    drop(deepvis, picture(tmp_path, hostile, network_name=hostile))
    message = banner(deepvis, "own-picture")
    assert len(message.cause) < 160
    assert len(message.remedy) < 200
    assert not {"\n", "\u202e"} & set(message.cause + message.remedy)

    own = deepvis.rounds.network.last_fingerprint  # it only says to be of a unit of this one
    before = deepvis.desk.selection.as_unit()
    for layer, index in (("none", 0), ("conv1", 10**9)):
        drop(deepvis, picture(tmp_path, "pocket", fingerprint=own, layer=layer, index=index))
        assert deepvis.desk.selection.as_unit() == before
    drop(deepvis, picture(tmp_path, "pocket", fingerprint=own, layer="conv1", index=5))
    assert deepvis.desk.selection.as_unit() == Unit("conv1", 5)


@pytest.mark.parametrize(
    ("spec", "is_one"),
    [
        ("pocket", True),
        ("torchvision:resnet18", True),
        ("torchvision:resnet18@IMAGENET1K_V1", True),
        ("timm:vit_base_patch16_224.augreg_in21k", True),
        (str(paths.CONFIGS / "networks" / "alexnet.toml"), True),
        ("", False),
        ("/home/me/net.toml", False),
        ("net.toml", False),
        ("model.pt2", False),
        ("w.pth", False),
        ("hf:/tmp/model", False),
        ("timm:../../evil", False),
        ("timm:hf-hub:someone/evil", False),
        ("torchvision:a/b.toml", False),
        ("torchvision:resnet18\n", False),
        (" pocket", False),
        (str(paths.CONFIGS / "networks" / ".." / "networks" / "evil.toml"), False),
    ],
)
def test_what_a_picture_may_have_loaded(spec: str, is_one: bool) -> None:
    assert is_harmless(spec) is is_one


def test_foreign_words_are_told_in_plain() -> None:
    assert in_plain("a.toml") == "a.toml"
    assert in_plain(" a\n\tb ") == "a b"
    assert in_plain("gnp.\u202elmot\x1b[2J\x00") == "gnp.�lmot�[2J�"
    assert in_plain("") == ""
    for length in (10, 81, 1000, 10**6):
        assert len(in_plain("x" * length)) <= 80
    assert in_plain("begin" + "x" * 100 + "end").startswith("begin")
    assert in_plain("begin" + "x" * 100 + "end").endswith("end")
    assert lines_in_plain("a:\n\tb\u2066c") == "a:\n    b�c"
    assert LONGEST > 255  # a path's last part is told whole


def test_long_words_are_broken_and_nothing_else_is_changed() -> None:
    path, word = f"/{'folder/' * 20}a.toml", "x" * 300
    for text in (path, word, f"open {path} now", "plain words of a sentence"):
        broken = in_pieces(text)
        assert broken.replace("\N{ZERO WIDTH SPACE}", "") == text
        assert max(map(len, re.split("[ \N{ZERO WIDTH SPACE}]", broken))) <= 80
    assert in_pieces("/short/path a.toml") == "/short/path a.toml"


def test_all_of_a_long_path_can_be_seen(qtbot: QtBot, start: Start, tmp_path: Path) -> None:
    folder = tmp_path / ("a_long_name_" * 10) / ("another_name_" * 10)
    folder.mkdir(parents=True)
    (folder / "mine.toml").write_text(
        f'factory = "mine:build"\narguments = {{ a = "{"x" * 400}" }}'
    )
    (folder / "mine.py").write_text("def build(a): ...\n")
    deepvis = start(net="pocket", source="demo", device="cpu")
    deepvis.shell.sources._open_paths([folder / "mine.toml"])
    dialog = asked(qtbot, deepvis)
    for label in dialog.findChildren(QLabel):
        assert label.width() >= label.minimumSizeHint().width()
        assert label.height() >= label.heightForWidth(label.width())
    dialog.reject()
