"""What holds for the house as a whole: who may import what, and what a wheel carries."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

BLOCKED = """
import importlib, pkgutil, sys

class NoQt:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("PyQt6", "pyqtgraph", "superqt"):
            raise ModuleNotFoundError(f"{name} is blocked", name=name)

sys.meta_path.insert(0, NoQt())
import deepvis_app
for module in pkgutil.walk_packages(deepvis_app.__path__, "deepvis_app."):
    if not module.name.startswith("deepvis_app.ui"):
        importlib.import_module(module.name)
        print(module.name)
"""


def python(*arguments: str, cwd: Path = ROOT, **variables: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_everything_below_the_window_imports_without_qt() -> None:
    imported = python("-c", BLOCKED).split()
    for room in ("cli.main", "state", "engine", "tiles", "frames", "lab", "nets", "settings"):
        assert f"deepvis_app.{room}" in imported


@pytest.mark.skipif(not importlib.util.find_spec("importlinter"), reason="import-linter is absent")
def test_the_import_contracts_hold() -> None:
    program = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports())"
    assert "0 broken" in python("-c", program)


@pytest.mark.skipif(not importlib.util.find_spec("hatchling"), reason="hatchling is absent")
def test_a_wheel_carries_resources_and_configs(tmp_path: Path) -> None:
    python("-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path))
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        carried = set(archive.namelist())
        archive.extractall(tmp_path / "site")
    for top in ("resources", "configs"):
        for file in (ROOT / top).rglob("*"):
            inside = f"deepvis_app/_bundled/{file.relative_to(ROOT).as_posix()}"
            assert file.is_dir() or is_ignored(file) or inside in carried
    program = "from deepvis_app import paths; print(paths.CONFIGS, paths.RESOURCES.is_dir())"
    told = python("-c", program, cwd=tmp_path, PYTHONPATH=str(tmp_path / "site"))
    assert told.split() == [str(tmp_path / "site/deepvis_app/_bundled/configs"), "True"]
    version = python(
        "-m", "deepvis_app", "--version", cwd=tmp_path, PYTHONPATH=str(tmp_path / "site")
    )
    assert version.startswith("deepvis ")


def is_ignored(file: Path) -> bool:
    return file.name == ".gitignore" or "__pycache__" in file.parts


README = (ROOT / "README.md").read_text("utf-8")
EXAMPLES = re.findall(r"^```python\n(.*?)^```", README, re.M | re.S)


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_the_readme_s_examples_run(example: str, tmp_path: Path) -> None:
    python("-c", example, cwd=tmp_path, PYTHONPATH=str(ROOT))  # asserts that it ends well


def test_no_test_sleeps() -> None:
    sleep = re.compile(r"\b(time\.sleep|sleep|qWait|qSleep)\(")
    asleep = [
        f"{file.relative_to(ROOT)}:{number}"
        for file in sorted((ROOT / "tests").rglob("*.py"))
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1)
        if sleep.search(line)
    ]
    assert not asleep, f"wait on a condition instead: {asleep}"
