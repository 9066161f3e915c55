"""Receptive fields against brute force: spoil pixels and see which positions notice."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import pytest
import torch
import torchvision
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812
from torchvision.models import vgg

from deepvis_app.nets import Box, Layout, Network, ReceptiveField

if TYPE_CHECKING:
    from collections.abc import Callable

Spans = list[tuple[int, int]]


class Does(nn.Module):
    """A module made of a function; its parts are called by name in it."""

    def __init__(self, action: Callable[..., Tensor], **parts: nn.Module) -> None:
        super().__init__()
        self.action = action
        for name, part in parts.items():
            self.add_module(name, part)

    def forward(self, x: Tensor) -> Tensor:
        return self.action(self, x)


def positive(module: nn.Module) -> nn.Module:
    """Give all weights positive values, so that nothing cancels out or dies in a ReLU."""
    torch.manual_seed(0)
    for parameter in module.parameters():
        nn.init.uniform_(parameter, 0.1, 1.0)
    return module.eval()


def hull(seen: Tensor) -> Spans:
    """(positions, pixels) bool -> first pixel and the one after the last; (0, 0) for none."""
    spans = []
    for row in seen:
        where = row.nonzero().flatten().tolist()
        spans.append((where[0], where[-1] + 1) if where else (0, 0))
    return spans


def reach_of_nan(net: Network, layer: str) -> tuple[Spans, Spans]:
    """Which input rows (columns) reach every row (column) of a map: as NaN."""
    spans = []
    for axis in (2, 3):
        size = net.input_shape[axis - 1]
        x = torch.rand(size, *net.input_shape)
        for k in range(size):
            x[k].select(axis - 1, k).fill_(torch.nan)
        with torch.no_grad():
            maps = net.forward(x, [layer]).activations[layer]
        noticed = maps.isnan().any(1).any(5 - axis - 1)  # (pixels, positions)
        spans.append(hull(noticed.T))
    return spans[0], spans[1]


def reach_of_gradient(net: Network, layer: str) -> tuple[Spans, Spans]:
    """Which input rows (columns) have a gradient for every row (column) of a map."""
    x = torch.rand(1, *net.input_shape, requires_grad=True)
    maps = net.forward(x, [layer]).activations[layer]
    spans = []
    for axis in (2, 3):
        seen = []
        for k in range(maps.shape[axis]):
            (slope,) = torch.autograd.grad(maps.select(axis, k).sum(), x, retain_graph=True)
            seen.append(slope[0].abs().sum((0, 4 - axis)) > 1e-6)
        spans.append(hull(torch.stack(seen)))
    return spans[0], spans[1]


def claimed(net: Network, layer: str) -> tuple[Spans, Spans]:
    """The same as the network's receptive field tells it."""
    info = net.layer(layer)
    field, size = info.receptive_field, net.input_shape[1:]
    assert field is not None
    rows = [field.box((i, 0), size) for i in range(info.map_size[0])]
    columns = [field.box((0, j), size) for j in range(info.map_size[1])]
    return [(b.top, b.bottom) for b in rows], [(b.left, b.right) for b in columns]


def conv(**options: object) -> nn.Module:
    return nn.Conv2d(**{"in_channels": 3, "out_channels": 4, "kernel_size": 3} | options)


def skip(m: nn.Module, x: Tensor) -> Tensor:
    y = m.enter(x)
    z = m.b(F.relu(m.a(y), inplace=True))
    z += y
    return z


def written_slices(m: nn.Module, x: Tensor) -> Tensor:
    y = m.a(x)
    canvas = torch.zeros_like(y)
    canvas[:, :2] = y[:, :2]
    canvas[:, 2:] = y[:, 2:].roll(3, 2)
    return canvas


