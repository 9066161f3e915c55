"""What commands say of the weights that they took from a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

from deepvis_app.cli.main import run_command_line

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

PROFILE = """factory = "torch.nn:Conv2d"
arguments = { in_channels = 3, out_channels = 2, kernel_size = 3 }
[input]
size = 16
"""


def run(*words: object) -> int:
    return run_command_line(lambda _: 0, [str(word) for word in words])


def test_what_was_taken_is_said_on_stderr(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "net.toml").write_text(PROFILE)
    raw, averaged = (nn.Conv2d(3, 2, 3).state_dict() for _ in range(2))
    torch.save({"model": raw, "model_ema": averaged}, tmp_path / "w.pth")
    assert run("layers", tmp_path / "net.toml", "--weights", tmp_path / "w.pth") == 0
    told = capsys.readouterr()
    assert told.err == "deepvis: w.pth: took model_ema. What else fits: w.pth#model.\n"
    assert "w.pth" not in told.out

    assert run("layers", tmp_path / "net.toml", "--weights", f"{tmp_path / 'w.pth'}#model") == 0
    assert capsys.readouterr().err == ""

    assert run("layers", tmp_path / "net.toml", "--weights", f"{tmp_path / 'w.pth'}#best") == 2
    assert capsys.readouterr().err == (
        "deepvis: w.pth holds nothing called 'best'. Use w.pth#model_ema or w.pth#model.\n"
    )
