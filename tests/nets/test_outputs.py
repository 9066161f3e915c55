"""Which part of what a network returns are its class scores, and what kind of numbers they are."""

from __future__ import annotations

from collections import OrderedDict, namedtuple
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import torch
import torchvision
from torch import Tensor, nn

from deepvis_app.errors import UserError
from deepvis_app.nets import Network, Scale, Unit
from deepvis_app.nets.outputs import find_head, probabilities, shares

if TYPE_CHECKING:
    from collections.abc import Callable


class Two(nn.Module):
    """Features (8) and a linear head (5), put together by a function."""

    def __init__(self, pack: Callable[[Tensor, Tensor], Any], classes: int = 5) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
        self.head = nn.Linear(8, classes)
        self.pack = pack

    def forward(self, x: Tensor) -> Any:
        features = self.conv(x).relu().mean((2, 3))
        return self.pack(features, self.head(features))

    def scores(self, x: Tensor) -> Tensor:
        scores: Tensor = self.head(self.conv(x).relu().mean((2, 3)))
        return scores


@dataclass
class Answer:
    embedding: Tensor
    prediction: Tensor


Named = namedtuple("Named", "features logits")  # as torchvision's
PACKS: dict[str, Callable[[Tensor, Tensor], Any]] = {
    "features first": lambda f, s: (f, s),
    "logits first": lambda f, s: [s, f],
    "normalised features last": lambda f, s: (s, nn.functional.normalize(f)),
    "dict": lambda f, s: {"features": f, "logits": s},
    "nested": lambda f, s: {"aux": {"out": f}, "main": (s,)},
    "named tuple": Named,
    "dataclass": Answer,
    "loss, logits and hidden states": lambda f, s: OrderedDict(
        loss=None, logits=s, hidden_states=(f[:, :, None, None], f)
    ),
    "maps beside": lambda f, s: (f[:, :, None, None].expand(-1, -1, 4, 4), s),
}


@pytest.mark.parametrize("labels", [(), tuple("abcde")], ids=["unlabelled", "labelled"])
@pytest.mark.parametrize("pack", PACKS.values(), ids=PACKS)
@torch.no_grad()
def test_the_scores_are_the_heads_however_they_are_packed(
    pack: Callable[[Tensor, Tensor], Any], labels: tuple[str, ...]
) -> None:
    module = Two(pack)
    net = Network(module, (3, 8, 8), labels=labels)
    x = torch.rand(3, 3, 8, 8)
    logits = net.forward(x).logits
    assert logits is not None
    assert torch.equal(logits, module.scores(x))
    assert (net.output_layer, net.scale) == ("head", Scale.SOFTMAX)
    assert net.unit_label(Unit("head", 1)) == ("b" if labels else None)


@torch.no_grad()
def test_labels_say_which_of_several_parts_is_meant() -> None:
    module = Two(lambda f, s: {"logits": s, "species": f[:, :7] * 2})
    net = Network(module, (3, 8, 8), labels="abcdefg")
    logits = net.forward(torch.rand(1, 3, 8, 8)).logits
    assert logits is not None
    assert logits.shape == (1, 7)
    with pytest.raises(UserError, match="6 labels, but the network has 5 classes"):
        Network(module, (3, 8, 8), labels="abcdef")


@torch.no_grad()
def test_of_heads_of_one_width_the_first_is_meant() -> None:
    module = Two(lambda _f, s: (s, s * 2))
    x = torch.rand(1, 3, 8, 8)
    logits = Network(module, (3, 8, 8)).forward(x).logits
    assert logits is not None
    assert torch.equal(logits, module.scores(x))


@torch.no_grad()
def test_googlenets_auxiliary_heads_are_not_its_classes() -> None:
    make = torchvision.models.googlenet
    module = make(weights=None, init_weights=False, num_classes=7).eval()
    x = torch.rand(1, 3, 64, 64)
    logits = Network(module, (3, 64, 64), labels="abcdefg").forward(x).logits
    assert logits is not None
    assert torch.equal(logits, module(x))
    training = torchvision.models.GoogLeNetOutputs(logits, logits + 1, logits + 2)
    head = find_head(training)
    assert head is not None
    assert torch.equal(head.rows(training, 1), logits)


