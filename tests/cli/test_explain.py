"""`deepvis explain`: pictures in, pictures out, on a small network with known answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from deepvis_app.cli import explaining
from deepvis_app.cli.main import run_command_line
from deepvis_app.explain import METHODS
from deepvis_app.nets import Network, Preprocessing

if TYPE_CHECKING:
    from pathlib import Path


class Colours(nn.Module):
    """Three classes: how much red, green, blue there is on the left half."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 1, bias=False)
        self.conv.weight.data = torch.eye(4)[:, :3, None, None]
        self.relu = nn.ReLU()
        self.head = nn.Linear(4 * 8 * 8, 3, bias=False)
        weights = torch.zeros(3, 4, 8, 8)
        for k in range(3):
            weights[k, k, :, :4] = 1.0
        self.head.weight.data = weights.flatten(1)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.relu(self.conv(x)).flatten(1))


@pytest.fixture(autouse=True)
def network(monkeypatch: pytest.MonkeyPatch) -> Network:
    preprocessing = Preprocessing(mean=(0.0,), std=(1.0,))
    labels = ["red, crimson", "green", "blue"]
    given = Network(Colours(), (3, 8, 8), preprocessing, labels, name="Colours")
    monkeypatch.setattr(explaining, "loaded", lambda *_, **__: given)
    return given


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name, colour in (("a", (255, 0, 0)), ("b", (0, 255, 0))):
        Image.fromarray(np.full((8, 8, 3), colour, np.uint8)).save(folder / f"{name}.png")
    return folder


def explain(*words: object) -> int:
    return run_command_line(lambda _: 0, ["explain", *map(str, words)])


def read(file: Path) -> np.ndarray:
    return np.asarray(Image.open(file))


def test_one_picture(pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "new" / "why.png"
    given = ["--image", pictures / "a.png", "--out", out, "--method", "gradient", "--json"]
    assert explain(*given) == 0
    (told,) = json.loads(capsys.readouterr().out)
    assert told["unit"] == 0
    assert (told["label"], told["layer"]) == ("red, crimson", "head")
    assert (told["seed"], told["out"], told["empty"]) == ("logit", str(out), False)
    assert told["score"] == pytest.approx(32.0)
    # The gradient is 1 for red on the left, else 0: 0.5 + g / 2.
    right = np.full((8, 8, 3), 128)
    right[:, :4, 0] = 255
    assert (read(out) == right).all()


@pytest.mark.parametrize("word", ["1", "green", "GREEN"])
def test_a_unit_by_number_or_class(
    pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], word: str
) -> None:
    given = ["--image", pictures / "b.png", "--out", tmp_path, "--unit", word, "--json"]
    assert explain(*given, "--method", "guided", "--view", "signed", "--seed", "max") == 0
    (told,) = json.loads(capsys.readouterr().out)
    assert (told["unit"], told["seed"]) == (1, "max")
    shown = read(tmp_path / "b_head_1_guided.png").astype(int)
    assert (shown[:, :4, 0] > 200).all()  # orange on the left
    assert (shown[:, 4:] < 16).all()


def test_a_class_has_other_names(network: Network) -> None:
    assert explaining.read_unit(network, "head", "crimson") == 0


def test_a_folder_goes_on_after_a_bad_picture(
    pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (pictures / "broken.jpg").write_text("no picture")
    given = ["--image", pictures, "--out", tmp_path / "out", "--method", "occlusion"]
    assert explain(*given, "--set", "patch=4", "--set", "fill=black", "--faithfulness") == 1
    told = capsys.readouterr()
    assert "deepvis: broken.jpg: broken.jpg is not a picture" in told.err
    assert told.out.splitlines()[0].split()[-2:] == ["deletion", "insertion"]
    names = sorted(file.name for file in (tmp_path / "out").iterdir())
    assert names == ["a_head_0_occlusion.png", "b_head_1_occlusion.png"]
    shown = read(tmp_path / "out" / names[0])
    assert (shown[:, 7] == (255, 0, 0)).all()  # the overlay leaves the right as it is
    assert not (shown[:, 0] == (255, 0, 0)).all()


def test_all_methods_on_one_sheet(
    pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "all.png"
    assert explain("--image", pictures / "a.png", "--out", out, "--method", "all", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert [row["method"] for row in told] == list(METHODS)
    assert {row["out"] for row in told} == {str(out)}
    assert read(out).ndim == 3


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--method", "guidd"], "There is no method 'guidd'. Choose guided"),
        (["--unit", "yellow"], "Colours has no class 'yellow'. "),
        (["--unit", "gree"], "Use 'green'"),
        (["--unit", "3"], "head has no unit 3. Its units are 0 to 2"),
        (["--layer", "conv", "--unit", "red"], "The units of conv have no names such as 'red'"),
        (["--layer", "cnov"], "no layer 'cnov'. Use conv"),
        (["--seed", "top"], "There is no seed 'top'"),
        (["--view", "rw"], "There is no view 'rw'"),
        (["--set", "patch"], "Write it as patch=32"),
        (["--method", "occlusion", "--set", "patch=9"], "smaller than the patch"),
        (["--method", "smoothgrad", "--set", "steps=9"], "SmoothGrad has no option 'steps'"),
        (["--method", "guided", "--set", "patch=9"], "The method guided has no option 'patch'"),
        (["--image", "nothing.png"], "nothing.png is not there"),
        (["--out", "why.nothing/x.png/"], "cannot be"),
    ],
)
def test_bad_input_is_one_line(
    pictures: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    message: str,
) -> None:
    (tmp_path / "why.nothing").write_text("a file")
    given = {"--image": str(pictures / "a.png"), "--out": str(tmp_path / "why.png")}
    given |= dict(zip(words[::2], words[1::2], strict=True))
    if given["--out"].startswith("why.nothing"):
        given["--out"] = str(tmp_path / given["--out"])
    assert explain(*(word for pair in given.items() for word in pair)) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line


def test_a_method_that_is_not_defined(
    pictures: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.GELU(), nn.Flatten(), nn.Linear(144, 2))
    smooth = Network(module, (3, 8, 8), name="Smooth")
    monkeypatch.setattr(explaining, "loaded", lambda *_, **__: smooth)
    given = ["--image", pictures / "a.png", "--out", tmp_path / "why.png"]
    assert explain(*given, "--method", "guided") == 2
    assert "Smooth has none: its activation is GELU" in capsys.readouterr().err
    assert explain(*given, "--method", "all") == 0
    told = capsys.readouterr()
    assert "gradcam" in told.out
    assert "guided" not in told.out
    assert "left out: Guided backprop is a rule for ReLUs" in told.err


def test_what_a_map_adds_up_to_is_said(
    pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--image", pictures / "a.png", "--out", tmp_path / "o.png", "--unit", "0"]
    assert explain(*words, "--method", "integrated-gradients", "--json") == 0
    printed = capsys.readouterr()
    (told,) = json.loads(printed.out)
    assert told["missing"] == pytest.approx(0, abs=1e-5)  # the unit is linear in the picture
    # Half of 8 x 8 pixels are as red as can be, and nothing is in a black picture.
    line = "deepvis: a.png, Integrated gradients: All pixels add up to 32 of 32 (0.0 % off)."
    assert printed.err.splitlines() == [line]
