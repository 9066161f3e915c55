"""Weights as people save them: found wherever they lie, or refused with what is so."""

from __future__ import annotations

import copy
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import pytest
import torch
from safetensors.torch import save_file
from torch import nn
from torch.optim.swa_utils import AveragedModel

from deepvis_app.errors import UserError
from deepvis_app.nets import load_network
from deepvis_app.nets.state_dicts import class_count, fit
from deepvis_app.nets.weights_file import read_weights

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from torch import Tensor

    from deepvis_app.nets.taken import TakenWeights

    State = dict[str, Tensor]


class Small(nn.Module):
    """A convolution, a batch norm, a linear layer: parameters, buffers and a counter."""

    def __init__(self, classes: int = 5, width: int = 4, channels: int = 3) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, width, 3)
        self.norm = nn.BatchNorm2d(width)
        self.fc = nn.Linear(width, classes)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.fc(self.norm(self.conv(x)).mean((2, 3)))
        return out


def trained(seed: int, **options: int) -> Small:
    """Return a network with numbers of its own everywhere, also in its buffers."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        module = Small(**options).eval()
        for value in module.state_dict().values():
            if value.is_floating_point():
                value.uniform_(0.1, 1.0)
    return module


RAW, EMA = trained(1), trained(2)
X = torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))


def under(prefix: str, state: State) -> State:
    return {prefix + key: value for key, value in state.items()}


def raw() -> State:
    return RAW.state_dict()


def ema() -> State:
    return EMA.state_dict()


def loaded(
    tmp_path: Path, content: object, name: str = "", module: nn.Module | None = None
) -> tuple[nn.Module, TakenWeights]:
    """Save `content`, and return a fresh network that took what fits it, with what it took."""
    torch.save(content, tmp_path / "w.pth")
    module = (module or Small()).eval()
    return module, fit(module, read_weights(f"{tmp_path / 'w.pth'}{name}"), "Small")


def assert_like(module: nn.Module, expected: nn.Module) -> None:
    with torch.no_grad():
        assert torch.equal(module(X), expected(X))


def with_counters(module: nn.Module) -> nn.Module:
    """Do as profilers of operations do: a counter in every module."""
    module = copy.deepcopy(module)
    for part in module.modules():
        part.register_buffer("total_ops", torch.zeros(1, dtype=torch.float64))
        part.register_buffer("total_params", torch.zeros(1, dtype=torch.float64))
    return module


def compiled_inside() -> nn.Module:
    module = copy.deepcopy(RAW)
    module.conv = torch.compile(module.conv)  # type: ignore[assignment]
    module.fc = nn.DataParallel(module.fc)  # type: ignore[assignment]
    return module


def with_optimizer(wrap: Callable[[State], dict[str, Any]]) -> dict[str, Any]:
    """Return a whole checkpoint after a real step of training."""
    module = copy.deepcopy(RAW)
    optimizer = torch.optim.Adam(module.parameters(), lr=0.0)
    module(X).sum().backward()
    optimizer.step()
    return {
        "optimizer": optimizer.state_dict(),
        "optimizer_states": [optimizer.state_dict()],
        "rng_state": torch.get_rng_state(),
        "best_acc1": torch.tensor(76.1),
        "step": torch.tensor(3),
        **wrap(module.state_dict()),
    }


PLACES: dict[str, Callable[[], object]] = {
    "beside other tensors": lambda: {"best_acc1": torch.tensor(76.0), "state_dict": raw()},
    "beside an optimizer": lambda: with_optimizer(lambda s: {"model": s}),
    "among them": lambda: with_optimizer(lambda s: dict(s)),
    "flattened": lambda: with_optimizer(lambda s: under("state_dict.module.", s)),
    "deep": lambda: {"checkpoint": {"epoch": 3, "nets": [{"weights": raw()}]}},
    "by module": lambda: {part: getattr(RAW, part).state_dict() for part in ("conv", "norm", "fc")},
    "any wrapper": lambda: {"whatever_it_is_called": raw(), "lr": 0.1},
    "generator": lambda: {"netD": trained(3, width=6).state_dict(), "netG": raw()},
    "data parallel": lambda: nn.DataParallel(RAW).state_dict(),
    "compiled": lambda: under("_orig_mod.", raw()),
    "compiled and parallel": lambda: {"state_dict": under("module._orig_mod.model.", raw())},
    "compiled parts": lambda: compiled_inside().state_dict(),
    "compiled parts behind a prefix": lambda: under("model.", compiled_inside().state_dict()),
    "an encoder": lambda: under("encoder.", raw()),
    "a loss beside": lambda: {**under("model.", raw()), "criterion.weight": torch.ones(3)},
    "a queue beside": lambda: {**raw(), "queue": torch.ones(4, 8), "queue_ptr": torch.zeros(1)},
    "operations counted": lambda: with_counters(RAW).state_dict(),
    "no batches counted": lambda: {k: v for k, v in raw().items() if "num_batches" not in k},
    "momentum by name": lambda: {"optimizer": {"exp_avg": under("", ema())}, "net": raw()},
    "half precision": lambda: {k: v.double() for k, v in raw().items()},
}  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
def test_weights_are_found(tmp_path: Path, place: str) -> None:
    module, taken = loaded(tmp_path, PLACES[place]())
    assert_like(module, RAW)
    assert len(taken.choices) == 1


@pytest.mark.parametrize("place", ["compiled", "an encoder", "a loss beside", "flattened"])
def test_weights_are_found_in_safetensors(tmp_path: Path, place: str) -> None:
    content = PLACES[place]()
    assert isinstance(content, dict)
    tensors = {k: v.clone() for k, v in content.items() if isinstance(v, torch.Tensor)}
    save_file(tensors, tmp_path / "w.safetensors")
    module = Small().eval()
    fit(module, read_weights(tmp_path / "w.safetensors"), "Small")
    assert_like(module, RAW)


AVERAGES: dict[str, tuple[Callable[[], object], str]] = {
    "timm": (lambda: {"state_dict": raw(), "state_dict_ema": ema()}, "state_dict_ema"),
    "mmcv": (lambda: {"ema_state_dict": ema(), "state_dict": raw()}, "ema_state_dict"),
    "parallel": (lambda: {"net": raw(), "net_ema": under("module.", ema())}, "net_ema.module"),
    "restorers": (lambda: {"params": raw(), "params_ema": ema()}, "params_ema"),
    "stylegan": (lambda: {"g": raw(), "d": {"x": torch.ones(1)}, "g_ema": ema()}, "g_ema"),
    "self-distilled": (
        lambda: {"student": under("backbone.", raw()), "teacher": under("backbone.", ema())},
        "teacher.backbone",
    ),
    "flat": (lambda: {**under("online_model.", raw()), **under("ema_model.", ema())}, "ema_model"),
    "inside": (lambda: {**raw(), **under("ema.", ema())}, "ema"),
}  # fmt: skip


@pytest.mark.parametrize("kind", AVERAGES)
def test_averages_are_taken_and_said_and_the_others_can_be_chosen(
    tmp_path: Path, kind: str
) -> None:
    make, name = AVERAGES[kind]
    module, taken = loaded(tmp_path, make())
    assert_like(module, EMA)
    assert taken.taken.name == name
    assert name.partition(".")[0] in taken.cause
    (other,) = [stored for stored in taken.choices if stored != taken.taken]
    assert f"w.pth#{other.name}" in taken.remedy
    assert other.count == len(raw())
    module, chosen = loaded(tmp_path, make(), f"#{other.name}")
    assert_like(module, RAW)
    assert not chosen.cause  # what was asked for needs no word
    assert chosen.choices == taken.choices


def test_torchs_own_average_is_read(tmp_path: Path) -> None:
    averaged = AveragedModel(RAW)
    module, taken = loaded(tmp_path, averaged.state_dict())
    assert_like(module, RAW)
    assert taken.cause == "w.pth: took what is behind 'module.'"


def test_of_two_encoders_the_first_is_taken_and_the_other_named(tmp_path: Path) -> None:
    content = {
        "epoch": 1,
        "state_dict": {
            **under("module.encoder_q.", raw()),
            **under("module.encoder_k.", ema()),
            "module.queue": torch.zeros(4, 8),
        },
    }
    module, taken = loaded(tmp_path, content)
    assert_like(module, RAW)
    assert taken.cause == "w.pth: took state_dict, behind 'module.encoder_q.'"
    assert taken.remedy == "What else fits: w.pth#state_dict.module.encoder_k"
    for name in ("#state_dict.module.encoder_k", "#encoder_k", "#module.encoder_k."):
        assert_like(loaded(tmp_path, content, name)[0], EMA)


def test_the_same_weights_twice_are_no_choice(tmp_path: Path) -> None:
    _, taken = loaded(tmp_path, {"state_dict": raw(), "best": raw()})
    assert len(taken.choices) == 1
    assert not taken.cause


@pytest.mark.parametrize("key", ["", "state_dict", "model", "weights"])
def test_nothing_is_said_of_the_obvious(tmp_path: Path, key: str) -> None:
    _, taken = loaded(tmp_path, {key: raw(), "epoch": 3} if key else raw())
    assert not taken.cause


def test_what_is_left_out_is_said(tmp_path: Path) -> None:
    _, taken = loaded(tmp_path, {**raw(), "decoder.0.weight": torch.ones(2), "lr": torch.ones(())})
    assert taken.cause == "w.pth: took the top of the file, left out decoder"


def test_a_networks_own_prefix_may_be_missing_in_the_file(tmp_path: Path) -> None:
    wrapped = nn.Sequential(OrderedDict(model=Small()))
    assert_like(loaded(tmp_path, raw(), module=wrapped)[0], RAW)
    wrapped = nn.Sequential(OrderedDict(model=Small()))
    assert_like(loaded(tmp_path, under("model.", raw()), module=wrapped)[0], RAW)
    compiled = Small().eval()
    compiled.conv = torch.compile(compiled.conv)  # type: ignore[assignment]
    loaded(tmp_path, raw(), module=compiled)
    assert torch.equal(compiled.state_dict()["conv._orig_mod.weight"], RAW.conv.weight)


def test_buffers_that_a_network_sets_by_itself_may_be_anywhere(tmp_path: Path) -> None:
    class Masked(Small):
        def __init__(self, *, kept: bool) -> None:
            super().__init__()
            self.register_buffer("index", torch.arange(4), persistent=kept)

    for mine, theirs in ((True, False), (False, True)):
        saved = Masked(kept=theirs)
        saved.load_state_dict(raw(), strict=False)
        assert_like(loaded(tmp_path, saved.state_dict(), module=Masked(kept=mine))[0], RAW)


def test_old_names_are_converted_by_the_modules_themselves(tmp_path: Path) -> None:
    module = nn.Sequential(nn.utils.parametrizations.weight_norm(nn.Linear(3, 2)))
    state = module.state_dict()
    names = {"original0": "weight_g", "original1": "weight_v"}
    old = {"0.bias": state["0.bias"]} | {
        f"0.{new}": state[f"0.parametrizations.weight.{name}"] for name, new in names.items()
    }
    fresh = nn.Sequential(nn.utils.parametrizations.weight_norm(nn.Linear(3, 2)))
    loaded(tmp_path, old, module=fresh)
    assert torch.equal(fresh(torch.ones(1, 3)), module(torch.ones(1, 3)))


REFUSALS: dict[str, tuple[Callable[[], object], str, str]] = {
    "a name that is not there": (
        lambda: {"state_dict": raw(), "state_dict_ema": ema()},
        "holds nothing called 'other'",
        "w.pth#state_dict_ema or w.pth#state_dict",
    ),
    "a name where nothing has one": (raw, "holds nothing called 'other'", "Leave out #other"),
    "no weights at all": (
        lambda: {"best_acc1": torch.tensor(1.0), "epoch": 3},
        "Nothing in w.pth is a state dict (best_acc1)",
        "torch.save(model.state_dict()",
    ),
    "an optimizer alone": (
        lambda: {"optimizer": {"exp_avg": raw()}, "step": torch.tensor(1)},
        "Nothing in w.pth is a state dict",
        "torch.save(model.state_dict()",
    ),
    "other names": (
        lambda: {f"layer{i}.weight": torch.ones(1) for i in range(9)},
        "holds another architecture's weights: none of the 8 names of Small (conv.weight, "
        "conv.bias, norm.weight, …) is among those in it (layer0.weight, layer1.weight, ",
        "saved from",
    ),
    "few names": (
        lambda: {"conv.weight": torch.ones(1), "conv.bias": torch.ones(1), "x": torch.ones(9)},
        "another architecture's weights: 2 of the 8 names of Small are there",
        "saved from",
    ),
    "another head": (
        lambda: under("module.", trained(1, classes=7).state_dict()),
        "(behind 'module.') fits Small but for the head: the file has 7 classes, the network 5",
        "num_classes = 7",
    ),
    "no head": (
        lambda: {k: v for k, v in raw().items() if "fc" not in k},
        "has all of Small but its end: fc.weight, fc.bias are not in it",
        "nn.Identity()",
    ),
    "grey pictures": (
        lambda: trained(1, channels=1).state_dict(),
        "fits Small but for the first layer: the file takes 1 input channels, the network 3",
        "1 channels",
    ),
    "another width": (
        lambda: trained(1, width=6).state_dict(),
        "does not fit Small: 7 of another shape (conv.weight: file 6x3x3x3, network 4x3x3x3; ",
        "variant",
    ),
    "a deeper variant": (
        lambda: {**raw(), "conv2.weight": torch.ones(3, 3), "norm.scale": torch.ones(1)},
        "has all of Small and 2 more of the same kind (conv2.weight, norm.scale)",
        "variant",
    ),
    "a bit of everything": (
        lambda: {k: v for k, v in trained(1, classes=7).state_dict().items() if k != "conv.bias"},
        "does not fit Small: 1 missing (conv.bias), 2 of another shape (fc.weight: file 7x4, "
        "network 5x4; fc.bias: file 7, network 5)",
        "variant",
    ),
    "statistics missing": (
        lambda: {k: v for k, v in raw().items() if "running" not in k},
        "does not fit Small: 2 missing (norm.running_mean; norm.running_var)",
        "variant",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", REFUSALS)
def test_a_refusal_says_what_is_so(tmp_path: Path, kind: str) -> None:
    make, cause, remedy = REFUSALS[kind]
    with pytest.raises(UserError) as error:
        loaded(tmp_path, make(), "#other" if kind.startswith("a name") else "")
    assert cause in error.value.cause
    assert remedy in error.value.remedy
    assert "\n" not in str(error.value)


def test_a_part_that_is_no_network_is_refused_as_that(tmp_path: Path) -> None:
    content = {"netG": raw(), "netD": {"layer.weight": torch.ones(2)}}
    with pytest.raises(UserError, match=r"w\.pth#netD holds another architecture's weights"):
        loaded(tmp_path, content, "#netD")


def test_one_part_of_weights_in_parts_says_so(tmp_path: Path) -> None:
    path = tmp_path / "model-00001-of-00002.safetensors"
    save_file({"conv.weight": raw()["conv.weight"]}, path)
    with pytest.raises(UserError, match="part 1 of 2") as error:
        fit(Small(), read_weights(path), "Small")
    assert "save_pretrained" in error.value.remedy


def test_a_network_called_like_the_file_is_not_named_twice(tmp_path: Path) -> None:
    torch.save({"a": torch.ones(1)}, tmp_path / "small.pth")
    with pytest.raises(UserError) as error:
        fit(Small(), read_weights(tmp_path / "small.pth"), "small")
    assert str(error.value).count("small") == 1


def test_the_final_layer_tells_the_number_of_classes(tmp_path: Path) -> None:
    for classes in (7, 1000):
        torch.save({"ema": trained(1, classes=classes).state_dict()}, tmp_path / "w.pth")
        assert class_count(read_weights(tmp_path / "w.pth"), Small(1000), 1000) == classes
    torch.save({"other": torch.ones(3)}, tmp_path / "w.pth")
    assert class_count(read_weights(tmp_path / "w.pth"), Small(1000), 1000) == 1000


def test_files_with_a_hash_in_their_name_are_found(tmp_path: Path) -> None:
    torch.save({"raw": raw(), "ema": ema()}, tmp_path / "run#2.pth")
    for name, expected in (("", EMA), ("#raw", RAW), ("#ema", EMA)):
        module = Small().eval()
        fit(module, read_weights(f"{tmp_path / 'run#2.pth'}{name}"), "Small")
        assert_like(module, expected)
    with pytest.raises(UserError, match=r"There is no file .*gone\.pth\. "):
        read_weights(tmp_path / "gone.pth#ema")


def test_a_profile_and_load_network_take_names(tmp_path: Path) -> None:
    (tmp_path / "small_net.py").write_text(
        "import torch\nfrom torch import nn\n\ndef build():\n"
        "    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten())\n"
    )
    states = [nn.Sequential(nn.Conv2d(3, 4, 3)).state_dict() for _ in range(2)]
    torch.save({"state_dict": states[0], "state_dict_ema": states[1]}, tmp_path / "w.pth")
    text = 'factory = "small_net:build"\n{}\n[input]\nsize = 8\n'
    (tmp_path / "plain.toml").write_text(text.format(""))
    (tmp_path / "named.toml").write_text(text.format('weights = "w.pth#state_dict"'))

    def weight(*arguments: object) -> Tensor:
        found: Tensor = load_network(*arguments, trust=True).module.state_dict()["0.weight"]  # type: ignore[arg-type]
        return found

    file = tmp_path / "w.pth"
    assert torch.equal(weight(tmp_path / "named.toml"), states[0]["0.weight"])
    assert torch.equal(weight(tmp_path / "plain.toml", file), states[1]["0.weight"])
    assert torch.equal(weight(tmp_path / "plain.toml", f"{file}#state_dict"), states[0]["0.weight"])
    network = load_network(tmp_path / "plain.toml", file, trust=True)
    assert network.taken is not None
    assert network.taken.taken.name == "state_dict_ema"
    assert network.weights_file == str(file)


def test_a_zoo_network_takes_the_classes_of_what_it_takes(tmp_path: Path) -> None:
    from torchvision.models import squeezenet1_1

    plain = squeezenet1_1(num_classes=7).eval()
    content = {"epoch": 1, "model_ema": under("module.", plain.state_dict())}
    torch.save(content, tmp_path / "w.pth")
    network = load_network("torchvision:squeezenet1_1", tmp_path / "w.pth")
    x = torch.rand(1, 3, 224, 224)
    logits = network.forward(x).logits
    assert logits is not None
    with torch.no_grad():
        assert torch.allclose(logits, plain(x), atol=1e-5)