SQUASHED: dict[str, tuple[Callable[[Tensor], Tensor], Scale]] = {
    "nothing": (lambda s: s, Scale.SOFTMAX),
    "softmax": (lambda s: s.softmax(1), Scale.GIVEN),
    "sigmoid": (torch.sigmoid, Scale.GIVEN),
    "hard sigmoid": (nn.functional.hardsigmoid, Scale.GIVEN),
    "sigmoid in place": (lambda s: s.clone().sigmoid_(), Scale.GIVEN),
    "mean of sigmoids": (lambda s: torch.stack([s.sigmoid(), (-s).sigmoid()]).mean(0), Scale.GIVEN),
    "sigmoids beside": (lambda s: torch.cat([h.sigmoid() for h in s.split(2, 1)], 1), Scale.GIVEN),
    "divided by the sum": (lambda s: s.exp() / s.exp().sum(1, keepdim=True), Scale.GIVEN),
    "logits that lie in 0..1": (lambda s: s * 0.01 + 0.5, Scale.SOFTMAX),
    "log softmax": (lambda s: s.log_softmax(1), Scale.SOFTMAX),
    "sigmoid twice as large": (lambda s: s.sigmoid() * 2, Scale.SOFTMAX),
}  # fmt: skip


@pytest.mark.parametrize(("squash", "scale"), SQUASHED.values(), ids=SQUASHED)
@torch.no_grad()
def test_scores_that_lie_in_0_to_1_stay_and_logits_get_a_softmax(
    squash: Callable[[Tensor], Tensor], scale: Scale
) -> None:
    module = Two(lambda _f, s: squash(s))
    net = Network(module, (3, 8, 8))
    assert net.scale is scale
    x = torch.rand(2, 3, 8, 8)
    given = squash(module.scores(x))
    shown = net.scores(net.forward(x))
    torch.testing.assert_close(shown, given if scale is Scale.GIVEN else given.softmax(1))


@torch.no_grad()
def test_one_output_is_a_number_a_sigmoid_or_what_the_network_makes_of_it() -> None:
    module = Two(lambda _f, s: s, classes=1)
    x = torch.rand(2, 3, 8, 8)
    value = module.scores(x)
    cases: list[tuple[tuple[str, ...], str | None, Tensor, str | None]] = [
        ((), None, value, None),
        (("tumour",), None, value.sigmoid(), "tumour"),
        (("healthy", "tumour"), None, value.sigmoid(), "tumour"),
        (("degrees",), "number", value, "degrees"),
        ((), "sigmoid", value.sigmoid(), None),
    ]
    for labels, scores, expected, label in cases:
        net = Network(module, (3, 8, 8), labels=labels, scores=scores)
        assert net.output_layer == "head"
        assert net.layer("head").shape == (1, 1, 1)
        assert net.is_class(Unit("head", 0))
        assert net.unit_label(Unit("head", 0)) == label
        torch.testing.assert_close(net.scores(net.forward(x)), expected)
    ending = Network(Two(lambda _f, s: s.sigmoid(), classes=1), (3, 8, 8))
    assert ending.scale is Scale.GIVEN
    with pytest.raises(UserError, match="3 labels, but the network has 1 class"):
        Network(module, (3, 8, 8), labels="abc")
    with pytest.raises(UserError, match="cannot be 'tanh'"):
        Network(module, (3, 8, 8), scores="tanh")


@pytest.mark.parametrize("squeeze", [lambda s: s.squeeze(1), lambda s: s.flatten(), torch.squeeze])
@torch.no_grad()
def test_one_output_may_be_squeezed(squeeze: Callable[[Tensor], Tensor]) -> None:
    module = Two(lambda _f, s: squeeze(s), classes=1)
    net = Network(module, (3, 8, 8))
    assert net.output_layer == "head"
    for count in (1, 3):
        x = torch.rand(count, 3, 8, 8)
        torch.testing.assert_close(net.forward(x).logits, module.scores(x))


