"""The list of what can be loaded."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from torchvision import models

from deepvis_app import paths
from deepvis_app.nets import available_networks, load_network
from deepvis_app.nets.catalogue import BUNDLED, DOWNLOAD, HERE, PROFILES
from deepvis_app.nets.zoo import cached_file

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def torch_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))


def test_all_of_torchvisions_classification_networks_are_listed() -> None:
    found = {entry.spec: entry for entry in available_networks()}
    zoo = {f"torchvision:{n}" for n in models.list_models(module=models)}
    assert set(found) - {"pocket"} == zoo
    entry, weights = found["torchvision:resnet18"], models.ResNet18_Weights.DEFAULT
    assert (entry.title, entry.cached, entry.group) == ("ResNet-18", False, DOWNLOAD)
    assert entry.parameter_count == weights.meta["num_params"]
    assert entry.accuracy == weights.meta["_metrics"]["ImageNet-1K"]["acc@1"]
    assert entry.size_mb == pytest.approx(46.83, abs=0.01)  # the file has 46 830 571 bytes
    assert entry.detail == "69.8 % top-1, 11.7 M weights, 47 MB"


def test_what_is_here_comes_first_and_names_are_in_natural_order() -> None:
    path = cached_file(models.VGG11_Weights.DEFAULT)
    path.parent.mkdir(parents=True)
    path.touch()
    first, *others = [entry for entry in available_networks() if entry.group != BUNDLED]
    assert (first.spec, first.cached, first.group) == ("torchvision:vgg11", True, HERE)
    assert not any(entry.cached for entry in others)
    titles = [entry.title for entry in others if entry.title.startswith("ResNet-")]
    assert titles == ["ResNet-18", "ResNet-34", "ResNet-50", "ResNet-101", "ResNet-152"]


def test_profiles_of_a_folder_are_listed_without_being_run(tmp_path: Path) -> None:
    folder = tmp_path / "networks"
    folder.mkdir()
    (folder / "a.toml").write_text('title = "Mine"\nfactory = "os:abort"')
    (folder / "b.toml").write_text('factory = "torchvision:resnet18"')
    (folder / "c.toml").write_text('factory = "torchvision:resnet18@none"')
    (folder / "d.toml").write_text('factory = "torchvision:resnet18"\nweights = "w.pth"')
    (folder / "e.toml").write_text('factori = "x"')
    (folder / "f.pt2").write_bytes(bytes(3_000_000))
    (folder / "notes.txt").touch()
    (folder / "w.pth").touch()
    own = [e for e in available_networks(folder, tmp_path / "absent") if e.group == PROFILES]
    assert [(e.title, e.cached) for e in own] == [
        ("Mine", True),
        ("b", False),
        ("c", True),
        ("d", True),
        ("e", False),
        ("f", True),
    ]
    assert own[0].spec == str(folder / "a.toml")
    assert "factor" in own[4].detail
    assert own[5].detail == "3 MB"


def test_the_bundled_examples_are_listed_whole() -> None:
    found = available_networks(paths.CONFIGS / "networks")
    own = [entry.title for entry in found if entry.group == PROFILES]
    assert {"Template", "SqueezeNet 1.0, by stages"} <= set(own)


def test_the_bundled_network_is_listed_first_and_loads() -> None:
    first = available_networks()[0]
    assert (first.spec, first.title, first.group, first.cached) == (
        "pocket", "Pocket", BUNDLED, True,
    )  # fmt: skip
    network = load_network(first.spec)
    assert (network.name, network.spec) == ("Pocket", "pocket")
    assert len(network.labels) == network.layer(network.output_layer).unit_count


def test_the_list_is_quick() -> None:
    available_networks()
    start = time.perf_counter()
    available_networks(paths.CONFIGS / "networks")
    assert time.perf_counter() - start < 0.5
