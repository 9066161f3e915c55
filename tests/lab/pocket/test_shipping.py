from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from deepvis_app.files import whole
from deepvis_app.lab.pocket.shipping import fold, ship
from deepvis_app.nets.pocket import Pocket, pocket_module

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def trained() -> Pocket:
    """A network whose batch norms are far from the identity."""
    torch.manual_seed(0)
    network = Pocket(batch_norm=True)
    for part in network.modules():
        if isinstance(part, nn.BatchNorm2d):
            nn.init.uniform_(part.weight, -2, 2)
            nn.init.normal_(part.bias)
            nn.init.normal_(part.get_buffer("running_mean"))
            nn.init.uniform_(part.get_buffer("running_var"), 0.1, 3)
    return network.eval()


@torch.inference_mode()
def test_folding_changes_no_output(trained: Pocket) -> None:
    shipped = Pocket().eval()
    shipped.load_state_dict(fold(trained))
    x = torch.randn(3, 3, 64, 80)
    expected = trained(x)
    assert (shipped(x) - expected).abs().max() < 1e-4 * expected.abs().max()


@torch.inference_mode()
def test_what_ships_is_half_precision_and_loads_again(trained: Pocket, tmp_path: Path) -> None:
    target = tmp_path / "net.safetensors"
    ship(trained, target)
    assert {value.dtype for value in load_file(target).values()} == {torch.float16}
    x = torch.randn(2, 3, 64, 64)
    expected = trained(x)
    assert (pocket_module(target)(x) - expected).abs().max() < 0.02 * expected.abs().max()


def fail_half_way(target: Path) -> None:
    with whole(target) as draft:
        draft.write_text("ne")
        raise OSError("disk full")


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "file"
    target.write_text("old")
    with pytest.raises(OSError, match="disk"):
        fail_half_way(target)
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]
