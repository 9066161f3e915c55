"""Profiles: everything that can be said in one, and everything that can be wrong."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from torch import nn

from deepvis_app import paths
from deepvis_app.errors import UserError
from deepvis_app.nets import load_network, own_factory
from deepvis_app.nets.preprocessing import ChannelOrder, Fit, Interpolation
from deepvis_app.nets.profile import read_profile

if TYPE_CHECKING:
    from pathlib import Path

CODE = """
from torch import nn
from my_parts import WIDTH

def build(classes=4, width=WIDTH):
    return nn.Sequential(nn.Conv2d(3, width, 3), nn.ReLU(inplace=True), nn.AdaptiveAvgPool2d(1),
                         nn.Flatten(), nn.Linear(width, classes))

class Zoo:
    grey = staticmethod(lambda: nn.Sequential(nn.Conv2d(1, 2, 3)))

def broken():
    raise ZeroDivisionError("in my code")

def nothing():
    return None
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "profiles"
    folder.mkdir()
    (folder / "my_network.py").write_text(CODE)
    (folder / "my_parts.py").write_text("WIDTH = 6\n")
    return folder


def write(folder: Path, text: str) -> Path:
    path = folder / "mine.toml"
    path.write_text(text)
    return path


def test_a_whole_profile(folder: Path) -> None:
    torch.manual_seed(0)
    weights = nn.Sequential(
        nn.Conv2d(3, 5, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(5, 2)
    ).state_dict()
    torch.save(weights, folder / "w.pth")
    (folder / "labels.txt").write_text("cat\nnot a cat\n\n")
    path = write(
        folder,
        """
        title = "Cats"
        factory = "my_network:build"
        arguments = { classes = 2, width = 5 }
        weights = "w.pth"
        labels = "labels.txt"
        layers = ["0", "4"]
        [input]
        size = [20, 30]
        order = "bgr"
        range = "0..255"
        mean = [104.0, 117.0, 123.0]
        resize = 24
        interpolation = "bicubic"
        fit = "letterbox"
        """,
    )
    network = load_network(path, trust=True)
    assert (network.name, network.spec) == ("Cats", str(path))
    assert network.input_shape == (3, 20, 30)
    assert network.labels == ("cat", "not a cat")
    assert [layer.name for layer in network.layers] == ["0", "4"]
    assert torch.equal(network.module.get_parameter("4.weight"), weights["4.weight"])
    rules = network.preprocessing
    assert (rules.channels, rules.fit) == (ChannelOrder.BGR, Fit.LETTERBOX)
    assert (rules.interpolation, rules.resize) == (Interpolation.BICUBIC, 24)
    picture = np.full((20, 30, 3), (10, 20, 30), np.uint8)
    expected = [30 - 104, 20 - 117, 10 - 123]
    assert network.prepare(picture)[:, 0, 0].tolist() == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [("-1..1", -1, 1), ("0..1", 0, 1), ("0..255", 0, 255)],
)
def test_ranges(folder: Path, text: str, low: float, high: float) -> None:
    profile = f'factory = "my_network:build"\n[input]\nsize = 8\nrange = "{text}"'
    network = load_network(write(folder, profile), trust=True)
    for level, value in ((0, low), (255, high)):
        picture = np.full((8, 8, 3), level, np.uint8)
        assert network.prepare(picture).unique().tolist() == pytest.approx([value], abs=1e-6)


def test_a_short_profile_takes_the_usual(folder: Path) -> None:
    network = load_network(write(folder, 'factory = "my_network:build"'), trust=True)
    assert network.input_shape == (3, 224, 224)
    assert network.preprocessing.mean == (0.485, 0.456, 0.406)
    assert network.name == "mine"
    assert network.layer("0").unit_count == 6
    grey = 'factory = "my_network:Zoo.grey"\n[input]\nchannels = 1\nsize = 8'
    assert load_network(write(folder, grey), trust=True).preprocessing.mean == (0.0,)


def test_weights_given_beside_the_profile_win(folder: Path) -> None:
    state = {"0.weight": torch.ones(6, 3, 3, 3), "0.bias": torch.zeros(6)}
    state |= {"4.weight": torch.ones(4, 6), "4.bias": torch.zeros(4)}
    torch.save(state, folder / "other.pth")
    path = write(folder, 'factory = "my_network:build"\nweights = "absent.pth"')
    network = load_network(path, folder / "other.pth", trust=True)
    assert network.module.get_parameter("0.weight").unique().tolist() == [1.0]


def test_the_python_path_is_left_as_it_was_and_edits_are_seen(folder: Path) -> None:
    before, modules = list(sys.path), set(sys.modules)
    path = write(folder, 'factory = "my_network:build"\n[input]\nsize = 8')
    assert load_network(path, trust=True).layer("0").unit_count == 6
    (folder / "my_parts.py").write_text("WIDTH = 17\n")
    assert load_network(path, trust=True).layer("0").unit_count == 17
    assert sys.path == before
    assert not {name for name in set(sys.modules) - modules if name.startswith("my_")}


