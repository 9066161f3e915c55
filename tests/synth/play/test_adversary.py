"""Attacks, against formulas by hand, networks whose minimum is known, and a loop of its own."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from deepvis_app.errors import UserError
from deepvis_app.nets import Network, Preprocessing, load_network
from deepvis_app.nets.preprocessing import ChannelOrder
from deepvis_app.synth import Norm, attack
from deepvis_app.synth.play import EPSILONS, AttackSpec, Played, attack_steps, finished
from deepvis_app.synth.play.moving import moved
from deepvis_app.synth.space import PictureSpace

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray
    from torch import Tensor

SIDE = 12
HOW = Preprocessing(mean=(0.4, 0.5, 0.6), std=(0.2, 0.3, 0.25))


def layers(outputs: int = 5, channels: int = 3, seed: int = 0) -> nn.Sequential:
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Conv2d(channels, 6, 3), nn.Tanh(), nn.Conv2d(6, 6, 3, 2), nn.Tanh(), nn.Flatten(),
        nn.Linear(96, outputs),
    ).double().requires_grad_(False)  # fmt: skip


def network(module: nn.Module | None = None, how: Preprocessing = HOW, **rest: object) -> Network:
    return Network((module or layers()).eval(), (3, SIDE, SIDE), how, **rest)


def picture(seed: int = 1, low: int = 20, high: int = 236) -> NDArray[np.uint8]:
    """One whose values are away from their ends."""
    return np.random.default_rng(seed).integers(low, high, (SIDE, SIDE, 3), np.uint8)


def pixels(of: NDArray[np.uint8]) -> Tensor:
    return torch.from_numpy(of.copy()).permute(2, 0, 1)[None].double() / 255


def model_of(net: Network) -> Callable[[Tensor], Tensor]:
    """The network on pixels in 0..1, by hand."""
    how = net.preprocessing
    mean, std = (torch.tensor(v).view(1, -1, 1, 1).double() for v in (how.mean, how.std))
    return lambda p: net.module((p - mean) / std)


def slope_of(model: Callable[[Tensor], Tensor], p: Tensor, label: int) -> Tensor:
    p = p.clone().requires_grad_()
    loss = functional.cross_entropy(model(p), torch.tensor([label]))
    (gradient,) = torch.autograd.grad(loss, p)
    return gradient


def by_hand(  # the independent loop
    model: Callable[[Tensor], Tensor], p: Tensor, label: int, spec: AttackSpec
) -> Tensor:
    epsilon, x = spec.epsilon, p
    for _ in range(spec.moves):
        gradient = slope_of(model, x, label)
        if spec.norm is Norm.LINF:
            change = x + spec.step(epsilon) * gradient.sign() - p
            change = change.clamp(-epsilon, epsilon)
        else:
            change = x + spec.step(epsilon) * gradient / gradient.norm() - p
            change = change * min(1.0, epsilon / float(change.norm()))
        x = (p + change).clamp(0, 1)
    return x


def in_pixels(net: Network, played: Played) -> Tensor:
    x = torch.from_numpy(played.x)[None].double()
    return (x + PictureSpace(net).mean.cpu()) / 255


def test_fgsm_is_the_formula_to_the_bit() -> None:
    net, before = network(), picture(low=0, high=256)
    label = int(model_of(net)(pixels(before)).argmax())
    sign = slope_of(model_of(net), pixels(before), label).sign()[0].permute(1, 2, 0).numpy()
    expected = np.clip(before.astype(int) + 3 * sign.astype(int), 0, 255)
    found = attack(net, before, epsilon=3 / 255, method="fgsm")
    assert (found.image == expected).all()
    assert (np.abs(found.image.astype(int) - before) == 3).mean() > 0.8
    np.testing.assert_allclose(
        found.arrays["change"], found.image - before.astype(float), atol=1e-4
    )
    assert found.facts["label"] == label
    assert found.facts["success_8bit"] == found.facts["success"]


@pytest.mark.parametrize("norm", ["linf", "l2"])
@pytest.mark.parametrize("method", ["fgsm", "pgd"])
def test_the_loop_by_hand_gives_the_same(method: str, norm: str) -> None:
    net, before = network(), picture()
    spec = AttackSpec(method=method, norm=norm, epsilon=0.02 if norm == "linf" else 0.4, steps=7,
                      scatter=False)  # fmt: skip
    model, p = model_of(net), pixels(before)
    label = int(model(p).argmax())
    expected = by_hand(model, p, label, spec)
    found = finished(attack_steps(net, {"input": before}, spec))
    np.testing.assert_allclose(in_pixels(net, found), expected, atol=2e-7)  # kept as float32
    scores = functional.softmax(model(expected), 1)[0]
    np.testing.assert_allclose(found.arrays["scores_after"], scores, atol=1e-5)
    assert found.facts["success"] == int(int(scores.argmax()) != label)
    assert found.facts["score_after"] == pytest.approx(float(scores[label]), abs=1e-5)
    assert found.curve[-1] == pytest.approx(float(scores[label]), abs=1e-5)
    assert len(found.curve) == spec.passes
    assert found.curve[-1] < found.curve[0] - 0.01


@pytest.mark.parametrize(("norm", "order"), [("linf", np.inf), ("l2", 2)])
def test_pictures_stay_in_the_ball_and_in_range(norm: str, order: float) -> None:
    net, before = network(), picture(low=0, high=256)
    for seed in range(3):
        found = attack(net, before, epsilon=0.1, norm=norm, step_size=0.07, steps=5, seed=seed)
        after = in_pixels(net, found).numpy()
        size = np.linalg.norm((after - pixels(before).numpy()).ravel(), order)
        assert 0.05 < size <= 0.1 + 1e-6
        assert -1e-6 <= after.min() <= after.max() <= 1 + 1e-6


def test_random_starts_go_by_the_seed() -> None:
    net, before = network(), picture()
    one, same, other = (attack(net, before, steps=1, seed=seed) for seed in (1, 1, 2))
    assert (one.x == same.x).all()
    assert (one.x != other.x).mean() > 0.5
    spec = AttackSpec(steps=1, scatter=False)
    still = [finished(attack_steps(net, {"input": before}, spec, seed)).x for seed in (1, 2)]
    assert (still[0] == still[1]).all()


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_a_target_is_reached(norm: str) -> None:
    net, before = network(), picture()
    label = int(model_of(net)(pixels(before)).argmax())
    target = (label + 2) % 5
    epsilon = 0.3 if norm == "linf" else 6
    found = attack(net, before, target, epsilon, norm=norm, steps=20)
    after = functional.softmax(model_of(net)(pixels(found.image)), 1)[0]
    assert int(after.argmax()) == target == found.facts["says"]
    assert found.facts["success"] == found.facts["success_8bit"] == 1
    assert found.facts["needed"] == ""
    assert found.facts["score_after"] > found.facts["score_before"]
    assert found.facts["label"] == label


# A linear network, of which everything is known


def linear(bias: float = 1.0) -> tuple[Network, Tensor]:
    """Two classes; the first leads by margin = bias + w . (p - 1/2), w = the returned one."""
    torch.manual_seed(3)
    module = nn.Sequential(nn.Flatten(), nn.Linear(3 * SIDE * SIDE, 2)).double()
    w = module[1].weight.detach()
    difference = w[0] - w[1]
    with torch.no_grad():
        module[1].bias.copy_(torch.tensor([bias, 0.0]))
    how = Preprocessing(mean=(0.5,) * 3, std=(1.0,) * 3)
    return network(module, how), difference.view(1, 3, SIDE, SIDE)


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_the_least_change_of_a_linear_network_is_found(norm: str) -> None:
    net, w = linear()
    before = picture(low=100, high=150)
    margin = float(1 + (w * (pixels(before) - 0.5)).sum())
    assert margin > 0.1
    exact = margin / float(w.abs().sum() if norm == "linf" else w.norm())
    found = attack(net, before, epsilon=20 * exact, method="least", norm=norm)
    least, tolerance = found.facts["least"], found.facts["tolerance"]
    assert exact * (1 - 1e-5) <= least <= exact + tolerance + 1e-7
    assert tolerance <= 0.011 * least
    assert found.facts["success"] == 1
    assert len(found.curve) <= AttackSpec(method="least").passes
    change = in_pixels(net, found) - pixels(before)
    size = change.abs().max() if norm == "linf" else change.norm()
    assert float(size) == pytest.approx(least, rel=1e-4)


def test_what_is_not_found_offers_twice_as_much() -> None:
    net, w = linear()
    before = picture(low=100, high=150)
    margin = float(1 + (w * (pixels(before) - 0.5)).sum())
    exact = margin / float(w.abs().sum())
    for method in ("fgsm", "pgd", "least"):
        found = attack(net, before, epsilon=0.6 * exact, method=method, scatter=False)
        assert found.facts["success"] == 0
        assert float(found.facts["needed"]) == pytest.approx(1.2 * exact, rel=1e-4)
        again = attack(net, before, epsilon=float(found.facts["needed"]), method=method)
        assert again.facts["success"] == 1


def test_the_linear_argument_is_exact_there() -> None:
    net, w = linear()
    before, epsilon = picture(low=100, high=150), 0.01
    found = attack(net, before, target=1, epsilon=epsilon, method="fgsm")
    facts, n = found.facts, 3 * SIDE * SIDE
    assert facts["dimensions"] == n
    assert facts["w_x"] == pytest.approx(float((w * pixels(before)).sum()), rel=1e-5)
    assert facts["w_eta"] == pytest.approx(-epsilon * n * float(w.abs().mean()), rel=1e-5)
    change = in_pixels(net, found) - pixels(before)
    assert facts["w_eta"] == pytest.approx(float((w * change).sum()), rel=1e-3)
    in_l2 = attack(net, before, target=1, epsilon=epsilon, method="fgsm", norm="l2")
    assert in_l2.facts["w_eta"] == pytest.approx(-epsilon * float(w.norm()), rel=1e-5)


# Networks of other kinds


def one_output(end: nn.Module | None = None) -> nn.Module:
    parts = [*layers(1)] + ([end] if end else [])
    return nn.Sequential(*parts).double()


@pytest.mark.parametrize("kind", ["number", "sigmoid", "given"])
@pytest.mark.parametrize("shift", [0.3, -0.3])
def test_the_answer_of_one_output_turns_over(kind: str, shift: float) -> None:
    module = one_output(nn.Sigmoid() if kind == "given" else None)
    net = network(module, labels=["there"] if kind == "sigmoid" else None)
    assert net.scale is not None
    assert net.scale.value == kind
    raw, before = model_of(network(layers(1))), picture()
    with torch.no_grad():  # the answer: yes above, no below
        module[5].bias += shift - float(raw(pixels(before)))
    found = attack(net, before, epsilon=0.1)
    turned = 1.0 if shift < 0 else -1.0
    logit = found.arrays["scores_after"][0]
    assert math.copysign(1, logit if kind == "number" else logit - 0.5) == turned
    assert found.facts["success"] == found.facts["success_8bit"] == 1
    # all three drive the same logit: the same picture
    plain = attack(network(nn.Sequential(*[*module][:6])), before, epsilon=0.1)
    np.testing.assert_array_equal(found.image, plain.image)
    assert found.facts["w_x"] * shift * plain.facts["w_x"] * shift > 0


def test_classes_that_do_not_exclude_each_other_are_questions_of_their_own() -> None:
    module = layers()
    net, before = network(module, scores="sigmoid"), picture()
    logits = model_of(net)(pixels(before))[0]
    with torch.no_grad():
        module[5].bias += torch.tensor([0.5, -0.4, -0.6, -1.0, 0.3]) - logits
    found = attack(net, before, 1, 0.1)
    assert found.facts["label"] == 0
    assert found.arrays["scores_after"][1] > 0.5 > found.arrays["scores_before"][1]
    away = attack(net, before, epsilon=0.1)
    assert away.arrays["scores_after"][0] < 0.5 < away.arrays["scores_before"][0]
    with pytest.raises(UserError, match="already"):
        attack(net, before, 4, 0.1)


@pytest.mark.parametrize("end", [nn.Softmax(1), nn.LogSoftmax(1)])
def test_saturated_probabilities_are_looked_behind(end: nn.Module) -> None:
    """Of a probability that rounds to one, nothing could be followed back."""
    module = layers()
    with torch.no_grad():
        module[5].weight *= 60
        module[5].bias *= 60
    before = picture()
    plain = attack(network(module.float()), before, epsilon=0.1, scatter=False)
    net = network(nn.Sequential(*module, end).float())
    assert float(net.scores(net.forward(net.normalise(before)[None])).max()) == 1.0
    found = attack(net, before, epsilon=0.1, scatter=False)
    assert (found.image != plain.image).mean() < 0.05  # rounding of what is squashed twice
    assert found.facts["success"] == 1


def test_probabilities_that_are_all_there_is() -> None:
    class Own(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = layers()

        def forward(self, x: Tensor) -> Tensor:
            z = self.inner(x).exp()
            return z / z.sum(1, keepdim=True)

    before = picture()
    net = network(Own())
    assert net.scale is not None
    assert net.scale.value == "given"
    found = attack(net, before, epsilon=0.1, scatter=False)
    plain = attack(network(layers()), before, epsilon=0.1, scatter=False)
    np.testing.assert_allclose(found.x, plain.x, atol=1e-3)


def test_channels_in_another_order_and_one_alone() -> None:
    module, before = layers(), picture()
    swapped = layers()
    with torch.no_grad():
        swapped[0].weight.copy_(module[0].weight.flip(1))
    bgr = Preprocessing(mean=HOW.mean[::-1], std=HOW.std[::-1], channels=ChannelOrder.BGR)
    found = [attack(n, before, epsilon=2 / 255) for n in (network(module), network(swapped, bgr))]
    np.testing.assert_array_equal(found[0].image, found[1].image)
    np.testing.assert_allclose(found[0].arrays["change"], found[1].arrays["change"], atol=1e-4)

    grey = Network(layers(channels=1).eval(), (1, SIDE, SIDE))
    alone = attack(grey, before, epsilon=4 / 255, method="fgsm")
    assert alone.facts["dimensions"] == SIDE * SIDE
    assert (alone.image == alone.image[..., :1]).all()
    luma = np.rint(before @ np.array([0.299, 0.587, 0.114]))
    assert np.abs(alone.image[..., 0] - luma).max() <= 5  # luma may round by one
    assert alone.facts["change_max"] == pytest.approx(4, abs=1e-3)


# What is told


def test_layers_move_as_by_hand() -> None:
    net, before = network(), picture()
    found = attack(net, before, epsilon=0.05, method="fgsm")
    names = str(found.facts["layers"]).split("\n")
    assert names[-1] == "5"
    assert len(names) >= 3
    inputs = [(p - torch.tensor(HOW.mean).view(3, 1, 1)) / torch.tensor(HOW.std).view(3, 1, 1)
              for p in (pixels(before), in_pixels(net, found))]  # fmt: skip
    for name, by_change in zip(names, found.arrays["layers_moved"], strict=True):
        part = nn.Sequential(*[*net.module][: int(name) + 1])
        one, other = (part(x.double()) for x in inputs)
        assert by_change == pytest.approx(float((other - one).norm() / one.norm()), rel=1e-4)
    noise = found.arrays["layers_noise"]
    assert noise.shape == found.arrays["layers_moved"].shape
    assert 0 < noise[-1] < found.arrays["layers_moved"][-1] / 2
    assert found.arrays["noise_scores"].shape == (5,)
    assert np.abs(found.arrays["change"]).mean() == pytest.approx(found.facts["change_mean"])


def test_a_code_of_zeros_that_moves_moves_without_end() -> None:
    module = nn.Sequential(nn.Conv2d(3, 2, 1), nn.ReLU(), nn.Flatten(), nn.Linear(288, 3)).double()
    with torch.no_grad():
        module[0].weight.fill_(1)
        module[0].bias.zero_()
    net = network(module)
    space = PictureSpace(net)
    dark = space.from_input(-torch.ones(1, 3, SIDE, SIDE))
    bright, (zero,) = -dark, moved(net, space, dark, [dark], ["1"])
    assert zero == [0.0]
    assert moved(net, space, dark, [bright], ["1"])[0] == [np.inf]


def test_a_picture_from_noise_becomes_a_class() -> None:
    module = layers()
    module[5].weight *= 4
    net = network(module)
    found = attack(net, None, 3, method="noise", steps=20, step_size=2 / 255)
    assert found.facts["says"] == 3
    assert found.arrays["scores_after"][3] > 0.99
    assert len(found.curve) < AttackSpec(method="noise", steps=20).passes  # it ends when sure
    assert found.curve[0] < 0.9
    other = attack(net, None, 3, method="noise", steps=1, seed=1)
    assert other.image.std() > 50
    assert (other.image != found.image).mean() > 0.5


@pytest.mark.parametrize("method", ["pgd", "least", "noise"])
def test_attacks_go_on_from_a_checkpoint(method: str) -> None:
    net, pictures = network(), {"input": picture()}
    target = 3 if method == "noise" else -1
    spec = AttackSpec(method=method, steps=4, epsilon=0.1,
                      target=target, step_size=0.01 if method != "noise" else 0.004)  # fmt: skip
    told = []
    steps = attack_steps(net, pictures, spec, 5)
    while True:
        try:
            step = next(steps)
        except StopIteration as stop:
            whole = stop.value
            break
        if step is not None:
            told.append((step.step, step.total, step.state()))
    assert [step for step, _, _ in told] == [*range(1, len(told) + 1)]
    assert {total for _, total, _ in told} == {spec.passes}
    for at in {1, len(told) // 2, len(told) - 2}:
        again = finished(attack_steps(net, pictures, spec, 5, told[at][2]))
        np.testing.assert_array_equal(again.x, whole.x)
        np.testing.assert_array_equal(again.curve, whole.curve)
        assert again.facts == whole.facts


def test_small_sizes_come_first() -> None:
    assert list(EPSILONS) == sorted(EPSILONS)
    assert EPSILONS[0] == 0
    assert EPSILONS[-1] == 8 / 255


# What cannot be done


def test_one_line_each_for_what_cannot_be() -> None:
    net, before = network(), picture()
    label = int(model_of(net)(pixels(before)).argmax())
    cases = [
        (lambda: attack(net, before, label), "already"),
        (lambda: attack(net, before, epsilon=0), "ε = 0"),
        (lambda: attack(net, before, 5), "no class 5.*0 to 4"),
        (lambda: attack(net, before, label=9), "no class 9"),
        (lambda: attack(net, before, method="noise"), "needs a class"),
    ]
    for make, message in cases:
        with pytest.raises(UserError, match=message) as caught:
            make()
        assert "\n" not in str(caught.value)
    named = network(layers(), labels=["ant", "bee", "cat", "dog", "elk"])
    with pytest.raises(UserError, match=["ant", "bee", "cat", "dog", "elk"][label]):
        attack(named, before, label)


def test_networks_without_scores_or_gradients() -> None:
    maps = network(nn.Sequential(nn.Conv2d(3, 4, 3)).double())
    with pytest.raises(UserError, match="no class scores"):
        attack(maps, picture())

    class Stopped(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = layers()

        def forward(self, x: Tensor) -> Tensor:
            return self.inner(x.detach())

    with pytest.raises(UserError, match="radient"):
        attack(network(Stopped()), picture())


class Spoils(nn.Module):
    """Gives NaN as soon as the input is further than that from where it was."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = layers()
        self.from_here: Tensor | None = None
        self.most = 0.0

    def forward(self, x: Tensor) -> Tensor:
        here = x if self.from_here is None else self.from_here
        far = (x.detach() - here).abs().max() > self.most
        return torch.where(far, math.nan, self.inner(x))


