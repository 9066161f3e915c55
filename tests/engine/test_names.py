"""What the engine offers is all there, and a child process imports little of it."""

import subprocess
import sys
from pathlib import Path

import pytest

import deepvis_app.engine as engine


def test_every_name_is_found():
    assert set(engine.__all__) == set(engine._HOME)
    for name in engine.__all__:
        assert getattr(engine, name).__module__.startswith("deepvis_app.")


def test_a_training_s_process_does_not_import_the_live_engine():
    code = (
        "import sys, deepvis_app.engine.process.serving; "
        "print([n for n in sys.modules if n in "
        "('deepvis_app.engine.engine', 'deepvis_app.synth', 'deepvis_app.corpus', 'captum')])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_a_training_begins_without_a_compiler_and_without_scikit_learn(
    tmp_path: Path, optimizer: str
) -> None:
    code = (
        "import sys; from pathlib import Path; from deepvis_app.lab.trainer import *\n"
        f"plan = TrainPlan(optimizer={optimizer!r}, train_size=100, val_size=20, epochs=1)\n"
        f"with Training(plan, Path({str(tmp_path / 'run')!r})) as training:\n"
        "    assert len([*training.steps()]) == 3\n"
        "print([n for n in ('torch._dynamo', 'triton', 'sympy', 'sklearn', 'scipy', 'cv2')"
        " if n in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