def shuffle(m: nn.Module, x: Tensor) -> Tensor:
    kept, changed = m.enter(x).chunk(2, dim=1)
    y = torch.cat([kept, m.a(changed)], 1)
    n, c, h, w = y.shape
    y = y.view(n, 2, c // 2, h, w).transpose(1, 2).contiguous().view(n, c, h, w)
    return m.b(y.chunk(2, dim=1)[0])


def merge_patches(m: nn.Module, x: Tensor) -> Tensor:
    y = m.enter(x).permute(0, 2, 3, 1)
    corners = [y[:, i::2, j::2] for i in (0, 1) for j in (0, 1)]
    return m.mix(m.norm(torch.cat(corners, -1)))


def windows(m: nn.Module, x: Tensor) -> Tensor:
    """Attention within windows of 4 x 4, shifted by 2, as in Swin."""
    y = m.enter(x).permute(0, 2, 3, 1)
    n, h, w, c = y.shape
    y = torch.roll(y, (-2, -2), (1, 2))
    y = y.view(n, h // 4, 4, w // 4, 4, c).permute(0, 1, 3, 2, 4, 5).reshape(-1, 16, c)
    weights = (y @ y.transpose(1, 2)).softmax(-1)
    y = (weights @ y).view(n, h // 4, w // 4, 4, 4, c).permute(0, 1, 3, 2, 4, 5)
    return torch.roll(y.reshape(n, h, w, c), (2, 2), (1, 2))


def gate(m: nn.Module, x: Tensor) -> Tensor:
    y = m.a(x)
    return y * F.adaptive_avg_pool2d(y, 1).sigmoid()


def tower(*parts: nn.Module) -> Callable[[], nn.Module]:
    return lambda: nn.Sequential(*parts)


EXACT: dict[str, Callable[[], nn.Module]] = {
    "plain": tower(conv(), conv(in_channels=4, padding=1)),
    "strided": tower(conv(stride=2, padding=1), conv(in_channels=4, stride=(2, 3))),
    "dilated": tower(conv(dilation=(2, 3), padding=(2, 0)), conv(in_channels=4)),
    "same": tower(conv(kernel_size=5, padding="same"), conv(in_channels=4, padding="same")),
    "flat kernels": tower(conv(kernel_size=(1, 7), padding=(0, 3)), conv(in_channels=4)),
    "circular": tower(conv(), nn.ReflectionPad2d((1, 2, 3, 0)), conv(in_channels=4)),
    "replicated": tower(nn.ReplicationPad2d(2), conv(stride=2)),
    "padded and cut": tower(nn.ZeroPad2d((1, 2, 3, -4)), conv(stride=2)),
    "ceil mode": tower(nn.MaxPool2d(3, 2, ceil_mode=True), nn.MaxPool2d(2, 2, 1), conv()),
    "dilated pool": tower(nn.MaxPool2d(3, 2, 1, dilation=2), conv(padding=1)),
    "average pool": tower(conv(), nn.AvgPool2d(3, 2, 1, ceil_mode=True)),
    "adaptive": tower(conv(), nn.AdaptiveAvgPool2d((5, 4)), conv(in_channels=4)),
    "adaptive max": tower(nn.AdaptiveMaxPool2d((6, 5)), conv()),
    "global": tower(conv(stride=4), nn.AdaptiveAvgPool2d(1), conv(in_channels=4, kernel_size=1)),
    "transposed": tower(conv(stride=2), nn.ConvTranspose2d(4, 3, 3, 2, 1, 1), conv()),
    "transposed 4": tower(conv(stride=2), nn.ConvTranspose2d(4, 3, 4, 2, 1)),
    "transposed 2": tower(conv(stride=3), nn.ConvTranspose2d(4, 3, 2, 2), conv(padding=1)),
    "transposed dilated": tower(nn.ConvTranspose2d(3, 3, 3, 3, 2, dilation=2), conv()),
    "groups": tower(conv(), conv(in_channels=4, groups=2), conv(in_channels=4, groups=4)),
    "pixel shuffle": tower(conv(stride=2), nn.PixelShuffle(2), nn.Conv2d(1, 2, 3)),
    "pixel unshuffle": tower(nn.PixelUnshuffle(2), nn.Conv2d(12, 2, 3)),
    "nearest": tower(conv(), nn.Upsample(scale_factor=1.5), conv(in_channels=4)),
    "nearest exact": tower(conv(stride=2), nn.Upsample((17, 20), mode="nearest-exact")),
    "batch norm": tower(conv(), nn.BatchNorm2d(4), nn.ReLU(inplace=True), nn.GLU(1)),
    "group norm": tower(conv(), nn.GroupNorm(2, 4)),
    "instance norm": tower(conv(), nn.InstanceNorm2d(4)),
    "skip": lambda: Does(skip, enter=conv(padding=1), a=conv(in_channels=4, padding=1),
                         b=conv(in_channels=4, padding=1)),
    "branches": lambda: Does(
        lambda m, x: m.after(torch.cat([m.a(x), m.b(x), m.c(F.max_pool2d(x, 3, 1, 1))], 1)),
        a=conv(padding=1), b=conv(kernel_size=(5, 1), padding=(2, 0)), c=conv(kernel_size=1),
        after=nn.Conv2d(12, 12, 3, groups=12)),
    "shuffle": lambda: Does(shuffle, enter=conv(), a=nn.Conv2d(2, 2, 3, padding=1),
                            b=nn.Conv2d(2, 2, 3)),
    "flipped": lambda: Does(lambda m, x: m.a(torch.cat([x.flip(2), x], 1)),
                            a=conv(in_channels=6)),
    "rolled": lambda: Does(lambda m, x: m.a(x).roll((2, -3), (2, 3)), a=conv(stride=2)),
    "sliced": lambda: Does(lambda m, x: m.a(x)[:, 1:3, 1::2, :-3], a=conv()),
    "stacked": lambda: Does(lambda m, x: torch.stack([m.a(x), m.b(x)], 2).flatten(1, 2),
                            a=conv(padding=1), b=conv(kernel_size=1)),
    "mean over width": lambda: Does(lambda m, x: m.a(x).mean(3, keepdim=True), a=conv()),
    "gate": lambda: Does(gate, a=conv()),
    "merged patches": lambda: Does(merge_patches, enter=conv(padding=1), norm=nn.LayerNorm(16),
                                   mix=nn.Linear(16, 5)),
    "windows": lambda: Does(windows, enter=conv(padding=1)),
    "selected": lambda: Does(lambda m, x: m.a(x)[:, [0, 2]].index_select(2, torch.tensor([5, 1])),
                             a=conv()),
}  # fmt: skip


@pytest.mark.parametrize("case", EXACT)
def test_every_position_of_the_output_sees_what_nan_reaches_it_from(case: str) -> None:
    net = Network(positive(EXACT[case]()), (3, 20, 24))
    assert claimed(net, "output") == reach_of_nan(net, "output")


SMOOTH: dict[str, nn.Module] = {
    "bilinear": nn.Upsample(scale_factor=2, mode="bilinear"),
    "bilinear, odd": nn.Upsample((15, 26), mode="bilinear"),
    "bilinear, corners": nn.Upsample((21, 23), mode="bilinear", align_corners=True),
    "bilinear, smaller": nn.Upsample(scale_factor=0.4, mode="bilinear"),
    "bicubic": nn.Upsample((15, 26), mode="bicubic"),
    "antialias": Does(lambda m, x: F.interpolate(x, (7, 5), mode="bilinear", antialias=True)),
}  # fmt: skip


@pytest.mark.parametrize("case", SMOOTH)
def test_resizing_sees_what_has_a_gradient(case: str) -> None:
    module = nn.Sequential(conv(stride=2, padding=1), SMOOTH[case])
    net = Network(positive(module), (3, 20, 24))
    assert claimed(net, "output") == reach_of_gradient(net, "output")


def test_enlarged_maps_have_the_stride_of_their_pixels() -> None:
    parts = (conv(stride=2, padding=1), nn.ConvTranspose2d(4, 4, 4, 4), nn.Upsample(scale_factor=3))
    net = Network(nn.Sequential(*parts), (3, 20, 24))
    fields = [net.layer(n).receptive_field for n in "012"]
    assert [f.stride for f in fields] == [(2, 2), (0.5, 0.5), (1 / 6, 1 / 6)]
    assert [f.size for f in fields] == [(3, 3)] * 3


def covers(outer: tuple[Spans, Spans], inner: tuple[Spans, Spans]) -> bool:
    return all(
        (a <= c and d <= b) or c == d
        for outside, inside in zip(outer, inner, strict=True)
        for (a, b), (c, d) in zip(outside, inside, strict=True)
    )


@pytest.mark.parametrize(
    "action",
    [
        lambda m, x: torch.fft.ifft2(torch.fft.fft2(m.a(x))).real,
        lambda m, x: m.a(x).cumsum(2),
        lambda m, x: m.a(x).sort(3).values,
        lambda m, x: F.fold(F.unfold(m.a(x), 3), m.a(x).shape[2:], 3),
        lambda m, x: F.grid_sample(m.a(x), torch.zeros(len(x), 9, 9, 2), align_corners=False),
        lambda m, x: m.a(x).topk(5, 3).values,
        written_slices,
    ],
)
def test_unknown_and_data_dependent_operations_claim_too_much_rather_than_too_little(
    action: Callable[..., Tensor],
) -> None:
    net = Network(positive(Does(action, a=conv())), (3, 20, 24))
    assert covers(claimed(net, "output"), reach_of_nan(net, "output"))


# Known networks


def build(name: str) -> nn.Module:
    torch.manual_seed(0)
    options = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
    return getattr(torchvision.models, name)(weights=None, **options).eval()


@functools.cache
def network(name: str, size: tuple[int, int] = (224, 224)) -> Network:
    return Network(build(name), (3, *size))


def sizes(net: Network, kind: str) -> list[tuple[float, float]]:
    fields = [info.receptive_field for info in net.layers if info.kind == kind]
    return [f.size for f in fields if f is not None]


def test_alexnet_has_its_known_fields() -> None:
    convs = [i for i in network("alexnet").layers if i.kind == "Conv2d"]
    fields = [i.receptive_field for i in convs]
    assert [f.size for f in fields] == [(n, n) for n in (11, 51, 99, 131, 163)]
    assert [f.stride for f in fields] == [(n, n) for n in (4, 8, 16, 16, 16)]
    assert [f.start for f in fields] == [(n, n) for n in (-2, -18, -34, -50, -66)]


def test_vgg16_has_its_known_fields() -> None:
    known = [3, 5, 10, 14, 24, 32, 40, 60, 76, 92, 132, 164, 196]
    net = Network(vgg.make_layers(vgg.cfgs["D"]), (3, 96, 128))
    assert sizes(net, "Conv2d") == [(n, n) for n in known]
    field = net.layer("30").receptive_field
    assert (field.size, field.stride, field.start) == ((212, 212), (32, 32), (-90, -90))


@pytest.mark.parametrize(
    ("name", "known"),  # Araujo et al., Distill 2019, table of receptive fields
    [("resnet18", {"layer1": 43, "layer2": 99, "layer3": 211, "layer4": 435}),
     ("resnet50", {"layer1": 35, "layer2": 91, "layer3": 267, "layer4": 427}),
     ("mobilenet_v2", {"features.17": 491})],
)  # fmt: skip
def test_residual_networks_have_their_known_fields(name: str, known: dict[str, int]) -> None:
    net = network(name, (128, 160))
    fields = {n: net.layer(n).receptive_field for n in known}
    assert {n: f.size for n, f in fields.items()} == {n: (s, s) for n, s in known.items()}


def test_squeezenet_keeps_its_field_through_the_classifier() -> None:
    net = network("squeezenet1_0")
    before, after = (net.layer(n).receptive_field for n in ("features.12", "classifier.1"))
    assert before == after
    assert not before.whole
    pooled = net.layer("classifier.3").receptive_field
    assert pooled.whole
    assert pooled.box((0, 0), (224, 224)) == Box(0, 0, 223, 223)  # a stride leaves out the last


def test_squeeze_and_excitation_sees_everything() -> None:
    net = network("efficientnet_b0", (64, 96))
    assert net.layer("features.1.0.block.1").receptive_field.box((0, 0), (64, 96)) == (0, 0, 64, 96)
    assert net.layer("features.1.0.block.0").receptive_field.size == (7, 7)


@pytest.mark.parametrize(
    ("name", "size"),
    [("googlenet", (64, 96)), ("inception_v3", (107, 139)), ("densenet121", (32, 64)),
     ("resnet18", (97, 64)), ("shufflenet_v2_x0_5", (96, 64)), ("mnasnet0_5", (64, 90)),
     ("regnet_x_400mf", (64, 96))],
)  # fmt: skip
def test_positions_of_real_networks_depend_on_their_box_and_no_more(
    name: str, size: tuple[int, int]
) -> None:
    net = network(name, size)
    local = [i for i in net.layers if i.receptive_field and not i.receptive_field.whole]
    torch.manual_seed(1)
    for info in local[:: max(len(local) // 4, 1)]:
        for at in ((info.map_size[0] // 2, info.map_size[1] // 2), (0, info.map_size[1] - 1)):
            box = info.receptive_field.box(at, size)
            assert not spoiled(net, info.name, at, outside(box, size)).any()
            assert spoiled(net, info.name, at, edges(box, size)).all()


def outside(box: Box, size: tuple[int, int]) -> Tensor:
    mask = torch.ones(1, *size, dtype=torch.bool)
    mask[:, box.top : box.bottom, box.left : box.right] = False
    return mask


def edges(box: Box, size: tuple[int, int]) -> Tensor:
    mask = torch.zeros(4, *size, dtype=torch.bool)
    mask[0, box.top] = mask[1, box.bottom - 1] = True
    mask[2, :, box.left] = mask[3, :, box.right - 1] = True
    return mask


def spoiled(net: Network, layer: str, at: tuple[int, int], masks: Tensor) -> Tensor:
    """For every mask (N, H, W): does some unit at that position notice NaN there?"""
    x = torch.rand(len(masks), *net.input_shape)
    x.masked_fill_(masks[:, None], torch.nan)
    with torch.no_grad():
        maps = net.forward(x, [layer], stop_early=True).activations[layer]
    return maps[:, :, at[0], at[1]].isnan().any(1)


def test_tokens_know_their_patch_and_class_tokens_nothing_at_first() -> None:
    net = Network(torchvision.models.VisionTransformer(96, 32, 1, 2, 16, 24), (3, 96, 96))
    patches = net.layer("encoder.dropout")
    assert (patches.layout, patches.shape) == (Layout.TOKENS, (16, 3, 3))
    assert patches.receptive_field.box((1, 2), (96, 96)) == Box(32, 64, 64, 96)
    leading = net.layer("encoder.dropout/class")
    assert (leading.layout, leading.shape) == (Layout.CLASS_TOKEN, (16, 1, 1))
    assert leading.receptive_field is None
    assert net.layer("encoder.layers.encoder_layer_0/class").receptive_field.whole


# The value itself


def test_a_map_lies_where_its_positions_are() -> None:
    module = nn.Sequential(conv(stride=4, padding=1), nn.AdaptiveAvgPool2d(1))
    net = Network(module, (3, 32, 48))
    maps, pooled = (net.layer(n).receptive_field for n in "01")
    assert maps.extent((8, 12), (32, 48)) == (-1.5, -1.5, 30.5, 46.5)
    assert pooled.extent((1, 1), (32, 48)) == (0, 0, 32, 48)
    deep = network("resnet18", (128, 160)).layer("layer4").receptive_field
    assert deep.extent((4, 5), (128, 160)) == (-15.5, -15.5, 112.5, 144.5)
    across = Network(Does(lambda m, x: m.a(x).mean(3, keepdim=True), a=conv()), (3, 10, 10))
    field = across.layer("output").receptive_field
    assert field.extent((8, 1), (10, 10)) == (1, 0, 9, 10)


def test_box_without_rows_is_even_and_clipped() -> None:
    field = ReceptiveField(size=(5, 3), stride=(2, 4), start=(-2, 1))
    assert field.box((0, 0), (10, 10)) == Box(0, 1, 3, 4)
    assert field.box((2, 2), (10, 10)) == Box(2, 9, 7, 10)
    assert ReceptiveField(whole=True).box((7, 7), (10, 12)) == Box(0, 0, 10, 12)
