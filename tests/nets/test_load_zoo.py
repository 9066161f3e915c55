"""Torchvision's networks: its own loader is the truth; no test here uses the internet."""

from __future__ import annotations

import hashlib
import http.server
import re
import shutil
import threading
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision import models

from deepvis_app.errors import UserError
from deepvis_app.nets import load_network
from deepvis_app.nets.preprocessing import Interpolation
from deepvis_app.nets.titles import title_of
from deepvis_app.nets.zoo import build, cached_file, entries, zoo_names

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def torch_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    folder = tmp_path / "torch" / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def small() -> torch.nn.Module:
    torch.manual_seed(3)
    return models.squeezenet1_1(num_classes=7).eval()


def logits(module: torch.nn.Module, side: int = 64) -> torch.Tensor:
    x = torch.randn(1, 3, side, side, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        return module(x)


def with_old_names(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """DenseNet's names as they stand in the zoo's files."""
    return {
        re.sub(r"(norm|conv)([12])\.", r"\1.\2.", key): value
        for key, value in state.items()
        if not key.endswith("num_batches_tracked")
    }


OPTIONS = {"init_weights": False, "aux_logits": True}


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("squeezenet1_1", {}),
        ("mobilenet_v3_small", {}),
        ("mnasnet0_5", {}),
        ("densenet121", {}),
        ("googlenet", OPTIONS),
        pytest.param("inception_v3", OPTIONS, marks=pytest.mark.slow),
        pytest.param(
            "vit_b_16@IMAGENET1K_SWAG_E2E_V1",
            {"image_size": 384},
            marks=pytest.mark.slow(seconds=20),
        ),
    ],
)
def test_a_cached_file_gives_what_torchvision_makes_of_it(
    torch_home: Path, name: str, options: dict[str, bool]
) -> None:
    name, _, tag = name.partition("@")
    entry = entries(name)[tag] if tag else models.get_model_weights(name).DEFAULT
    torch.manual_seed(2)
    state = models.get_model(name, weights=None, **options).state_dict()
    torch.save(with_old_names(state) if name == "densenet121" else state, cached_file(entry))
    assert cached_file(entry).parent == torch_home
    side = options.get("image_size", 96)

    network = load_network(f"torchvision:{name}" + (f"@{tag}" if tag else ""))

    truth = models.get_model(name, weights=entry).eval()
    assert torch.equal(logits(network.module, side), logits(truth, side))
    assert network.labels == tuple(entry.meta["categories"])
    assert not network.module.training


def test_preprocessing_is_that_of_the_weights(torch_home: Path) -> None:
    large = models.MobileNet_V3_Large_Weights.IMAGENET1K_V1
    torch.save(build("mobilenet_v3_large", large).state_dict(), cached_file(large))
    for spec, entry in (
        ("mobilenet_v3_large@IMAGENET1K_V1", large),
        ("mobilenet_v3_large@none", models.MobileNet_V3_Large_Weights.IMAGENET1K_V2),
        ("efficientnet_b0@none", models.EfficientNet_B0_Weights.IMAGENET1K_V1),
    ):
        network, transform = load_network(f"torchvision:{spec}"), entry.transforms()
        assert network.input_shape == (3, *transform.crop_size * 2)
        assert network.preprocessing.resize == transform.resize_size[0]
        assert network.preprocessing.interpolation is Interpolation(transform.interpolation.value)
        picture = np.random.default_rng(0).integers(0, 256, (300, 400, 3), np.uint8)
        truth = transform(Image.fromarray(picture))
        assert (network.prepare(picture) - truth).abs().max() < 2 / 255 / 0.224


def test_real_weights_see_what_is_there(
    torch_home: Path, shared_nets: Path, shared_images: Path
) -> None:
    # Not the zoo's own file, and so not its checksum: what is already there is taken if it fits.
    shutil.copy(
        shared_nets / "squeezenet1_0-imagenet.pth", torch_home / "squeezenet1_0-b66bff10.pth"
    )
    network = load_network("torchvision:squeezenet1_0")
    assert network.name == "SqueezeNet 1.0"
    assert network.spec == "torchvision:squeezenet1_0"
    assert network.labels[366] == "gorilla"
    assert network.nonfinite_weights() == ()
    direct = load_network("torchvision:squeezenet1_0", shared_nets / "squeezenet1_0-imagenet.pth")
    assert direct.fingerprint == network.fingerprint
    assert direct.labels == network.labels
    picture = np.asarray(Image.open(sorted(shared_images.glob("*.*"))[0]).convert("RGB"))
    reference = models.squeezenet1_0().eval()
    reference.load_state_dict(torch.load(shared_nets / "squeezenet1_0-imagenet.pth"))
    with torch.no_grad():
        truth = reference(network.prepare(picture)[None])
    assert torch.equal(network.forward(network.prepare(picture)[None]).logits, truth)