@torch.no_grad()
def test_segmentation_networks_have_labelled_maps_and_shares() -> None:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 3, 1))
    net = Network(module, (3, 16, 16), labels=["sky", "road", "car"])
    assert net.unit_label(Unit("2", 1)) == "road"
    assert net.unit_label(Unit("0", 1)) is None
    assert (net.output_layer, net.maps_layer, net.scale) == (None, "2", Scale.SHARE)
    x = torch.randn(2, 3, 16, 16)
    best = module(x).argmax(1)
    want = torch.stack([torch.stack([(b == k).float().mean() for k in range(3)]) for b in best])
    torch.testing.assert_close(net.scores(net.forward(x)), want)
    for wrong in (2, 5):
        with pytest.raises(UserError, match=f"{wrong} labels, but the network has 3 maps"):
            Network(module, (3, 16, 16), labels="abcde"[:wrong])
    plain = Network(module, (3, 16, 16))  # three maps: classes, or a picture? Nobody said
    assert plain.scale is None
    assert plain.scores(plain.forward(x)) is None


@torch.no_grad()
def test_a_single_mask_counts_above_its_own_middle() -> None:
    for squash, middle in ((nn.Identity(), 0.0), (nn.Sigmoid(), 0.5)):
        torch.manual_seed(1)
        module = nn.Sequential(nn.Conv2d(3, 1, 3, padding=1), squash)
        net = Network(module, (3, 16, 16), labels=["road"])
        x = torch.randn(1, 3, 16, 16)
        share = net.scores(net.forward(x))
        assert share is not None
        assert float(share) == pytest.approx(float((module(x) > middle).float().mean()))
        assert 0.1 < float(share) < 0.9


@torch.no_grad()
def test_torchvisions_segmentation_dict_has_its_maps_under_out() -> None:
    make = torchvision.models.segmentation.lraspp_mobilenet_v3_large
    module = make(weights=None, weights_backbone=None, num_classes=4).eval()
    net = Network(module, (3, 64, 64), labels=["sky", "road", "car", "tree"])
    x = torch.rand(1, 3, 64, 64)
    found = net.forward(x).class_maps
    assert found is not None
    assert torch.equal(found, module(x)["out"])
    assert net.maps_layer is not None
    assert net.unit_label(Unit(net.maps_layer, 1)) == "road"


class Detector(nn.Module):
    """Gives boxes, labels and scores one an object, as torchvision's do."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 6, 3)
        self.cls = nn.Conv2d(6, 4, 1)

    def forward(self, x: Tensor) -> list[dict[str, Tensor]]:
        scores = self.cls(self.conv(x)).softmax(1).flatten(2)[0].amax(0)[:1]
        return [{"boxes": scores.new_zeros(1, 4), "labels": scores.long(), "scores": scores}]


def test_a_detectors_boxes_are_no_classes_and_its_labels_belong_to_a_layer() -> None:
    net = Network(Detector(), (3, 8, 8))
    assert (net.output_layer, net.scale) == (None, None)
    net = Network(Detector(), (3, 8, 8), labels=["sky", "road", "car", "tree"])
    assert net.unit_label(Unit("cls", 1)) == "road"
    with pytest.raises(UserError, match=r"There are 5 labels, but .* none of its layers has 5"):
        Network(Detector(), (3, 8, 8), labels="abcde")


def test_probabilities_without_a_network_go_by_the_values() -> None:
    given = torch.tensor([[0.99, 0.98, 0.01, 0.02], [3.0, 1.0, 0.5, -2.0]])
    shown = probabilities(given)
    assert torch.equal(shown[0], given[0])
    torch.testing.assert_close(shown[1], given[1].softmax(0))
    assert probabilities(torch.tensor([[7.5]])).item() == 7.5


def test_shares_sum_to_one() -> None:
    maps = torch.randn(2, 5, 6, 7)
    assert shares(maps).sum(1).tolist() == pytest.approx([1, 1])
