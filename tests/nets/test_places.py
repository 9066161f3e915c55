"""Sequences, windows and tokens: units, places and fields against plain hooks and gradients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch
import torchvision
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from deepvis_app.errors import UserError
from deepvis_app.nets import Layout, Network

if TYPE_CHECKING:
    from collections.abc import Callable


class Does(nn.Module):
    """A network of two parts, `first` and `last`, put together by a function."""

    def __init__(self, action: Callable[..., Any], first: nn.Module, last: nn.Module) -> None:
        super().__init__()
        self.action, self.first, self.last = action, first, last

    def forward(self, x: Tensor) -> Any:
        return self.action(self, x)


def network(
    action: Callable[..., Any], first: nn.Module, last: nn.Module, shape: tuple[int, int, int]
) -> Network:
    """Weights are positive, so that no gradient cancels out."""
    module = Does(action, first, last).eval()
    torch.manual_seed(0)
    for parameter in module.parameters():
        nn.init.uniform_(parameter, 0.05, 0.5)
    return Network(module, shape)


def check_field(net: Network, layer: str, *, exact: bool) -> None:
    """Hold the field of every position against the gradient's support on random inputs."""
    info = net.layer(layer)
    field = info.receptive_field
    assert field is not None
    assert field.at_most is not exact
    height, width = info.map_size
    for i in range(height):
        for j in range(width):
            x = torch.rand(1, *net.input_shape, requires_grad=True)
            maps = net.forward(x, [layer]).activations[layer]
            weights = torch.rand(info.unit_count)  # a sum alone is constant behind a norm
            (slope,) = torch.autograd.grad((maps[0, :, i, j] * weights).sum(), x)
            seen = slope[0].abs().sum(0) > 1e-12
            rows, columns = (seen.any(d).nonzero().flatten().tolist() for d in (1, 0))
            found = rows[0], columns[0], rows[-1] + 1, columns[-1] + 1
            box = field.box((i, j), net.input_shape[1:])
            if exact:
                assert box == found
            else:
                assert box[0] <= found[0]
                assert box[1] <= found[1]
                assert box[2] >= found[2]
                assert box[3] >= found[3]


def hooked(net: Network, path: str, x: Tensor) -> Any:
    """What a part of a network gives, as a plain hook sees it."""
    seen: list[Any] = []
    module = dict(net.module.named_modules())[path]
    handle = module.register_forward_hook(lambda _m, _a, output: seen.append(output))
    with torch.no_grad():
        net.module(x)
    handle.remove()
    return seen[0]


# Sequences: (batch, C, T), (batch, T, C), (T, batch, C)

ROWS_IN_TIME: Callable[[Tensor], Tensor] = lambda x: x[:, 0]  # noqa: E731 - (N, rows, columns)


def last_step(m: Does, x: Tensor) -> Tensor:
    steps, _ = m.first(x[:, 0].transpose(1, 2))  # a spectrogram's columns are time
    return m.last(steps[:, -1])


def time_first(m: Does, x: Tensor) -> Tensor:
    steps, _ = m.first(x[:, 0].permute(2, 0, 1))
    return m.last(steps[-1])


SEQUENCES: dict[str, tuple[Callable[..., Any], nn.Module, tuple[int, int, int], str]] = {
    "Conv1d over columns": (
        lambda m, x: m.last(m.first(x[:, 0]).mean(2)),
        nn.Conv1d(6, 5, 3, padding=1, stride=2), (1, 6, 12), "first"),
    "Conv1d over columns of all channels": (
        lambda m, x: m.last(m.first(x.flatten(1, 2)).mean(2)),
        nn.Conv1d(12, 5, 5), (2, 6, 12), "first"),
    "Conv1d over rows": (
        lambda m, x: m.last(m.first(x.mean(3)).mean(2)),
        nn.Conv1d(2, 5, 3), (2, 10, 4), "first"),
    "LSTM": (last_step, nn.LSTM(6, 5, batch_first=True), (1, 6, 7), "first/0"),
    "LSTM both ways": (
        lambda m, x: m.last(m.first(x[:, 0].transpose(1, 2))[0].mean(1)[:, :5]),
        nn.LSTM(6, 5, batch_first=True, bidirectional=True), (1, 6, 7), "first/0"),
    "GRU": (last_step, nn.GRU(6, 5, batch_first=True), (1, 6, 7), "first/0"),
    "LSTM, time first": (time_first, nn.LSTM(6, 5), (1, 6, 7), "first/0"),
    "GRU of two layers, time first": (time_first, nn.GRU(6, 5, 2), (1, 6, 7), "first/0"),
    "GRU over rows": (
        lambda m, x: m.last(m.first(x[:, 0])[0][:, -1]),
        nn.GRU(6, 5, batch_first=True), (1, 7, 6), "first/0"),
}  # fmt: skip