def test_random_weights_are_the_same_each_time_and_leave_the_generator_alone() -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    first = load_network("torchvision:squeezenet1_1@none")
    assert torch.equal(torch.rand(3), expected)
    second = load_network("torchvision:squeezenet1_1@none")
    assert first.fingerprint == second.fingerprint
    assert first.name == "SqueezeNet 1.1 (random weights)"


def test_offline_without_a_cached_file_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = models.get_model_weights("squeezenet1_1").DEFAULT
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(entry.value, "url", "http://127.0.0.1:9/squeezenet1_1-b8a52dc0.pth")
    with pytest.raises(UserError, match="Cannot download SqueezeNet") as error:
        load_network("torchvision:squeezenet1_1")
    assert "--weights" in error.value.remedy
    assert "torchvision:squeezenet1_1@none" in error.value.remedy


def test_missing_weights_are_downloaded_once(
    tmp_path: Path, torch_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.save(models.squeezenet1_1().state_dict(), tmp_path / "w.pth")
    digest = hashlib.sha256((tmp_path / "w.pth").read_bytes()).hexdigest()
    name = f"squeezenet1_1-{digest[:8]}.pth"
    (tmp_path / "w.pth").rename(tmp_path / name)
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(http.server.SimpleHTTPRequestHandler, "log_message", lambda *_: None)
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=tmp_path)
    entry, seen = models.get_model_weights("squeezenet1_1").DEFAULT, []
    with http.server.HTTPServer(("127.0.0.1", 0), handler) as server:
        monkeypatch.setattr(entry.value, "url", f"http://127.0.0.1:{server.server_port}/{name}")
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        load_network("torchvision:squeezenet1_1", progress=lambda *news: seen.append(news))
        thread.join()
    assert seen[-1] == ("SqueezeNet 1.1's weights", *[(tmp_path / name).stat().st_size] * 2)
    assert [file.name for file in torch_home.iterdir()] == [name]
    load_network("torchvision:squeezenet1_1")  # the server is gone


def test_a_damaged_cached_file_is_named(torch_home: Path) -> None:
    path = cached_file(models.SqueezeNet1_1_Weights.DEFAULT)
    torch.save(models.squeezenet1_1().state_dict(), path)
    path.write_bytes(path.read_bytes()[:100_000])
    with pytest.raises(UserError, match="damaged or cut short") as error:
        load_network("torchvision:squeezenet1_1")
    assert f"Delete {path}" in error.value.remedy


def test_a_file_of_other_classes_makes_a_network_of_so_many(
    tmp_path: Path, small: torch.nn.Module
) -> None:
    torch.save({"state_dict": small.state_dict()}, tmp_path / "w.pth")
    network = load_network("torchvision:squeezenet1_1", tmp_path / "w.pth")
    assert torch.equal(logits(network.module), logits(small))
    assert network.labels == ()
    assert network.preprocessing.resize == 256


def test_a_file_of_another_variant_is_refused(tmp_path: Path, small: torch.nn.Module) -> None:
    torch.save(small.state_dict(), tmp_path / "w.pth")
    with pytest.raises(UserError, match=r"w\.pth does not fit SqueezeNet 1\.0: 12 missing"):
        load_network("torchvision:squeezenet1_0", tmp_path / "w.pth")
    with pytest.raises(UserError, match="another architecture"):
        load_network("torchvision:mobilenet_v3_small", tmp_path / "w.pth")


def test_weights_that_are_not_finite_load_and_are_told(
    tmp_path: Path, small: torch.nn.Module
) -> None:
    state = small.state_dict()
    state["classifier.1.bias"][0] = float("nan")
    torch.save(state, tmp_path / "w.pth")
    network = load_network("torchvision:squeezenet1_1", tmp_path / "w.pth")
    assert network.nonfinite_weights() == ("classifier.1.bias",)


@pytest.mark.parametrize(
    ("spec", "cause", "remedy"),
    [
        ("torchvision:squeeznet1_0", "no classification network 'squeeznet1_0'", "squeezenet1_0"),
        ("torchvision:", "no classification network ''", "squeezenet1_0"),
        ("torchvision:fcn_resnet50", "no classification network", "resnet50"),
        ("torchvision:resnet18@V9", "no weights 'V9' for resnet18", "resnet18@IMAGENET1K_V1"),
    ],
)
def test_unknown_names_get_the_nearest(spec: str, cause: str, remedy: str) -> None:
    with pytest.raises(UserError) as error:
        load_network(spec)
    assert cause in error.value.cause
    assert remedy in error.value.remedy


def test_every_network_of_the_zoo_has_a_title_of_its_own() -> None:
    names = zoo_names()
    assert len(names) >= 80
    titles = [title_of(name) for name in names]
    assert len(set(titles)) == len(names)
    assert not set(titles) & set(names)
    assert title_of("resnet18") == "ResNet-18"
    assert title_of("regnet_x_1_6gf") == "RegNetX-1.6GF"
    assert title_of("brand_new") == "brand_new"
