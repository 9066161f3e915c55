from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import nn

from deepvis_app.errors import UserError
from deepvis_app.lab.pocket.augment import normalise
from deepvis_app.lab.pocket.measures import dead_units
from deepvis_app.lab.pocket.pictures import Pictures
from deepvis_app.nets import Unit, load_network
from deepvis_app.nets.pocket import LABELS, WEIGHTS, Pocket, load_pocket, pocket_module
from deepvis_app.paths import RESOURCES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from deepvis_app.nets import Network

STAGES = ("1", "2a", "2b", "3a", "3b", "4", "5")
LAYERS = """
    conv1 relu1 pool1 conv2a relu2a conv2b relu2b pool2
    conv3a relu3a conv3b relu3b conv4 relu4 conv5 relu5 pool logits
""".split()  # noqa: SIM905


@pytest.fixture(scope="module")
def network() -> Network:
    return load_pocket()


def test_the_layers_read_well(network: Network) -> None:
    names = [layer.name for layer in network.layers]
    assert [name for name in names if name != "flatten"] == LAYERS
    assert network.output_layer == "logits"
    assert network.layer("conv1").shape == (64, 44, 44)
    assert network.layer("conv5").shape == (384, 11, 11)


def test_the_word_pocket_loads_it_without_a_network_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("it wanted to connect")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    network = load_network("pocket")
    assert network.spec == "pocket"
    assert network.unit_label(Unit("logits", 0)) == "goldfish"


def test_it_loads_in_under_half_a_second(network: Network) -> None:
    def seconds() -> float:
        start = time.process_time()  # of this process: other programs do not count
        load_pocket()
        return time.process_time() - start

    assert min(seconds() for _ in range(3)) < 0.5


def test_it_is_small_and_half_precision() -> None:
    tensors = load_file(WEIGHTS)
    assert WEIGHTS.stat().st_size <= 8e6
    assert {value.dtype for value in tensors.values()} == {torch.float16}
    assert 2e6 <= sum(value.numel() for value in tensors.values()) <= 4e6


def test_the_module_is_made_of_plain_parts(network: Network) -> None:
    allowed = nn.Conv2d, nn.ReLU, nn.MaxPool2d, nn.AdaptiveAvgPool2d, nn.Flatten, nn.Linear
    assert all(isinstance(part, allowed) for part in network.module.children())
    assert not network.module.training
    assert not any(p.requires_grad for p in network.module.parameters())


@pytest.mark.parametrize("size", [(64, 64), (96, 128), (224, 224)])
@torch.inference_mode()
def test_it_runs_at_many_sizes(network: Network, size: tuple[int, int]) -> None:
    logits = network.module(torch.zeros(1, 3, *size))
    assert logits.shape == (1, 200)
    assert torch.isfinite(logits).all()


def test_the_labels_are_readable(network: Network) -> None:
    assert len(network.labels) == len(set(network.labels)) == 200
    assert all(re.fullmatch(r"[A-Za-z][A-Za-z' ()-]+", label) for label in network.labels)
    assert not any(re.fullmatch(r"n\d+", label) for label in network.labels)


def test_preprocessing_is_that_of_the_training(network: Network) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (*network.input_shape[1:], 3), np.uint8)
    expected = normalise(torch.from_numpy(picture)[None])[0]
    assert torch.allclose(network.prepare(picture), expected, atol=1e-5)


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1000])


def flip_a_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def without_checksum(path: Path) -> None:
    save_file(load_file(path), path)


@pytest.mark.parametrize("harm", [cut_short, flip_a_bit, empty, without_checksum])
def test_a_damaged_file_says_so(tmp_path: Path, harm: Callable[[Path], None]) -> None:
    path = tmp_path / "pocket.safetensors"
    shutil.copy(WEIGHTS, path)
    harm(path)
    with pytest.raises(UserError, match=r"pocket\.safetensors is damaged"):
        load_pocket(path)


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="There is no file"):
        load_pocket(tmp_path / "pocket.safetensors")


def test_an_incomplete_installation_is_told_to_install_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("deepvis_app.nets.pocket.WEIGHTS", tmp_path / "pocket.safetensors")
    with pytest.raises(UserError, match="Install deepvis again"):
        load_pocket(tmp_path / "pocket.safetensors")


def test_another_network_is_refused(tmp_path: Path) -> None:
    from deepvis_app.nets.pocket import digest

    path = tmp_path / "other.safetensors"
    tensors = {"conv1.weight": torch.zeros(4, 3, 3, 3, dtype=torch.float16)}
    save_file(tensors, path, {"sha256": digest(tensors)})
    with pytest.raises(UserError, match="another network"):
        load_pocket(path)


def test_loading_leaves_the_random_state_alone() -> None:
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    pocket_module()
    assert torch.equal(torch.rand(2), expected)


def test_the_card_gives_data_recipe_accuracy_and_limits() -> None:
    card = (RESOURCES / "pocket" / "card.md").read_text(encoding="utf-8")
    for words in ("Tiny-ImageNet-200", "top-1", "top-5", "Limits", "conv1.png", "dead units"):
        assert words in card
    with Image.open(RESOURCES / "pocket" / "conv1.png") as picture:
        assert picture.format == "PNG"


def rgb(file: Path, side: int | None = None) -> NDArray[np.uint8]:
    with Image.open(file) as picture:
        upright = picture.convert("RGB")
        return np.asarray(upright.resize((side, side)) if side else upright)


@pytest.mark.slow(seconds=20)
def test_few_units_are_dead_on_real_photographs(network: Network, shared_images: Path) -> None:
    files = sorted(shared_images.glob("*.jpg"))
    pixels = np.stack([rgb(file, 64) for file in files])
    pictures = Pictures(torch.from_numpy(pixels), torch.zeros(len(files), dtype=torch.int64))
    shares = dead_units(network, pictures)
    assert set(shares) == {name for name in LAYERS if name.startswith("relu")}
    assert max(shares.values()) < 0.05


def test_it_recognises_real_photographs(network: Network, shared_images: Path) -> None:
    """Photographs of another collection, of the classes whose names both have."""
    classes = {label.lower(): k for k, label in enumerate(network.labels)}
    hits = []
    for file in sorted(shared_images.glob("*.jpg")):
        index = classes.get(file.stem.partition("_")[2].replace("_", " ").lower())
        if index is not None:
            x = network.prepare(rgb(file))[None]
            hits.append(index in network.module(x).topk(5).indices[0].tolist())
    assert len(hits) >= 40
    assert sum(hits) / len(hits) > 0.5  # chance: 0.025


def test_the_trained_form_has_a_batch_norm_behind_each_convolution() -> None:
    names = [name for name, _ in Pocket(batch_norm=True).named_children()]
    for stage in STAGES:
        at = names.index(f"conv{stage}")
        assert names[at + 1 : at + 3] == [f"norm{stage}", f"relu{stage}"]


@pytest.mark.slow
def test_importing_pocket_needs_no_qt() -> None:
    code = (
        "import sys; sys.modules['PyQt6'] = None\n"
        "from deepvis_app.nets import load_network\n"
        "print(load_network('pocket').name)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "Pocket"


def test_labels_ship_beside_the_weights() -> None:
    assert LABELS.parent == WEIGHTS.parent
