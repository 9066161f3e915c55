"""Outputs of any kind become one map a unit, or are left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import Tensor, nn

from deepvis_app.nets import Layout, Network

if TYPE_CHECKING:
    from collections.abc import Callable


class Gives(nn.Module):
    """A convolution and a part that gives whatever a function makes of its output."""

    class Part(nn.Module):
        def __init__(self, action: Callable[[Tensor], Any]) -> None:
            super().__init__()
            self.action = action

        def forward(self, x: Tensor) -> Any:
            return self.action(x)

    def __init__(self, action: Callable[[Tensor], Any]) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 2, stride=2)
        self.part = self.Part(action)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(x)
        self.part(y)
        return y.mean((2, 3))


def part_of(action: Callable[[Tensor], Any]) -> dict[str, tuple[Layout, tuple[int, ...]]]:
    """The layers that come of what a part gives: layout and shape by name."""
    net = Network(Gives(action), (3, 12, 8))
    found = [info for info in net.layers if info.name.startswith("part")]
    for info in found:
        maps = net.activations(torch.rand(2, 3, 12, 8), [info.name])[info.name]
        assert maps.shape == (2, *info.shape)
    return {info.name: (info.layout, info.shape) for info in found}


MAPS, LAST, TOKENS, VECTOR = Layout.MAPS, Layout.MAPS_LAST, Layout.TOKENS, Layout.VECTOR
DOUBLE: Callable[[Tensor], Tensor] = lambda y: y * 2  # noqa: E731 - new values, so a new layer


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        (DOUBLE, {"part": (MAPS, (4, 6, 4))}),
        (lambda y: (y * 2).permute(0, 2, 3, 1), {"part": (LAST, (4, 6, 4))}),
        (lambda y: (y * 2).permute(0, 3, 1, 2), {"part": (MAPS, (4, 6, 4))}),
        (lambda y: (y * 2).flatten(2).transpose(1, 2), {"part": (TOKENS, (4, 6, 4))}),
        (lambda y: (y * 2).flatten(2), {"part": (TOKENS, (4, 6, 4))}),
        (lambda y: (y * 2).flatten(1), {"part": (VECTOR, (96, 1, 1))}),
        (lambda y: y.mean((2, 3)), {"part": (VECTOR, (4, 1, 1))}),
        (lambda y: y.mean((2, 3), keepdim=True), {"part": (MAPS, (4, 1, 1))}),
        (lambda y: y.mean(3, keepdim=True), {"part": (MAPS, (4, 6, 1))}),
        (lambda y: y.mean(2, keepdim=True), {"part": (MAPS, (4, 1, 4))}),
        (lambda y: torch.stack([y, y], 2), {"part": (MAPS, (8, 6, 4))}),
        (lambda y: (y * 2, {"a": y * 3, "b": [y * 4]}),
         {"part/0": (MAPS, (4, 6, 4)), "part/1/a": (MAPS, (4, 6, 4)),
          "part/1/b/0": (MAPS, (4, 6, 4))}),
        (lambda y: torch.fft.fft2(y).abs(), {"part": (MAPS, (4, 6, 4))}),
        (lambda y: [y.argmax(1), y > 0, None, 3, "text"], {}),
        (lambda y: y.mean(), {}),
        (lambda y: y.mean((1, 2, 3)), {}),
        (lambda y: torch.fft.fft2(y), {}),
        (lambda y: (y * 2).to_sparse(), {}),
        (lambda y: y[:0] * 2, {}),
        (lambda y: (y * 2).reshape(-1, 4), {}),
        (lambda y: torch.ones(1, 4, 6, 4), {}),
    ],
)  # fmt: skip
def test_outputs_of_any_kind_have_a_picture_or_are_left_out(
    action: Callable[[Tensor], Any], expected: dict[str, tuple[Layout, tuple[int, ...]]]
) -> None:
    assert part_of(action) == expected


def test_units_of_every_layout_are_where_they_belong() -> None:
    def many(y: Tensor) -> dict[str, Tensor]:
        y = y * 2
        tokens = torch.cat([torch.zeros(len(y), 1, 4), y.flatten(2).transpose(1, 2)], 1)
        return {"maps": y, "last": y.permute(0, 2, 3, 1) + 0, "flat": y.flatten(2) + 0,
                "tokens": tokens}  # fmt: skip

    net = Network(Gives(many), (3, 12, 8))
    x = torch.rand(2, 3, 12, 8)
    seen = net.activations(x)
    with torch.no_grad():
        expected = net.module.conv(x) * 2
    for key in ("maps", "last", "flat", "tokens"):
        assert torch.equal(seen[f"part/{key}"], expected), key
    assert torch.equal(seen["part/tokens/class"], torch.zeros(2, 4, 1, 1))


class Attends(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.patch = nn.Conv2d(3, 8, 4, 4)
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        y = self.patch(x).flatten(2).transpose(1, 2)
        y, weights = self.attention(y, y, y, average_attn_weights=False)
        return y.mean(1) + weights.mean()


def test_attention_weights_are_pictured_head_by_head() -> None:
    net = Network(Attends(), (3, 16, 24))
    heads = net.layer("attention/1")
    assert (heads.layout, heads.shape) == (Layout.HEADS, (2, 24, 24))
    values = net.layer("attention/0")
    assert (values.layout, values.shape) == (Layout.TOKENS, (8, 4, 6))
    assert values.receptive_field is not None
    assert values.receptive_field.whole


def test_one_shown_part_goes_by_the_modules_name() -> None:
    net = Network(Gives(lambda y: (y * 2, None)), (3, 12, 8))
    assert net.layer("part").name == "part/0"


def test_inputs_of_another_size_are_pictured_by_their_shape() -> None:
    net = Network(Gives(lambda y: (y * 2).flatten(2).transpose(1, 2)), (3, 12, 8))
    x = torch.rand(1, 3, 8, 16)
    with torch.no_grad():
        expected = net.module.conv(x) * 2
    assert torch.equal(net.activations(x, ["part"])["part"], expected)


def test_tokens_and_their_class_token_can_be_reduced_in_one_pass() -> None:
    def tokens(y: Tensor) -> Tensor:
        return torch.cat([torch.ones(len(y), 1, 4), y.flatten(2).transpose(1, 2)], 1)

    net = Network(Gives(tokens), (3, 12, 8))
    x = torch.rand(1, 3, 12, 8)
    mean: Callable[[Tensor], Tensor] = lambda maps: maps.mean((2, 3))  # noqa: E731
    with torch.no_grad():
        kept = net.forward(x, reduce={"part": mean, "part/class": mean}).activations
        expected = net.module.conv(x).mean((2, 3))
    torch.testing.assert_close(kept["part"], expected)
    assert torch.equal(kept["part/class"], torch.ones(1, 4))