def test_nan_keeps_the_last_good_picture() -> None:
    module = Spoils()
    net, before = network(module), picture()
    module.from_here = net.normalise(before)[None].double()
    module.most = 0.035  # of inputs, whose red has a deviation of .2: between three steps and four
    found = attack(net, before, epsilon=0.05, steps=8, step_size=0.002, scatter=False)
    assert found.stop.value == "not finite"
    assert found.facts["change_max"] == pytest.approx(3 * 0.002 * 255, abs=1e-3)
    assert np.isfinite(found.arrays["scores_after"]).all()
    assert len(found.curve) == 4  # at the start, and after each step that was good
    module.most = -1
    with pytest.raises(UserError, match="not finite"):
        attack(net, before)


# Real networks

CASES = [("fgsm", "linf", 1 / 255), ("pgd", "linf", 1 / 255), ("pgd", "l2", 0.25)]


@pytest.mark.slow(seconds=40)
@pytest.mark.parametrize(("method", "norm", "epsilon"), CASES)
def test_photographs_are_taken_for_something_else_as_often(
    shared_nets: Path, shared_images: Path, method: str, norm: str, epsilon: float
) -> None:
    """Beside a loop by hand on 20 photographs, from the same start."""
    from PIL import Image

    weights = shared_nets / "squeezenet1_0-imagenet.pth"
    net = load_network("torchvision:squeezenet1_0", weights=str(weights))
    spec = AttackSpec(method=method, norm=norm, epsilon=epsilon, steps=5, scatter=False)
    how = net.preprocessing
    mean, std = (torch.tensor(v).view(1, -1, 1, 1) for v in (how.mean, how.std))
    agree, ours = [], []
    for path in sorted(shared_images.glob("*.jpg"))[::25]:
        seen = net.view(np.asarray(Image.open(path).convert("RGB")))[0]
        found = finished(attack_steps(net, {"input": seen}, spec))
        label = int(found.facts["label"])

        def model(p: Tensor) -> Tensor:
            return net.module((p.float() - mean) / std)

        theirs = model(by_hand(model, pixels(seen).float(), label, spec)).argmax()
        ours.append(found.facts["success"])
        agree.append(int(theirs) != label)
    assert len(ours) == 20
    assert abs(sum(ours) - sum(agree)) <= 1
    assert sum(ours) >= 16