@pytest.mark.parametrize(("action", "first", "shape", "layer"), SEQUENCES.values(), ids=SEQUENCES)
def test_sequences_are_units_over_time(
    action: Callable[..., Any], first: nn.Module, shape: tuple[int, int, int], layer: str
) -> None:
    net = network(action, first, nn.Linear(5, 3), shape)
    info = net.layer(layer)
    assert info.layout is Layout.SEQUENCE
    x = torch.rand(2, *shape)
    given = hooked(net, "first", x)
    given = given[0] if isinstance(given, tuple) else given
    units = info.unit_count
    maps = net.activations(x, [layer])[layer]
    assert maps.shape == (2, units, *info.map_size)
    assert 1 in info.map_size
    if given.shape[1] == units:
        wanted = given
    elif given.shape[0] == 2:
        wanted = given.transpose(1, 2)
    else:
        wanted = given.permute(1, 2, 0)
    assert torch.equal(maps.flatten(2), wanted)
    check_field(net, layer, exact=True)


def test_a_picture_laid_end_to_end_folds_back_and_its_field_is_a_bound() -> None:
    net = network(
        lambda m, x: m.last(m.first(x.flatten(2)).mean(2)),
        nn.Conv1d(2, 5, 3, padding=1), nn.Linear(5, 3), (2, 5, 6),
    )  # fmt: skip
    assert net.layer("first").shape == (5, 5, 6)
    x = torch.rand(2, 2, 5, 6)
    maps = net.activations(x, ["first"])["first"]
    assert torch.equal(maps.flatten(2), hooked(net, "first", x))
    check_field(net, "first", exact=False)


def test_steps_that_share_a_dimension_with_the_pictures_are_told_apart() -> None:
    def each_step(m: Does, x: Tensor) -> Tensor:
        steps = x[:, 0].transpose(1, 2)
        flat = m.first(steps.reshape(-1, 6))
        return m.last(flat.view(len(x), -1, 5).mean(1))

    net = network(each_step, nn.Linear(6, 5), nn.Linear(5, 3), (1, 6, 7))
    assert net.layer("first").shape == (5, 1, 7)
    x = torch.rand(3, 1, 6, 7)
    maps = net.activations(x, ["first"])["first"]
    assert torch.equal(maps[:, :, 0], hooked(net, "first", x).view(3, 7, 5).transpose(1, 2))
    check_field(net, "first", exact=True)


def test_where_pictures_are_mixed_up_along_a_dimension_the_layer_is_left_out() -> None:
    def interleaved(m: Does, x: Tensor) -> Tensor:
        steps = x[:, 0].permute(2, 0, 1)  # (T, N, rows): the pictures change fastest
        flat = m.first(steps.reshape(-1, 6))
        return m.last(flat.view(-1, len(x), 5).mean(0))

    net = network(interleaved, nn.Linear(6, 5), nn.Linear(5, 3), (1, 6, 7))
    assert "first" not in [info.name for info in net.layers]


# Tokens


class Tokens(nn.Module):
    """Patches of 8 px and tokens of any number before, between and behind them."""

    def __init__(self, before: int, behind: int, between: int = 0, order: str = "") -> None:
        super().__init__()
        torch.manual_seed(0)
        self.patch = nn.Conv2d(3, 16, 8, 8)
        self.extra = nn.Parameter(torch.randn(3, 1, 8, 16))
        self.counts, self.order = (before, between, behind), order
        self.norm = nn.LayerNorm(16)
        self.attend = nn.MultiheadAttention(16, 2, batch_first=True)
        self.head = nn.Linear(16, 4)

    def forward(self, x: Tensor) -> Tensor:
        t = self.patch(x).flatten(2).transpose(1, 2)
        if self.order == "transposed":
            t = self.patch(x).transpose(2, 3).flatten(2).transpose(1, 2)
        one, two, three = (
            e[:, :n].expand(len(x), -1, -1) for e, n in zip(self.extra, self.counts, strict=True)
        )
        half = t.shape[1] // 2
        t = self.norm(torch.cat([one, t[:, :half], two, t[:, half:], three], 1))
        scores: Tensor = self.head(self.attend(t, t, t)[0].mean(1))
        return scores


