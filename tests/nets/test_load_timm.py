"""Timm's networks; the hub is never asked."""

from __future__ import annotations

import socket
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from deepvis_app.errors import UserError
from deepvis_app.nets import load_network
from deepvis_app.nets.preprocessing import Interpolation

if TYPE_CHECKING:
    from pathlib import Path

timm = pytest.importorskip("timm", reason="the extra timm is not installed")
pytestmark = pytest.mark.filterwarnings("ignore")  # timm's own

NAME = "test_resnet.r160_in1k"  # 0.5 M weights, made for tests


@pytest.fixture(autouse=True)
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    import huggingface_hub.constants

    def offline(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", offline)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


def store(hub: Path, state: dict[str, torch.Tensor]) -> None:
    """Put weights where the hub's client keeps what it has downloaded."""
    repository = hub / f"models--timm--{NAME}"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text("0" * 40)
    snapshot = repository / "snapshots" / ("0" * 40)
    snapshot.mkdir(parents=True)
    save_file(state, snapshot / "model.safetensors")


def test_cached_weights_load_without_a_network(hub: Path) -> None:
    torch.manual_seed(4)
    truth = timm.create_model(NAME, pretrained=False).eval()
    store(hub, truth.state_dict())
    network = load_network(f"timm:{NAME}")
    x = torch.randn(1, 3, 160, 160)
    with torch.no_grad():
        assert torch.equal(network.module(x), truth(x))
    assert network.name == NAME
    assert network.labels[366] == "gorilla"
    assert len(network.labels) == 1000


@pytest.mark.parametrize("name", [NAME, "resnet10t"])  # bilinear, bicubic
def test_preprocessing_is_timms_own(name: str) -> None:
    network = load_network(f"timm:{name}@none")
    config = timm.data.resolve_model_data_config(network.module)
    assert network.input_shape == config["input_size"]
    assert network.preprocessing.interpolation is Interpolation(config["interpolation"])
    picture = np.random.default_rng(0).integers(0, 256, (300, 400, 3), np.uint8)
    truth = timm.data.create_transform(**config, is_training=False)(Image.fromarray(picture))
    assert (network.prepare(picture) - truth).abs().max() < 2 / 255 / min(config["std"])


def test_random_weights_are_the_same_each_time() -> None:
    first, second = (load_network("timm:test_resnet@none") for _ in range(2))
    assert first.fingerprint == second.fingerprint
    assert first.name == "test_resnet (random weights)"


def test_a_file_of_other_classes(tmp_path: Path) -> None:
    truth = timm.create_model("test_resnet", num_classes=3).eval()
    torch.save({"state_dict": truth.state_dict()}, tmp_path / "w.pth")
    network = load_network("timm:test_resnet", tmp_path / "w.pth")
    x = torch.randn(1, 3, 160, 160)
    with torch.no_grad():
        assert torch.equal(network.module(x), truth(x))
    assert network.labels == ()


def test_offline_fails_at_once_with_a_remedy() -> None:
    with pytest.raises(UserError, match="Cannot download") as error:
        load_network(f"timm:{NAME}")
    assert f"timm:{NAME}@none" in error.value.remedy
    assert "--weights" in error.value.remedy


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        ("EntryNotFoundError", "The hub holds no weights"),
        ("LocalEntryNotFoundError", "Cannot download"),
    ],
)
def test_what_the_hub_says_is_passed_on(
    monkeypatch: pytest.MonkeyPatch, error: str, cause: str
) -> None:
    import huggingface_hub.errors

    asked = []

    def refuse(repository: str, file: str, **_: object) -> None:
        asked.append((repository, file))
        raise getattr(huggingface_hub.errors, error)("no")

    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")  # so that no connection is tried
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", refuse)
    seen = []
    with pytest.raises(UserError, match=cause):
        load_network(f"timm:{NAME}", progress=lambda *news: seen.append(news))
    assert asked[0] == (f"timm/{NAME}", "model.safetensors")
    assert seen == [(f"{NAME}'s weights", 0, 0)]


@pytest.mark.parametrize(
    ("spec", "cause", "remedy"),
    [
        ("timm:test_resnett@none", "no network 'test_resnett'", "test_resnet"),
        ("timm:resnet18.a9_in1k", "no weights 'resnet18.a9_in1k'", "resnet18.a1_in1k"),
        ("timm:resnet18@V1", "Unknown weights @V1", "timm:resnet18@none"),
        ("timm:resnet10t.none@none", "no weights 'resnet10t.none'", "resnet10t.c3_in1k"),
        ("timm:darknet17", "no weights for", "@none"),
        ("timm:", "no network ''", "Did you mean"),
    ],
)
def test_unknown_names_get_the_nearest(spec: str, cause: str, remedy: str) -> None:
    with pytest.raises(UserError) as error:
        load_network(spec)
    assert cause in error.value.cause
    assert remedy in error.value.remedy


def test_without_timm_the_command_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(UserError, match="timm is not installed") as error:
        load_network("timm:resnet18")
    assert error.value.remedy == "pip install 'deepvis[timm]'"
