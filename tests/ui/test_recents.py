"""What was opened last: kept with its weights and whole path, told apart in the list."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch
from PIL import Image
from torch import nn

from deepvis_app import paths
from deepvis_app.errors import UserError
from deepvis_app.nets import load_network
from deepvis_app.session import RecentNetwork, Session, load_session
from deepvis_app.ui.kit.choice_popup import Choice
from deepvis_app.ui.shell.choosers import key_of, recent_choices, source_groups
from deepvis_app.ui.shell.recents import told_apart, whole_network, whole_source

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

    from deepvis_app.ui.app import App


def test_paths_are_told_apart_by_their_shortest_ends() -> None:
    paths = ["/a/x/w.pth", "/b/x/w.pth", "/b/x/v.pth", "/b/x/v.pth"]
    assert told_apart(paths) == ["a/x/w.pth", "b/x/w.pth", "v.pth", "v.pth"]
    assert told_apart(["/w.pth", "/a/w.pth"]) == ["/w.pth", "a/w.pth"]


def test_a_source_is_listed_once() -> None:
    camera, screen = Choice("camera:0", "Webcam"), Choice("screen:1", "Screen 1")
    recent = ("demo", "/a/p.png", "camera:0", "screen:1", "camera:Old one", "/b/p.png")
    groups = source_groups(recent, (camera,), (screen,))
    assert [(group.title, [choice.key for choice in group.choices]) for group in groups] == [
        ("Cameras", ["camera:0"]),
        ("Recent", ["/a/p.png", "camera:Old one", "/b/p.png"]),
        ("Screen", ["screen:1"]),
        ("Demo", ["demo"]),
    ]
    assert [choice.detail for choice in groups[1].choices] == ["a", "", "b"]
    assert [group.title for group in source_groups(("demo",), (), ())] == ["Demo"]


def test_a_path_is_one_whatever_its_name_holds(tmp_path: Path) -> None:
    odd = tmp_path / "two\nlines .png "
    odd.write_bytes(b"")
    assert whole_source(str(odd)) == str(odd)
    assert whole_source(f"{tmp_path}/end.png ") == f"{tmp_path}/end.png "
    several = f"{tmp_path}/a.png\n{tmp_path}/b.png"
    assert whole_source(several) == several
    assert whole_source("/" + "x" * 5000 + "\n/b.png") == "/" + "x" * 5000 + "\n/b.png"


def test_networks_of_one_name_are_told_apart() -> None:
    recent = [
        RecentNetwork(spec="torchvision:resnet18"),
        RecentNetwork(spec="torchvision:resnet18", weights="/runs/a/best.pth"),
        RecentNetwork(spec="torchvision:resnet18", weights="/runs/b/best.pth#ema"),
        RecentNetwork(spec="torchvision:resnet18", weights="/runs/b/best.pth"),
        RecentNetwork(spec="/mine/net.toml"),
        RecentNetwork(spec="/yours/net.toml", weights="/runs/c/last.pth"),
    ]
    choices = recent_choices(recent, {"torchvision:resnet18": "ResNet-18"})
    assert [(choice.title, choice.detail) for choice in choices] == [
        ("ResNet-18", ""),
        ("ResNet-18", "a/best.pth"),
        ("ResNet-18", "best.pth#ema"),
        ("ResNet-18", "b/best.pth"),
        ("net.toml", "mine"),
        ("net.toml", "yours · last.pth"),
    ]
    assert len({choice.key for choice in choices}) == len(choices)
    assert "/runs/b/best.pth#ema" in choices[2].tip


def test_a_session_of_specs_alone_is_read() -> None:
    session = Session.model_validate({"recent_networks": ["pocket", {"spec": "a", "weights": "w"}]})
    assert session.recent_networks == (
        RecentNetwork(spec="pocket"),
        RecentNetwork(spec="a", weights="w"),
    )


def test_relative_paths_become_whole_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "clip.mp4").touch()
    (tmp_path / "demo").mkdir()
    (tmp_path / "pictures").mkdir()
    assert whole_network("nets/a.toml") == str(tmp_path / "nets" / "a.toml")
    (tmp_path / "vit").mkdir()
    (tmp_path / "vit" / "config.json").touch()
    assert whole_network("hf:vit") == f"hf:{tmp_path / 'vit'}"
    assert whole_network("vit") == str(tmp_path / "vit")
    assert whole_network("torchvision:resnet18") == "torchvision:resnet18"
    assert whole_network("timm:vit_small.bin") == "timm:vit_small.bin"
    assert whole_source("clip.mp4") == str(tmp_path / "clip.mp4")
    assert whole_source("pictures\nclip.mp4") == f"{tmp_path}/pictures\n{tmp_path}/clip.mp4"
    assert whole_source("list:names.txt") == f"list:{tmp_path}/names.txt"
    for spec in ("demo", "camera:0", "0", "screen:1", "http://host/clip.mp4", "gone.mp4"):
        assert whole_source(spec) == spec


def test_nobody_s_home_is_a_name_like_any_other() -> None:
    assert paths.expanded("~") == Path.home()
    assert paths.expanded("~no such user/w.pth") == Path("~no such user/w.pth")
    with pytest.raises(UserError, match="no such user"):
        load_network("~no such user/net.toml")


def test_one_network_with_two_files_comes_back_with_each(
    qtbot: QtBot,
    start: Callable[..., App],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.toml").write_text(
        'factory = "torch.nn:Conv2d"\n'
        "arguments = { in_channels = 3, out_channels = 2, kernel_size = 3 }\n"
        "[input]\nsize = 16\n"
    )
    Image.new("RGB", (16, 16)).save(tmp_path / "p.png")
    for name in ("a", "b"):
        torch.save(nn.Conv2d(3, 2, 3).state_dict(), tmp_path / f"{name}.pth")
    deepvis = start(net="tiny.toml", weights="a.pth", source="p.png", device="cpu")

    def is_shown(file: str) -> bool:
        network = deepvis.rounds.network
        return network is not None and network.weights_file == str(tmp_path / file)

    qtbot.waitUntil(lambda: is_shown("a.pth"), timeout=20_000)
    deepvis.shell.sources.load("tiny.toml", "b.pth")
    qtbot.waitUntil(lambda: is_shown("b.pth"), timeout=20_000)
    deepvis.window.top.networks_opened.emit()
    older = deepvis.shell.choosers.recent_networks[1]
    deepvis.window.top.network_chosen.emit(key_of(older))
    qtbot.waitUntil(lambda: is_shown("a.pth"), timeout=20_000)
    deepvis.window.close()

    session = load_session()[0]
    spec = str(tmp_path / "tiny.toml")
    assert (session.network, session.weights) == (spec, str(tmp_path / "a.pth"))
    assert session.source == str(tmp_path / "p.png")
    assert session.recent_sources[0] == session.source
    assert [each.weights for each in session.recent_networks] == [
        str(tmp_path / "a.pth"),
        str(tmp_path / "b.pth"),
    ]
