"""Real networks: a scan of photographs against bare PyTorch, layers that repeat others, boxes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from deepvis_app.corpus import load_corpus, scan
from deepvis_app.corpus.measure import Look
from deepvis_app.corpus.repeats import Flow
from deepvis_app.frames.decode import read_picture
from deepvis_app.nets import Network, Preprocessing, Unit, load_network
from tests.corpus import brute
from tests.corpus.tiny import Pictures

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


FEW = ("features.0", "features.3.squeeze_activation", "features.5", "features.12", "classifier.1",
       "classifier.3")  # fmt: skip


@pytest.mark.slow(seconds=60)
def test_squeezenet_on_500_photographs(
    shared_nets: Path, shared_images: Path, tmp_path: Path
) -> None:
    network = load_network("torchvision:squeezenet1_0", shared_nets / "squeezenet1_0-imagenet.pth")
    found = scan(network, shared_images, out=tmp_path)
    assert (found.scanned, found.faults.count, len(found.layers)) == (500, 0, 64)
    modules = dict(network.module.named_modules())
    scores: dict[str, list[np.ndarray]] = {name: [] for name in FEW}
    lows: dict[str, list[np.ndarray]] = {name: [] for name in FEW}
    where: dict[str, list[np.ndarray]] = {name: [] for name in FEW}

    def keep(name: str) -> Callable[..., None]:
        def hook(_m: object, _x: object, out: torch.Tensor) -> None:
            flat = out.flatten(2).numpy().copy()
            scores[name] += list(flat.max(2))
            lows[name] += list(flat.min(2))
            where[name] += list(flat.argmax(2))

        return hook

    handles = [modules[name].register_forward_hook(keep(name)) for name in FEW]
    rows = range(500)
    for first in rows[::4]:
        pictures = [shared_images / found.plan.names[row] for row in rows[first : first + 4]]
        x = torch.stack([network.prepare(read_picture(path).image) for path in pictures])
        with torch.no_grad():
            network.module(x)
    for handle in handles:
        handle.remove()
    ids = [int(one) for one in found.plan.ids]
    for name in FEW:
        values, state = np.array(scores[name]), found.stats(name)
        np.testing.assert_array_equal(state.total, values.astype(np.float64).sum(0))
        np.testing.assert_array_equal(state.highest, values.max(0))
        np.testing.assert_allclose(
            found.covariance(name), np.cov(values.T.astype(float), bias=True), rtol=1e-6, atol=1e-6
        )
        places = np.array(where[name])
        for unit in range(0, values.shape[1], 7):
            wanted = brute.tops(values[:, unit].tolist(), places[:, unit].tolist(), ids, 9)
            if state.bottom is None:
                wanted = [one for one in wanted if one[0] > 0]
            tops = found.top(Unit(name, unit))
            assert [(p.value, p.picture) for p in tops] == [one[:2] for one in wanted]
            if tops and tops[0].position:
                width = network.layer(name).shape[2]
                assert [p.position for p in tops] == [divmod(one[2], width) for one in wanted]
            if state.bottom is not None:
                least = np.array(lows[name])[:, unit].tolist()
                wanted = brute.tops(least, ids, ids, 9, lowest=True)
                assert [(p.value, p.picture) for p in found.bottom(Unit(name, unit))] == [
                    one[:2] for one in wanted
                ]


# Layers that repeat others


class Turns(nn.Module):
    """Goes another way for each picture: what repeats what is not the same twice."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Conv2d(3, 4, 3), nn.Conv2d(3, 4, 3)
        self.cut, self.six, self.clip = nn.ReLU(), nn.ReLU6(), nn.Hardtanh(0, 0.05)
        self.both, self.last = nn.Identity(), nn.Conv2d(12, 2, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        a, b = self.a(x), self.b(x)
        cut = self.cut(a if x.mean() > 0 else b)
        parts = [cut, self.six(functional.relu(a * 30)), self.clip(b)]
        return self.last(self.both(torch.cat(parts if x.std() > 1 else parts[::-1], 1)))


class Written(nn.Module):
    """Writes into what it looked at."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.cut, self.b = nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 4, 1)
        self.again, self.both, self.last = nn.ReLU(inplace=True), nn.Identity(), nn.Conv2d(8, 2, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        a = self.a(x)
        a -= 0.25
        cut = self.cut(a)
        cut *= 2
        b = self.again(self.b(cut))
        return self.last(self.both(torch.cat([cut, b], 1)))


NETWORKS = {
    "squeezenet": "torchvision:squeezenet1_1@none",
    "resnet18": "torchvision:resnet18@none",
    "googlenet": "torchvision:googlenet@none",
    "mobilenet_v2": "torchvision:mobilenet_v2@none",
    "densenet": "torchvision:densenet121@none",
    "vit": "torchvision:vit_b_32@none",
    "turns": Turns,
    "written": Written,
}
NO_PLAIN_RELU = ("mobilenet_v2", "vit")
SLOW = ("resnet18", "googlenet", "mobilenet_v2", "densenet", "vit")


def named(name: str) -> Network:
    made: Any = NETWORKS[name]
    torch.manual_seed(0)
    if isinstance(made, str):
        return load_network(made)
    return Network(made().eval(), (3, 12, 12), Preprocessing(mean=(0.5,), std=(0.3,)))


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=pytest.mark.slow(seconds=20) if n in SLOW else ()) for n in NETWORKS],
)
def test_a_layer_that_repeats_others_is_as_if_it_was_measured(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network, pictures = named(name), Varied(14)
    told: set[str] = set()
    plain = Look._is_told_by

    def is_told_by(look: Look, layer: str, repeat: Any) -> bool:
        if plain(look, layer, repeat):
            told.add(layer)
            return True
        return False

    monkeypatch.setattr(Look, "_is_told_by", is_told_by)
    fast = scan(network, pictures, out=tmp_path / "fast", batch=2)
    monkeypatch.setattr(Flow, "met", lambda *_: None)
    slow = scan(network, pictures, out=tmp_path / "slow", batch=2)
    assert bool(told) is (name not in NO_PLAIN_RELU)
    for layer in fast.layers:
        one, other = fast.stats(layer), slow.stats(layer)
        assert set(brute.same(one, other)) <= {"places_total"}, layer
        scale = np.abs(other.places_total).max() + 1e-9
        np.testing.assert_allclose(one.places_total, other.places_total, atol=1e-6 * scale)
        tables = [each.scores(layer) for each in (fast, slow)]
        np.testing.assert_array_equal(tables[0].values, tables[1].values)
        if tables[0].places is not None:
            np.testing.assert_array_equal(tables[0].places, tables[1].places)


class Varied(Pictures):
    """Dark and light, plain and busy pictures."""

    def __init__(self, count: int) -> None:
        super().__init__(0)
        chance = np.random.default_rng(1)
        self.images = np.stack(
            [
                chance.integers(0, 1 + int(chance.integers(1, 256)), (64, 64, 3)).astype(np.uint8)
                for _ in range(count)
            ]
        )
        self.labels = np.zeros(count, np.int64)


# Boxes


class Dilated(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one = nn.Conv2d(3, 4, 3, dilation=3, padding=2)
        self.two = nn.Conv2d(4, 4, 3, stride=2, dilation=2)
        self.last = nn.Conv2d(4, 2, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.last(self.two(self.one(x)))


BOXES = {
    "squeezenet": lambda: load_network("torchvision:squeezenet1_1@none"),
    "resnet18": lambda: load_network("torchvision:resnet18@none"),
    "mobilenet_v2": lambda: load_network("torchvision:mobilenet_v2@none"),
    "dilated": lambda: Network(Dilated().eval(), (3, 48, 40)),
    "vit": lambda: load_network("torchvision:vit_b_32@none"),
}


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=() if n == "dilated" else pytest.mark.slow(seconds=15)) for n in BOXES],
)
def test_a_box_holds_all_that_a_place_depends_on(name: str, tmp_path: Path) -> None:
    """Where the gradient of a unit at its place is not zero, there its box is."""
    torch.manual_seed(0)
    network = BOXES[name]()
    layers = [info.name for info in network.layers if info.map_size[0] * info.map_size[1] > 1]
    layers = layers[:: max(len(layers) // 6, 1)]
    found = scan(network, Varied(3), out=tmp_path, layers=layers, batch=1)
    height, width = network.input_shape[1:]
    whole = 0
    for layer in layers:
        for unit in (0, 1):
            for patch in found.top(Unit(layer, unit))[:2]:
                seen = network.view(Varied(3)[int(patch.path.name)][0])[0]
                support = gradient_support(network, layer, unit, patch.position, seen)
                inside = np.zeros((height, width), bool)
                box = patch.box
                inside[box.top : box.bottom, box.left : box.right] = True
                assert not (support & ~inside).any(), (layer, patch)
                whole += inside.all()
                field = found.manner.part(layer).field
                if field is not None and not field.at_most and not field.whole:
                    sides = np.nonzero(support.any(1))[0], np.nonzero(support.any(0))[0]
                    if name == "dilated":
                        assert (sides[0][0], sides[0][-1] + 1) == (box.top, box.bottom)
                        assert (sides[1][0], sides[1][-1] + 1) == (box.left, box.right)
    if name in ("squeezenet", "dilated"):
        assert whole < 3 * len(layers)


def gradient_support(
    network: Network, layer: str, unit: int, position: tuple[int, int], seen: np.ndarray
) -> np.ndarray:
    """Return which pixels (H, W) a unit's activation at a place depends on, by autograd."""
    module = dict(network.module.named_modules())[layer.partition("~")[0]]
    x = network.normalise(seen)[None].requires_grad_()
    kept: list[torch.Tensor] = []
    handle = module.register_forward_hook(lambda _m, _x, out: kept.append(out))
    try:
        network.module(x)
    finally:
        handle.remove()
    maps = network.maps(layer, kept[0] if isinstance(kept[0], torch.Tensor) else kept[0][0])
    gradient = torch.autograd.grad(maps[0, unit, position[0], position[1]], x)[0]
    return (gradient[0] != 0).any(0).numpy()


# Decoding


def test_only_much_larger_pictures_are_decoded_at_a_part_of_their_size(
    shared_images: Path, tmp_path: Path
) -> None:
    """Eight times as large as the input: less than a part in a hundred of the pixels' range."""
    from PIL import Image

    network = Network(nn.Sequential(nn.Conv2d(3, 2, 3)), (3, 32, 32))
    folder = tmp_path / "pictures"
    folder.mkdir()
    paths = sorted(shared_images.iterdir())[:12]
    for number, path in enumerate(paths):
        with Image.open(path) as picture:
            side = 320 if number % 2 else 250
            picture.convert("RGB").resize((side, side)).save(folder / f"{number}.jpg", quality=95)
    whole = scan(network, folder, out=tmp_path / "whole", reduced=False, batch=1)
    part = scan(network, folder, out=tmp_path / "part", batch=1)
    one, other = (each.scores("0").values.astype(float) for each in (whole, part))
    small = [int(name.partition(".")[0]) % 2 == 0 for name in whole.plan.names]
    np.testing.assert_array_equal(one[small], other[small])
    large = ~np.array(small)
    assert (one[large] != other[large]).any()
    assert np.abs(one[large] - other[large]).max() < 0.05 * np.abs(one).max()
    assert load_corpus(tmp_path / "part").manner.reduced
