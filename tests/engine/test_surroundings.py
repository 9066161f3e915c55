from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

from deepvis_app.engine.surroundings import Surroundings


def spoil(folder: Path) -> None:
    torch.set_grad_enabled(False)
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(3)
    sys.path.insert(0, str(folder))


def found() -> tuple[object, ...]:
    return (
        torch.get_default_dtype(),
        torch.get_num_threads(),
        sys.path[:],
        Path.cwd(),
    )


def test_what_a_network_changed_around_it_is_set_back(tmp_path, monkeypatch) -> None:
    before = found()
    surroundings = Surroundings(only_own=False)
    spoil(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert all(one != other for one, other in zip(found(), before, strict=True))
    surroundings.restore()
    assert found() == before
    assert torch.is_grad_enabled()


@pytest.mark.slow(seconds=9)  # torch imports its compiler for it
def test_determinism_is_set_back() -> None:
    surroundings = Surroundings(only_own=False)
    torch.use_deterministic_algorithms(True)
    surroundings.restore()
    assert not torch.are_deterministic_algorithms_enabled()


def test_the_wanted_number_of_threads_is_kept() -> None:
    before = torch.get_num_threads()
    surroundings = Surroundings(only_own=False)
    surroundings.threads = 2
    surroundings.restore()
    assert torch.get_num_threads() == 2
    torch.set_num_threads(before)


def test_what_another_program_in_the_process_may_want_is_left(tmp_path, monkeypatch) -> None:
    whole, own = Surroundings(only_own=False), Surroundings(only_own=True)
    spoil(tmp_path)
    changed = found()
    own.restore()
    assert found() == changed
    assert torch.is_grad_enabled()
    whole.restore()


def test_a_load_may_change_them_as_long_as_it_lasts(tmp_path) -> None:
    surroundings = Surroundings(only_own=False)
    surroundings.is_loading = True
    spoil(tmp_path)
    changed = found()
    surroundings.restore()
    assert found() == changed
    surroundings.is_loading = False
    surroundings.restore()
    assert found() != changed


def test_a_working_folder_that_is_gone_is_no_error(tmp_path, monkeypatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    surroundings = Surroundings(only_own=False)
    gone.rmdir()
    surroundings.restore()
    assert Surroundings(only_own=False) is not None


@pytest.fixture(autouse=True)
def as_before():
    keep = Surroundings(only_own=False)
    yield
    keep.restore()
