"""Lists of networks and of layers, for people and for programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from torch import nn

import deepvis_app.nets
from deepvis_app.cli.main import run_command_line
from deepvis_app.cli.networks import field_in_words
from deepvis_app.nets import Network, ReceptiveField

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Let every spec give one small network; what was asked for."""
    seen: list[object] = []
    module = nn.Sequential(
        nn.Conv2d(3, 4, 3, stride=2, padding=1),
        nn.Conv2d(4, 6, 3, padding=1),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(6, 5),
    )

    def load(*arguments: object, **keywords: object) -> Network:
        seen.extend([*arguments, keywords])
        return Network(module, (3, 16, 12), name="Small", spec="small")

    monkeypatch.setattr(deepvis_app.nets, "load_network", load, raising=False)
    return seen


def test_layers_as_json(asked: list[object], capsys: pytest.CaptureFixture[str]) -> None:
    given = ["layers", "any.pt", "--weights", "w.pth", "--trust", "--json"]
    assert run_command_line(lambda _: 0, given) == 0
    assert asked == ["any.pt", "w.pth", {"trust": True}]
    told = json.loads(capsys.readouterr().out)
    assert (told["name"], told["spec"], told["input_shape"]) == ("Small", "small", [3, 16, 12])
    first, second = told["layers"][:2]
    assert first == {
        "order": 0,
        "name": "0",
        "kind": "Conv2d",
        "shape": [4, 8, 6],
        "units": 4,
        "layout": "maps",
        "receptive_field": {
            "size": [3, 3],
            "stride": [2, 2],
            "start": [-1, -1],
            "whole": False,
            "at_most": False,
        },
    }
    # 3 + 2 * (3 - 1) = 7 pixels, one position of padding more: -1 - 2.
    seen = {"size": [7, 7], "stride": [2, 2], "start": [-3, -3], "whole": False, "at_most": False}
    assert second["receptive_field"] == seen
    assert told["layers"][-1]["units"] == 5


@pytest.mark.usefixtures("asked")
def test_layers_as_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(lambda _: 0, ["layers", "any"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("Small: ")
    assert lines[0].endswith("input 3 × 16 × 12")
    assert lines[1].split() == ["#", "layer", "kind", "shape", "units", "receptive", "field"]
    row = "0 0 Conv2d 4 × 8 × 6 4 3 × 3, every 2"
    assert lines[2].split() == row.split()


@pytest.mark.parametrize(
    ("field", "words"),
    [
        (None, "not known"),
        (ReceptiveField(whole=True), "whole input"),
        (ReceptiveField((11, 11), (4, 4)), "11 × 11, every 4"),
        (ReceptiveField((3, 5), (1, 2)), "3 × 5, every 1 × 2"),
        (ReceptiveField((3, 5), (1, 2), at_most=True), "at most 3 × 5, every 1 × 2"),
        (ReceptiveField(whole=True, at_most=True), "at most whole input"),
    ],
)
def test_a_receptive_field_in_words(field: ReceptiveField | None, words: str) -> None:
    assert field_in_words(field) == words


def test_nets_lists_all_of_torchvision(capsys: pytest.CaptureFixture[str]) -> None:
    import torchvision

    assert run_command_line(lambda _: 0, ["nets", "--all", "--json"]) == 0
    specs = [row["spec"] for row in json.loads(capsys.readouterr().out)]
    classifiers = torchvision.models.list_models(module=torchvision.models)
    assert {f"torchvision:{name}" for name in classifiers} <= set(specs)


def test_nets_is_short_without_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(lambda _: 0, ["nets"]) == 0
    out = capsys.readouterr().out
    assert "torchvision:squeezenet1_0" in out
    assert "deepvis[timm]" in out
    assert len(out.splitlines()) < 30


def test_how_a_network_behaves_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "odd_network.py").write_text(
        "import torch\nfrom torch import nn\n\n"
        "class Odd(nn.Module):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.conv, self.head = nn.Conv2d(3, 4, 3), nn.Linear(4, 3)\n\n"
        "    def forward(self, x):\n"
        "        with torch.no_grad():\n"
        "            x = nn.functional.dropout(self.conv(x))\n"
        "        return self.head(x.mean((2, 3)))\n"
    )
    (tmp_path / "odd.toml").write_text('factory = "odd_network:Odd"\n[input]\nsize = 16\n')
    monkeypatch.syspath_prepend(str(tmp_path))
    spec = str(tmp_path / "odd.toml")
    assert run_command_line(lambda _: 0, ["layers", spec, "--trust", "--json"]) == 0
    printed = capsys.readouterr()
    first, second = json.loads(printed.out)["behaviour"]
    assert first.startswith("odd is random even in evaluation mode")
    assert second.startswith("odd itself cuts gradients")
    assert printed.err.splitlines() == [f"deepvis: {first}", f"deepvis: {second}"]
    Image.new("RGB", (16, 16), (200, 30, 30)).save(tmp_path / "p.png")
    words = ["explain", "--net", spec, "--trust", "--image", str(tmp_path / "p.png"), "--unit", "1"]
    out = ["--out", str(tmp_path / "o.png")]
    assert run_command_line(lambda _: 0, [*words, *out, "--method", "gradient"]) == 2
    assert "itself cuts gradients" in capsys.readouterr().err
    assert run_command_line(lambda _: 0, [*words, *out, "--method", "occlusion"]) == 0
    make = [
        "synthesize",
        "--net",
        spec,
        "--trust",
        "--layer",
        "head",
        "--units",
        "0",
        "--out",
        str(tmp_path),
    ]
    assert run_command_line(lambda _: 0, make) == 2
    assert "Preferred images need gradients" in capsys.readouterr().err
