"""The one way in: which word leads where, and what an unknown one is told."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn
from torchvision import models

from deepvis_app.errors import UserError
from deepvis_app.nets import load_network


@pytest.mark.parametrize(
    ("spec", "remedy"),
    [
        (
            "nonsense",
            "pocket, torchvision:NAME, timm:NAME, hf:FOLDER, a profile (.toml), "
            "the folder of a run or an exported program (.pt2)",
        ),
        ("", "torchvision:NAME"),
        ("photo.jpg", "torchvision:NAME"),
        ("resnet18", "Did you mean torchvision:resnet18"),
        ("squeezenet1_0@none", "Did you mean torchvision:squeezenet1_0@none"),
    ],
)
def test_unknown_words_are_told_the_forms(spec: str, remedy: str) -> None:
    with pytest.raises(UserError, match="Unknown network") as error:
        load_network(spec)
    assert remedy in error.value.remedy


def test_weights_alone_need_an_architecture(tmp_path: Path) -> None:
    torch.save(models.squeezenet1_1(num_classes=2).state_dict(), tmp_path / "w.pth")
    for trust in (False, True):
        with pytest.raises(UserError, match="weights without an architecture") as error:
            load_network(tmp_path / "w.pth", trust=trust)
        assert "--net torchvision:NAME --weights w.pth" in error.value.remedy
    with pytest.raises(UserError, match="names no architecture"):
        load_network(tmp_path / "w.pth", tmp_path / "w.pth")
    with pytest.raises(UserError, match="There is no file"):
        load_network(tmp_path / "gone.pth")


def test_a_pickled_module_loads_only_with_trust(tmp_path: Path) -> None:
    module = models.squeezenet1_1(num_classes=2).eval()
    torch.save(module, tmp_path / "whole.pt")
    with pytest.raises(UserError, match="holds Python objects") as error:
        load_network(tmp_path / "whole.pt")
    assert "torch.export.save" in error.value.remedy
    network = load_network(tmp_path / "whole.pt", trust=True)
    x = torch.ones(1, 3, 64, 64)
    with torch.no_grad():
        assert torch.equal(network.forward(x).logits, module(x))
    assert network.name == "whole"


def test_a_pickle_whose_class_is_gone_is_told(tmp_path: Path) -> None:
    torch.save(nn.Sequential(nn.ReLU()), tmp_path / "w.pt", _use_new_zipfile_serialization=False)
    data = (tmp_path / "w.pt").read_bytes()
    (tmp_path / "w.pt").write_bytes(
        data.replace(b"torch.nn.modules.container", b"torch.nn.modulez.container")
    )
    with pytest.raises(UserError, match="cannot be rebuilt: No module named") as error:
        load_network(tmp_path / "w.pt", trust=True)
    assert "importable" in error.value.remedy


def test_an_exported_program_takes_no_other_weights(tmp_path: Path) -> None:
    (tmp_path / "m.pt2").touch()
    with pytest.raises(UserError, match="brings its own weights"):
        load_network(tmp_path / "m.pt2", tmp_path / "w.pth")


def test_loaded_weights_ask_for_no_gradients_but_inputs_get_theirs() -> None:
    network = load_network("torchvision:squeezenet1_1@none")
    x = torch.ones(1, 3, 64, 64, requires_grad=True)
    network.forward(x).logits[0, 0].backward()
    assert x.grad.abs().sum() > 0
    assert all(weight.grad is None for weight in network.module.parameters())


def test_a_home_folder_may_be_written_short(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    torch.save(models.squeezenet1_1(num_classes=2).state_dict(), tmp_path / "w.pth")
    network = load_network("torchvision:squeezenet1_1", "~/w.pth")
    assert network.forward(torch.ones(1, 3, 64, 64)).logits.shape == (1, 2)


def test_a_device_that_is_not_there_is_refused() -> None:
    with pytest.raises(UserError, match="Device warp cannot be used"):
        load_network("torchvision:squeezenet1_1@none", device="warp")
    assert load_network("torchvision:squeezenet1_1@none", device="cpu").device.type == "cpu"


def test_importing_the_room_does_not_import_the_zoos() -> None:
    code = "import sys, deepvis_app.nets; print({'torchvision', 'timm'} & set(sys.modules))"
    root = Path(__file__).parents[2]
    found = subprocess.run(
        [sys.executable, "-c", code],
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.strip() == "set()"
