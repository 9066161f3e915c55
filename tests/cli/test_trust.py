"""Code that files bring, on the command line: refused, run with --trust, remembered, forgotten."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from deepvis_app.cli.main import run_command_line
from deepvis_app.nets import load_network
from deepvis_app.nets.trust import UntrustedCodeError
from deepvis_app.trusted import agree, load_trusted, trusted_path
from tests.counted import counted_profile, runs

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def net(tmp_path: Path) -> Path:
    """A profile whose module counts how often it was run."""
    Image.new("RGB", (16, 16)).save(tmp_path / "p.png")
    layers = "nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3)"
    return counted_profile(tmp_path / "net.toml", layers)


def deepvis(*words: object) -> int:
    return run_command_line(lambda _: 0, [str(word) for word in words])


def digest_of(net: Path) -> str:
    with pytest.raises(UntrustedCodeError) as error:
        load_network(net)
    return error.value.code.digest


def commands(net: Path) -> dict[str, tuple[object, ...]]:
    out = net.parent / "out"
    return {
        "layers": ("layers", net),
        "explain": ("explain", "--net", net, "--image", net.parent / "p.png", "--unit", 1, "--out",
                    net.parent / "o.png", "--method", "gradient"),
        "synthesize": ("synthesize", "--net", net, "--layer", "0", "--units", 0, "--out", out,
                       "--recipe", "clear"),
        "bench live": ("bench", "live", "--net", net, "--seconds", 2),
        "bench jobs": ("bench", "jobs", "--net", net, "--seconds", 2),
        "bench synthesis": ("bench", "synthesis", "--net", net),
    }  # fmt: skip


NAMES = ("layers", "explain", "synthesize", "bench live", "bench jobs", "bench synthesis")


@pytest.mark.parametrize("command", NAMES)
def test_every_command_refuses_with_one_line(
    command: str, net: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert deepvis(*commands(net)[command]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    for said in ("net.toml", "mine:build", str(net.parent / "mine.py"), "rights", "--trust"):
        assert said in line
    assert runs(net) == 0


def test_trust_holds_once_and_what_was_agreed_to_holds_until_an_edit(
    net: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    layers = commands(net)["layers"]
    assert deepvis(*layers, "--trust") == 0
    assert runs(net) == 1
    assert deepvis(*layers) == 2
    agree(digest_of(net), str(net), "mine:build", "mine.py")
    assert deepvis(*layers) == 0
    assert runs(net) == 2
    with (net.parent / "mine.py").open("a") as file:
        file.write("\n# edited")
    assert deepvis(*layers) == 2
    assert runs(net) == 2
    capsys.readouterr()


def test_what_was_agreed_to_is_listed_and_forgotten(
    net: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert deepvis("trust", "list") == 0
    assert "Nothing was agreed to" in capsys.readouterr().out
    digest = digest_of(net)
    agree(digest, str(net), "mine:build", str(net.parent / "mine.py"))
    agree("ab" * 32, "w.pth", "Python objects (a.B)", "w.pth")
    assert deepvis("trust", "list") == 0
    told = capsys.readouterr().out
    for said in (digest[:12], str(net), "mine:build", "Python objects (a.B)"):
        assert said in told
    assert deepvis("trust", "list", "--json") == 0
    assert set(json.loads(capsys.readouterr().out)["code"]) == {digest, "ab" * 32}
    for words in ((), ("ff",), ("",)):
        assert deepvis("trust", "forget", *words) == 2
    assert deepvis("trust", "forget", digest[:12]) == 0
    assert load_trusted()[0].digests == {"ab" * 32}
    assert deepvis(*commands(net)["layers"]) == 2
    assert deepvis("trust", "forget", "--all") == 0
    assert not load_trusted()[0].digests
    assert runs(net) == 0
    capsys.readouterr()


@pytest.mark.parametrize(
    "damage",
    ["{", "[]", "\x00", '{"code": 3}', '{"code": {"DIGEST": true}}', '{"code": ["DIGEST"]}'],
)
def test_a_damaged_file_trusts_nothing(
    damage: str, net: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trusted_path().parent.mkdir(exist_ok=True)
    trusted_path().write_text(damage.replace("DIGEST", digest_of(net)))
    assert deepvis(*commands(net)["layers"]) == 2
    first, *rest = capsys.readouterr().err.splitlines()
    assert "trusted.json" in first
    assert len(rest) == 1
    assert runs(net) == 0
    agree(digest_of(net), str(net), "mine:build", "mine.py")
    assert deepvis(*commands(net)["layers"]) == 0
    capsys.readouterr()
