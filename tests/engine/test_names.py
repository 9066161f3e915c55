"""What the engine offers is all there, and a child process imports little of it."""

import subprocess
import sys

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
