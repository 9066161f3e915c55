"""Saved programs: the eager module that was exported is the truth."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import pytest
import torch
from torch import nn
from torchvision import models

from deepvis_app.errors import UserError
from deepvis_app.nets import Network, load_network

if TYPE_CHECKING:
    from pathlib import Path


def export(module: nn.Module, path: Path, *inputs: torch.Tensor, free: bool = False) -> Path:
    shapes = ({0: torch.export.Dim("batch")},) if free else None
    program = torch.export.export(module.eval(), inputs, dynamic_shapes=shapes)
    torch.export.save(program, path)
    return path


def noise(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1))


class InPlace(nn.Module):
    """What spoils naive taps: ReLUs in place and functional, a module called twice, a sum."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 4, 3, padding=1)
        self.second = nn.Conv2d(4, 4, 3, padding=1)
        self.relu = nn.ReLU(inplace=True)
        self.fc = nn.Linear(4, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.relu(self.first(x))
        y = self.second(x)
        y += x
        y = torch.relu_(self.second(self.relu(y)))
        return self.fc(y.mean((2, 3)))


@pytest.fixture(scope="module")
def resnet(tmp_path_factory: pytest.TempPathFactory) -> tuple[nn.Module, Network]:
    torch.manual_seed(0)
    module = models.resnet18(num_classes=10).eval()
    path = export(module, tmp_path_factory.mktemp("x") / "my net.pt2", noise(1, 3, 64, 96))
    return module, load_network(path)


def test_a_program_keeps_names_kinds_shapes_and_values(resnet: tuple[nn.Module, Network]) -> None:
    module, loaded = resnet
    truth = Network(module, (3, 64, 96))
    assert loaded.input_shape == (3, 64, 96)
    assert loaded.name == "my net"
    assert loaded.labels == ()
    assert loaded.preprocessing == truth.preprocessing
    assert loaded.output_layer == "fc"
    assert [(i.name, i.kind, i.shape) for i in loaded.layers] == [
        (i.name, i.kind, i.shape) for i in truth.layers
    ]
    x = noise(1, 3, 64, 96)
    theirs, ours = truth.activations(x), loaded.activations(x)
    for name, value in theirs.items():
        torch.testing.assert_close(ours[name], value, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(loaded.forward(x).logits, module(x), rtol=1e-4, atol=1e-5)


def test_a_program_for_one_picture_takes_several_where_that_works(
    resnet: tuple[nn.Module, Network],
) -> None:
    module, loaded = resnet
    x = noise(3, 3, 64, 96)
    torch.testing.assert_close(loaded.forward(x).logits, module(x), rtol=1e-4, atol=1e-5)


def test_a_program_has_gradients_and_can_be_copied(resnet: tuple[nn.Module, Network]) -> None:
    module, loaded = resnet
    copy = loaded.replica("cpu")
    x, y = noise(1, 3, 64, 96).requires_grad_(), noise(1, 3, 64, 96).requires_grad_()
    copy.forward(x).logits[0, 3].backward()
    module(y)[0, 3].backward()
    torch.testing.assert_close(x.grad, y.grad, rtol=1e-3, atol=1e-6)
    assert copy.fingerprint == loaded.fingerprint


@pytest.mark.parametrize("free", [True, False])
def test_taps_do_not_change_in_place_operations(tmp_path: Path, free: bool) -> None:
    torch.manual_seed(0)
    module = InPlace()
    count = 2 if free else 1
    loaded = load_network(export(module, tmp_path / "m.pt2", noise(count, 3, 16, 16), free=free))
    x = noise(2, 3, 16, 16)
    truth = Network(module, (3, 16, 16)).activations(x)
    ours = loaded.activations(x)
    assert ours.keys() == truth.keys()
    for name, value in truth.items():
        torch.testing.assert_close(ours[name], value, rtol=1e-4, atol=1e-6)
    plain = module(x)
    for layers in ((), ("first",), tuple(ours)):
        torch.testing.assert_close(loaded.forward(x, layers).logits, plain, rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(ours["first"], module.first(x), rtol=1e-4, atol=1e-6)


class OnePicture(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.reshape(1, -1)[:, :5]


def test_a_program_that_holds_its_batch_size_is_run_one_by_one(tmp_path: Path) -> None:
    loaded = load_network(export(OnePicture(), tmp_path / "m.pt2", noise(1, 3, 8, 8)))
    assert loaded.forward(noise(1, 3, 8, 8)).logits.shape == (1, 5)
    x = noise(2, 3, 8, 8)
    assert torch.equal(loaded.forward(x).logits, x.flatten(1)[:, :5])
    with pytest.raises(UserError, match="one picture at a time, not 2"):
        loaded.module(x)
    with pytest.raises(UserError, match="takes exactly 4 pictures at once"):
        load_network(export(OnePicture(), tmp_path / "four.pt2", noise(4, 3, 8, 8)))


def test_programs_with_the_same_weights_and_other_operations_differ(tmp_path: Path) -> None:
    torch.manual_seed(0)
    conv = nn.Conv2d(1, 2, 3)
    networks = [
        load_network(export(nn.Sequential(conv, act), tmp_path / f"{n}.pt2", noise(1, 1, 8, 8)))
        for n, act in enumerate((nn.ReLU(), nn.Hardswish(), nn.ReLU()))
    ]
    assert networks[0].fingerprint == networks[2].fingerprint != networks[1].fingerprint
    assert networks[0].preprocessing.mean == (0.0,)


def test_a_program_for_any_size_is_fed_224_pixels(tmp_path: Path) -> None:
    module, sizes = (
        nn.Sequential(nn.Conv2d(1, 2, 3)),
        {2: torch.export.Dim("h", min=5), 3: torch.export.Dim("w", min=5)},
    )
    program = torch.export.export(module.eval(), (noise(1, 1, 9, 7),), dynamic_shapes=(sizes,))
    torch.export.save(program, tmp_path / "m.pt2")
    loaded = load_network(tmp_path / "m.pt2")
    assert loaded.input_shape == (1, 224, 224)
    x = noise(2, 1, 20, 30)
    torch.testing.assert_close(loaded.activations(x, ["0"])["0"], module(x))


def test_a_program_for_any_number_of_channels_is_refused(tmp_path: Path) -> None:
    shapes = ({1: torch.export.Dim("channels")},)
    program = torch.export.export(nn.AvgPool2d(2), (noise(1, 3, 8, 8),), dynamic_shapes=shapes)
    torch.export.save(program, tmp_path / "m.pt2")
    with pytest.raises(UserError, match="number of channels open"):
        load_network(tmp_path / "m.pt2")


class Two(nn.Module):
    def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return x + y


def test_programs_that_take_no_pictures_are_refused(tmp_path: Path) -> None:
    path = export(Two(), tmp_path / "m.pt2", noise(1, 3, 8, 8), noise(1, 3, 8, 8))
    with pytest.raises(UserError, match="takes 2 inputs"):
        load_network(path)
    path = export(nn.Linear(4, 2), tmp_path / "v.pt2", noise(1, 4))
    with pytest.raises(UserError, match="batch of pictures"):
        load_network(path)


def test_damaged_programs_are_told(tmp_path: Path) -> None:
    path = export(nn.Sequential(nn.Conv2d(3, 2, 3)), tmp_path / "m.pt2", noise(1, 3, 8, 8))
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError, match="damaged or no exported program"):
        load_network(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("hello.txt", "x")
    with pytest.raises(UserError, match="an archive, but of no exported program") as error:
        load_network(path)
    assert "torch.export.save" in error.value.remedy
    path.write_bytes(b"")
    with pytest.raises(UserError, match="is empty"):
        load_network(path)
    with pytest.raises(UserError, match="There is no file"):
        load_network(tmp_path / "none.pt2")