def test_other_threads_may_import_while_a_factory_is_looked_for(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lies_in = own_factory._lies_in

    def meanwhile(where: Path, name: str) -> bool:
        monkeypatch.setitem(sys.modules, f"of_another_thread_{name}", ModuleType(name))
        return lies_in(where, name)

    monkeypatch.setattr(own_factory, "_lies_in", meanwhile)
    path = write(folder, 'factory = "my_network:build"\n[input]\nsize = 8\n')
    assert load_network(path, trust=True).input_shape == (3, 8, 8)


def test_profiles_in_two_folders_may_use_the_same_module_name(folder: Path) -> None:
    other = folder / "other"
    other.mkdir()
    (other / "my_network.py").write_text(CODE)
    (other / "my_parts.py").write_text("WIDTH = 3\n")
    text = 'factory = "my_network:build"\n[input]\nsize = 8'
    networks = [load_network(write(f, text), trust=True) for f in (folder, other, folder)]
    widths = [network.layer("0").unit_count for network in networks]
    assert widths == [6, 3, 6]


def test_a_zoos_network_with_changes(folder: Path) -> None:
    path = write(
        folder,
        """
        factory = "torchvision:squeezenet1_1@none"
        layers = ["features.0", "features.3"]
        [input]
        size = 64
        fit = "stretch"
        """,
    )
    network = load_network(path)
    assert network.input_shape == (3, 64, 64)
    assert [layer.name for layer in network.layers] == ["features.0", "features.3"]
    assert network.labels[366] == "gorilla"
    assert network.preprocessing.fit is Fit.STRETCH
    assert network.preprocessing.mean == (0.485, 0.456, 0.406)
    assert network.name == "SqueezeNet 1.1 (random weights)"


FACTORY = 'factory = "my_network:build"\n'


@pytest.mark.parametrize(
    ("text", "cause", "remedy"),
    [
        ("title = 'x'", "no 'factory'", "module:function"),
        (FACTORY + "tilte = 'x'", "unknown key 'tilte'", "title"),
        (FACTORY + "[input]\nsice = 3", "unknown key 'input.sice'", "size"),
        (FACTORY + "[input]\nsize = 'big'", "'input.size' is wrong", "Correct"),
        (FACTORY + "layers = []", "'layers' is wrong", "Correct"),
        (FACTORY + "[input]\nsize = 0", "'input.size' is wrong", "Correct"),
        (FACTORY + "[input]\nrange = '0..2'", "'input.range' is wrong", "Correct"),
        (FACTORY + "[input]\nfit = 'squash'", "'input.fit' is wrong", "Correct"),
        (FACTORY + "layers = 3", "'layers' is wrong", "Correct"),
        (FACTORY + "labels = ['a', 'b']", "There are 2 labels, but the network has 4", "label"),
        (FACTORY + "labels = 'none.txt'", "cannot read the labels", "one label a line"),
        (FACTORY + "layers = ['features.0']", "no layer 'features.0'", "Use 0"),
        (FACTORY + "weights = 'none.pth'", "There is no file", "Check the path"),
        (FACTORY + "[input]\nmean = [1.0, 2.0]", "2 values of mean", "Give one"),
        (FACTORY + "[input]\nchannels = 1", "cannot run on an input of 1", "input shape"),
        (FACTORY + "[input]\nstd = [0.0]", "zero in std", "above zero"),
        ("factory = [", "not valid TOML", "line"),
        ("factory = 'resnet18'", "not of the form module:function", "beside the profile"),
        ("factory = 'my_network:gone'", "AttributeError", "Correct it"),
        ("factory = 'no_such_module:x'", "ModuleNotFoundError: No module named", "Correct it"),
        ("factory = 'my_network:broken'", "ZeroDivisionError: in my code", "Correct it"),
        ("factory = 'my_network:nothing'", "gives a NoneType", "torch.nn.Module"),
        (FACTORY + "arguments = { depth = 3 }", "TypeError", "arguments"),
        ("factory = 'torchvision:resnet'", "no classification network", "resnet"),
        ("factory = 'torchvision:alexnet'\narguments = { a = 1 }", "does not take", "factory"),
    ],
)
def test_mistakes_get_one_line(folder: Path, text: str, cause: str, remedy: str) -> None:
    with pytest.raises(UserError) as error:
        load_network(write(folder, text), trust=True)
    assert cause in error.value.cause
    assert remedy in error.value.remedy
    assert "\n" not in str(error.value)


def test_a_profile_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="Cannot read"):
        load_network(tmp_path / "none.toml")


def test_the_bundled_examples_are_valid_and_their_layers_are_there() -> None:
    examples = sorted((paths.CONFIGS / "networks").glob("*.toml"))
    assert len(examples) >= 3
    for path in examples:
        profile = read_profile(path)
        if not profile.factory.startswith("torchvision:"):
            assert load_network(path).name == profile.title
            continue
        network = load_network(f"{profile.factory.partition('@')[0]}@none")
        for name in profile.layers or ():
            assert network.layer(name).name == name


def test_a_module_s_name_that_no_file_can_have(tmp_path: Path) -> None:
    profile = tmp_path / "p.toml"
    profile.write_text(f'factory = "{"m" * 300}:build"')
    with pytest.raises(UserError, match=r"There is no module 'm{40,}…'"):
        load_network(profile)
