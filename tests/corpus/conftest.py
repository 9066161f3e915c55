"""Tiny networks run best on one thread; some drawn pictures for the bundled one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

from deepvis_app.nets import load_network
from tests.drawn import draw

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from deepvis_app.nets import Network


@pytest.fixture(autouse=True, scope="package")
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def network() -> Network:
    return load_network("pocket")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw(tmp_path_factory.mktemp("drawn"))