@pytest.mark.parametrize(
    ("before", "behind", "between", "order"),
    [(0, 0, 0, ""), (1, 0, 0, ""), (2, 0, 0, ""), (5, 0, 0, ""), (0, 5, 0, ""), (1, 5, 0, ""),
     (1, 4, 2, ""), (0, 0, 1, ""), (1, 1, 0, "transposed")],
)  # fmt: skip
def test_patches_make_the_map_wherever_other_tokens_stand(
    before: int, behind: int, between: int, order: str
) -> None:
    module = Tokens(before, behind, between, order).eval()
    net = Network(module, (3, 32, 48))
    x = torch.rand(2, 3, 32, 48)
    tokens = hooked(net, "norm", x)
    patches = 24
    numbers = list(range(tokens.shape[1]))
    half = before + patches // 2
    apart = numbers[:before] + numbers[half : half + between] + numbers[len(numbers) - behind :]
    if not behind:
        apart = numbers[:before] + numbers[half : half + between]
    placed = [n for n in numbers if n not in apart]
    maps = net.activations(x)
    wanted = tokens[:, placed].transpose(1, 2)
    wanted = wanted.reshape(2, 16, 6, 4).transpose(2, 3) if order else wanted.reshape(2, 16, 4, 6)
    assert torch.equal(maps["norm"], wanted)
    assert ("norm/class" in maps) == bool(apart)
    if apart:
        assert torch.equal(maps["norm/class"][:, :, 0], tokens[:, apart].transpose(1, 2))
    field = net.layer("norm").receptive_field
    assert field is not None
    assert field.box((1, 2), (32, 48)) == (8, 16, 16, 24)
    assert not field.at_most
    after = net.layer("attend/0").receptive_field
    assert after is not None
    assert after.whole
    assert not after.at_most


# Windows


