"""Networks that want more than one picture: the class in the remedy works as it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import Tensor, nn

from deepvis_app.errors import UserError
from deepvis_app.nets import Network

if TYPE_CHECKING:
    from collections.abc import Callable


class Asks(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.conv = nn.Conv2d(3, 4, 3)


class Two(Asks):
    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        return (self.conv(a) - self.conv(b).flip(3)).abs().mean((2, 3))


class Flag(Asks):
    def forward(self, x: Tensor, return_features: bool) -> Tensor:
        y: Tensor = self.conv(x)
        return y if return_features else y.mean((2, 3))


class KeywordFlag(Asks):
    def forward(self, x: Tensor, *, mask: Tensor | None, steps: int) -> Tensor:
        y: Tensor = self.conv(x)
        return y.mean((2, 3)) if mask is None else y[mask[:, :1]] * (steps + 1)


class Three(Asks):
    def forward(self, a: Tensor, b: Tensor, c: Tensor, d: Tensor) -> Tensor:
        return torch.cat([self.conv(y).mean((2, 3)) for y in (a, b, c, d)], 1)


class FramesFirst(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv3d(8, 4, 3, padding=1)

    def forward(self, clip: Tensor) -> Tensor:  # (N, 8, C, H, W)
        y: Tensor = self.conv(clip)
        return y.mean((2, 3, 4))


class ChannelsLast(Asks):
    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.conv(x.permute(0, 3, 1, 2))
        return y.mean((2, 3))


def clip() -> nn.Module:
    return nn.Sequential(
        nn.Conv3d(3, 4, 3, padding=1), nn.AdaptiveAvgPool3d(1), nn.Flatten(), nn.Linear(4, 5)
    )


@pytest.mark.parametrize(
    ("make", "cause"),
    [
        (Two, "more than a picture: b"),
        (Flag, "more than a picture: return_features"),
        (KeywordFlag, "more than a picture: mask, steps"),
        (Three, "more than a picture: b, c, d"),
        (clip, "wants a clip"),
        (FramesFirst, "wants a clip"),
        (ChannelsLast, "channels last"),
    ],
)
def test_the_wrapper_of_the_remedy_makes_the_network_load(
    make: Callable[[], nn.Module], cause: str
) -> None:
    module = make()
    with pytest.raises(UserError, match=cause) as caught:
        Network(module, (3, 16, 16))
    first, _, code = str(caught.value).partition("\n")
    assert "Wrap it in a module that takes one picture" in first
    given: dict[str, Any] = {}
    exec(code, given)
    net = Network(given["Wrapped"](module), (3, 16, 16))
    x = torch.rand(2, 3, 16, 16)
    found = net.forward(x).logits
    assert found is not None
    assert len(found) == 2
    assert any(info.name.startswith("net.") for info in net.layers)


def test_other_failures_keep_their_own_words() -> None:
    with pytest.raises(UserError, match="cannot run on an input of 1 × 16 × 16") as caught:
        Network(nn.Conv2d(3, 4, 3), (1, 16, 16))
    assert "Wrap" not in str(caught.value)