def windows_of(x: Tensor, side: int) -> Tensor:
    """(N, C, H, W) -> (N · windows, places, C), as Swin's."""
    n, c, h, w = x.shape
    x = x.view(n, c, h // side, side, w // side, side)
    return x.permute(0, 2, 4, 3, 5, 1).reshape(-1, side * side, c)


def picture_of(windows: Tensor, side: int, n: int, h: int, w: int) -> Tensor:
    """Put windows back: (N, C, H, W)."""
    x = windows.view(n, h // side, w // side, side, side, -1)
    return x.permute(0, 5, 1, 3, 2, 4).reshape(n, -1, h, w)


class Windowed(nn.Module):
    """Attention in windows of 2 × 2 patches, shifted or not, with a batch dimension or not."""

    def __init__(self, shift: int, apart: bool) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.patch = nn.Conv2d(3, 8, 2, 2)
        self.norm = nn.LayerNorm(8)
        self.head = nn.Linear(8, 3)
        self.shift, self.apart = shift, apart

    def forward(self, x: Tensor) -> Tensor:
        y = self.patch(x)
        n, _, h, w = y.shape
        if self.shift:
            y = y.roll((-self.shift, -self.shift), (2, 3))
        t = windows_of(y, 2)
        if self.apart:
            t = t.view(n, -1, 4, 8)
        t = (t @ t.transpose(-1, -2)).softmax(-1) @ t
        t = self.norm(t)
        scores: Tensor = self.head(picture_of(t.reshape(-1, 4, 8), 2, n, h, w).mean((2, 3)))
        return scores


@pytest.mark.parametrize("apart", [False, True], ids=["with the pictures", "apart"])
@pytest.mark.parametrize("shift", [0, 1])
def test_windows_are_put_back_in_place_and_channels_are_units(shift: int, apart: bool) -> None:
    net = Network(Windowed(shift, apart).eval(), (3, 12, 8))
    info = net.layer("norm")
    assert (info.shape, info.layout) == ((8, 6, 4), Layout.WINDOWS)
    x = torch.rand(3, 3, 12, 8)
    given = picture_of(hooked(net, "norm", x).reshape(-1, 4, 8), 2, 3, 6, 4)
    wanted = given.roll((shift, shift), (2, 3))
    assert torch.equal(net.activations(x, ["norm"])["norm"], wanted)
    check_field(net, "norm", exact=not shift)
    head = net.layer("head").receptive_field
    assert head is not None
    assert head.whole
    assert not head.at_most
    with pytest.raises(UserError, match="windows"):
        net.activations(torch.rand(1, 3, 16, 16), ["norm"])


def test_maxvits_windows_are_256_units() -> None:
    torch.manual_seed(0)
    module = torchvision.models.maxvit.MaxVit(
        (64, 64), 8, 2, [8, 8], [1, 1], 8, 0.0, num_classes=3
    ).eval()
    net = Network(module, (3, 64, 64))
    layer = "blocks.0.layers.0.layers.window_attention.mlp_layer.1"
    info = net.layer(layer)
    assert info.shape == (32, 16, 16)
    x = torch.rand(2, 3, 64, 64)
    given = hooked(net, layer, x)
    wanted = picture_of(given.reshape(-1, 4, 32), 2, 2, 16, 16)
    assert given.shape == (2, 64, 4, 32)
    assert torch.equal(net.activations(x, [layer])[layer], wanted)


@pytest.mark.slow(seconds=9)
def test_swins_windows_are_exact_until_they_are_shifted() -> None:
    torch.manual_seed(0)
    module = torchvision.models.SwinTransformer([4, 4], 8, [2, 2], [2, 2], [4, 4], num_classes=3)
    net = Network(module.eval(), (3, 64, 64))
    fields = {info.name: info.receptive_field for info in net.layers}
    shifted = fields["features.1.1.attn"]
    assert shifted is not None
    assert shifted.at_most
    check_field(net, "features.1.0.attn", exact=True)


# Fields that are no more than bounds


def sampled(m: Does, x: Tensor) -> Tensor:
    grid = F.affine_grid(torch.eye(2, 3).expand(len(x), -1, -1), list(x.shape), False)
    return m.last(F.grid_sample(m.first(x), grid, align_corners=False))


def masked_attention(m: Does, x: Tensor) -> Tensor:
    t = m.first(x).flatten(2).transpose(1, 2)
    weights = t @ t.transpose(1, 2)
    mask = torch.ones(weights.shape[1:]).tril().bool()
    t = weights.masked_fill(~mask, -1e9).softmax(-1) @ t
    return m.last(t.transpose(1, 2).reshape(len(x), 4, *x.shape[2:]))


BOUNDS: dict[str, Callable[..., Any]] = {
    "grid sampling": sampled,
    "unfold": lambda m, x: m.last(
        F.fold(F.unfold(m.first(x), 2, stride=2), x.shape[2:], 2, stride=2)
    ),
    "rolling": lambda m, x: m.last(m.first(x).roll(1, 3)),
    "flipping": lambda m, x: m.last(m.first(x) + m.first(x).flip(3)),
    "circular padding": lambda m, x: m.last(F.pad(m.first(x), (1, 1, 1, 1), mode="circular")),
    "masked attention": masked_attention,
    "deformable convolution": lambda m, x: m.last(
        torchvision.ops.deform_conv2d(
            m.first(x), torch.zeros(len(x), 18, *x.shape[2:]), m.last.weight, padding=1
        )
    ),
}


@pytest.mark.parametrize("action", BOUNDS.values(), ids=BOUNDS)
def test_what_is_only_a_bound_says_at_most(action: Callable[..., Any]) -> None:
    net = network(action, nn.Conv2d(3, 4, 1), nn.Conv2d(4, 4, 3, padding=1), (3, 4, 6))
    check_field(net, "first", exact=True)
    check_field(net, "last", exact=False)


@pytest.mark.parametrize("corners", [False, True])
@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
def test_resizing_is_followed_exactly(corners: bool, mode: str) -> None:
    net = network(
        lambda m, x: m.last(F.interpolate(m.first(x), (7, 9), mode=mode, align_corners=corners)),
        nn.Conv2d(3, 4, 1), nn.Conv2d(4, 4, 1), (3, 4, 6),
    )  # fmt: skip
    check_field(net, "last", exact=True)
