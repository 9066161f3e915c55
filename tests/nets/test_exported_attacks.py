"""Saved programs that run code when torch opens them: refused without trust, and nothing has run.

Each payload leaves a file behind. The same program opened with trust, as torch opens it, does so,
except where torch itself prevents it (`TORCHS_OWN`): so the tests would see code that runs.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import pickle
import shutil
import subprocess
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import nn

from deepvis_app.errors import UserError
from deepvis_app.nets import load_network
from deepvis_app.nets.trust import UntrustedCodeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Records = dict[str, bytes]

PROGRAM = "m/models/model.json"
WEIGHTS = "m/data/weights/model_weights_config.json"
CONSTANTS = "m/data/constants/model_constants_config.json"
SAMPLES = "m/data/sample_inputs/model.pt"


class Trap:
    """Runs a command when a pickle with it is loaded."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return os.system, (f"touch {self.mark}",)


class Plain(nn.Sequential):
    def forward(self, picture: torch.Tensor) -> torch.Tensor:
        return super().forward(picture)


def saved(content: object) -> bytes:
    file = io.BytesIO()
    torch.save(content, file)
    return file.getvalue()


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Records:
    """Return the records of a program that takes any number of pictures, by their names."""
    torch.manual_seed(0)
    module = Plain(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(784, 5)).eval()
    shapes = ({0: torch.export.Dim("batch")},)
    program = torch.export.export(module, (torch.randn(2, 3, 16, 16),), dynamic_shapes=shapes)
    path = tmp_path_factory.mktemp("x") / "m.pt2"
    torch.export.save(program, path)
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def written(path: Path, records: Records) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in records.items():
            archive.writestr(name, content)
    return path


@contextlib.contextmanager
def changed(records: Records, name: str) -> Iterator[Any]:
    content = json.loads(records[name])
    yield content
    records[name] = json.dumps(content).encode()


def graph_of(program: Any) -> Any:
    return program["graph_module"]["graph"]


def entry(path_name: str, *, pickled: bool) -> dict[str, object]:
    return {"path_name": path_name, "is_param": False, "use_pickle": pickled, "tensor_meta": None}


def opaque_constant(records: Records, mark: Path) -> None:
    with changed(records, CONSTANTS) as constants:
        constants["config"]["x"] = entry("opaque_obj_0", pickled=True)
    records["m/data/constants/opaque_obj_0"] = pickle.dumps(Trap(mark))


def object_of_cpp(records: Records, mark: Path) -> None:
    with changed(records, CONSTANTS) as constants:
        constants["config"]["x"] = entry("custom_obj_0", pickled=True)
    records["m/data/constants/custom_obj_0"] = saved(Trap(mark))


def pickled_constant(records: Records, mark: Path) -> None:
    with changed(records, CONSTANTS) as constants:
        constants["config"]["x"] = entry("tensor_0", pickled=True)
    records["m/data/constants/tensor_0"] = saved(Trap(mark))


def pickled_weight(records: Records, mark: Path) -> None:
    with changed(records, WEIGHTS) as weights:
        for each in weights["config"].values():
            each["use_pickle"] = True
    for name in records:
        if "/weight_" in name:
            records[name] = saved(Trap(mark))


def older_weights(records: Records, mark: Path) -> None:
    records["m/data/weights/model.pt"] = saved(Trap(mark))


def older_constants(records: Records, mark: Path) -> None:
    records["m/data/constants/model.pt"] = saved(Trap(mark))


def much_older_program(records: Records, mark: Path) -> None:
    program = records[PROGRAM]
    version = json.loads(program)["schema_version"]
    records.clear()
    records["version"] = f"{version['major']}.{version['minor']}".encode()
    records["serialized_exported_program.json"] = program
    for part in ("state_dict", "constants", "example_inputs"):
        records[f"serialized_{part}.pt"] = saved(Trap(mark))


def sample_inputs(records: Records, mark: Path) -> None:
    records[SAMPLES] = saved(Trap(mark))


def _in_expressions(value: Any, text: str) -> None:
    if isinstance(value, dict):
        if "expr_str" in value:
            value["expr_str"] = text
        for inner in value.values():
            _in_expressions(inner, text)
    elif isinstance(value, list):
        for inner in value:
            _in_expressions(inner, text)


def size_that_runs(records: Records, mark: Path) -> None:
    with changed(records, PROGRAM) as program:
        _in_expressions(program, f"__import__('os').system('touch {mark}')")


def symbol_that_runs(records: Records, mark: Path) -> None:
    """Only names and calls of sympy's own, which hands the text on to Python's eval."""
    with changed(records, PROGRAM) as program:
        _in_expressions(program, f"sympify(\"__import__('os').system('touch {mark}')\")")


def name_that_is_code(records: Records, mark: Path) -> None:
    """Give an argument of the function that torch writes a default, which is run."""
    name = json.dumps(f"picture=__import__('os').system('touch {mark}')")
    records[PROGRAM] = records[PROGRAM].decode().replace('"picture"', name).encode()


def function_for_an_operation(records: Records, mark: Path) -> None:
    """Call `torch.os.system`, as torch finds it walking along the dots, when the network runs."""
    with changed(records, PROGRAM) as program:
        node = next(n for n in graph_of(program)["nodes"] if "relu" in n["target"])
        node["target"] = "torch.os.system"
        command = {"name": "", "arg": {"as_string": f"touch {mark}"}, "kind": 1}
        node["inputs"] = [command]


def operation_that_writes(records: Records, mark: Path) -> None:
    """Call an operation of torch's own that makes a file."""
    with changed(records, PROGRAM) as program:
        node = next(n for n in graph_of(program)["nodes"] if "relu" in n["target"])
        node["target"] = "torch.ops.aten.from_file.default"
        given: dict[str, tuple[dict[str, object], int]] = {
            "filename": ({"as_string": str(mark)}, 1),
            "shared": ({"as_bool": True}, 1),
            "size": ({"as_int": 4}, 1),
        }
        node["inputs"] = [{"name": n, "arg": a, "kind": k} for n, (a, k) in given.items()]


def tree_that_imports(records: Records, mark: Path) -> None:
    """Import a module by an entry of a tree; the module writes the mark."""
    mark.with_name("pt2_trap.py").write_text(f"open({str(mark)!r}, 'w').close()\n")
    value = {"__enum__": True, "fqn": "pt2_trap:X", "name": "Y"}
    leaf = {"type": None, "context": None, "children_spec": []}
    tree = {"type": "builtins.dict", "context": json.dumps([value]), "children_spec": [leaf]}
    with changed(records, PROGRAM) as program:
        call = program["graph_module"]["module_call_graph"][0]["signature"]
        call["out_spec"] = json.dumps([1, tree])


def argument_that_is_code(records: Records, mark: Path) -> None:
    with changed(records, PROGRAM) as program:
        call = program["graph_module"]["module_call_graph"][0]["signature"]
        call["forward_arg_names"] = [f"x=__import__('os').system('touch {mark}')"]


def compiled_library(records: Records, mark: Path) -> None:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("no C compiler here, which the library would come from")
    source, library = mark.with_name("x.c"), mark.with_name("x.so")
    source.write_text(
        "#include <stdlib.h>\n"
        f'__attribute__((constructor)) static void f(void) {{ system("touch {mark}"); }}\n'
    )
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, source], check=True)
    folder = "m/data/aotinductor/evil/evil.wrapper"
    records[f"{folder}.so"] = library.read_bytes()
    records[f"{folder}_metadata.json"] = json.dumps({"AOTI_DEVICE_KEY": "cpu"}).encode()


ATTACKS: dict[str, tuple[Callable[[Records, Path], None], str]] = {
    "opaque constant": (opaque_constant, "a pickled object (data/constants/opaque_obj_0)"),
    "object of C++": (object_of_cpp, "an object of a C++ class (data/constants/custom_obj_0)"),
    "pickled constant": (pickled_constant, "a pickled object (x)"),
    "pickled weight": (pickled_weight, "a pickled object (0.weight)"),
    "older weights": (older_weights, "a pickle of weights in an older form"),
    "older constants": (older_constants, "a pickle of constants in an older form"),
    "much older": (much_older_program, "a pickled part of a program of torch 2.7 or before"),
    "sample inputs": (sample_inputs, "a sample input of Python objects (os.system)"),
    "size": (size_that_runs, "the expression \"__import__('os').system("),
    "symbol": (symbol_that_runs, "the expression 'sympify("),
    "name": (name_that_is_code, "\"picture=__import__('os')"),
    "operation": (function_for_an_operation, "the operation torch.os.system"),
    "file": (operation_that_writes, "the operation torch.ops.aten.from_file.default"),
    "tree": (tree_that_imports, "'__enum__'"),
    "argument": (argument_that_is_code, "\"x=__import__('os').system("),
    "library": (compiled_library, "a compiled library (data/aotinductor/evil/evil.wrapper.so)"),
}  # fmt: skip
# The payload never runs: torch reads these objects as C++'s alone, looks at functions once more
# when a program is whole, and names no arguments in what it unflattens.
TORCHS_OWN = {"object of C++", "operation", "argument"}


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_runs_code_is_refused_by_its_name(
    plain: Records, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, attack: str
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    make, found = ATTACKS[attack]
    mark, records = tmp_path / "mark", dict(plain)
    make(records, mark)
    path = written(tmp_path / "m.pt2", records)
    with pytest.raises(UntrustedCodeError) as error:
        load_network(path)
    assert not mark.exists()
    assert found in error.value.cause
    assert "--trust" in error.value.remedy
    assert "--trust" not in error.value.in_window
    assert "\n" not in str(error.value)
    if attack not in TORCHS_OWN:
        agreed = frozenset({error.value.code.digest})
        with contextlib.suppress(Exception):  # mostly it is no network any more, once it has run
            load_network(path, trust=agreed)
        assert mark.exists(), "the payload is none, and the test would see nothing"
        mark.unlink()
        with path.open("ab") as file:
            file.write(b"other")
        with contextlib.suppress(UserError):
            load_network(path, trust=agreed)
        assert not mark.exists()


def test_a_plain_program_loads_and_computes_the_same(plain: Records, tmp_path: Path) -> None:
    path = written(tmp_path / "m.pt2", plain)
    x = torch.randn(3, 3, 16, 16, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        ours, theirs = (load_network(path, trust=t).module(x) for t in (False, True))
    assert torch.equal(ours, theirs)


def test_code_in_any_record_does_not_run(plain: Records, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    for name in plain:
        for content in (pickle.dumps(Trap(mark)), saved(Trap(mark))):
            path = written(tmp_path / "bad.pt2", {**plain, name: content})
            with contextlib.suppress(UserError):
                load_network(path)
            assert not mark.exists(), name


OTHER_FORMS: dict[str, Callable[[zipfile.ZipFile], None]] = {
    "unknown": lambda archive: archive.writestr("m/data/weights/../../x", b"x"),
    "another folder": lambda archive: archive.writestr("n/byteorder", b"little"),
    "twice": lambda archive: archive.writestr(PROGRAM, b"{}"),
    "packed": lambda archive: archive.writestr("m/extra/x", b"0" * 99, zipfile.ZIP_DEFLATED),
}


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("form", OTHER_FORMS)
def test_archives_that_can_be_read_in_two_ways_are_refused(
    plain: Records, tmp_path: Path, form: str
) -> None:
    path = written(tmp_path / "m.pt2", plain)
    with zipfile.ZipFile(path, "a") as archive:
        OTHER_FORMS[form](archive)
    with pytest.raises(UserError, match=r"is none of a plain|either way|packed again"):
        load_network(path)


def test_what_is_read_is_what_was_looked_at(
    plain: Records, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file changes as soon as it has been looked at: torch is given what was there before."""
    mark = tmp_path / "mark"
    path, bad = written(tmp_path / "m.pt2", plain), dict(plain)
    size_that_runs(bad, mark)
    load = torch.export.load

    def late(file: Any) -> Any:
        written(path, bad)
        return load(file)

    monkeypatch.setattr(torch.export, "load", late)
    load_network(path)
    assert not mark.exists()


def test_tensors_beyond_what_is_in_the_file_are_refused(plain: Records, tmp_path: Path) -> None:
    for content in (b"", plain["m/data/weights/weight_0"]):
        records = dict(plain)
        records["m/data/weights/weight_0"] = content
        with changed(records, WEIGHTS) as weights:
            meta = next(iter(weights["config"].values()))["tensor_meta"]
            meta["sizes"] = [{"as_int": 1 << 40}]
            meta["strides"] = [{"as_int": 0}]
        with pytest.raises(UserError, match="larger than what is there of it"):
            load_network(written(tmp_path / "m.pt2", records))


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_programs_that_are_cut_short_are_told(plain: Records, tmp_path: Path, share: float) -> None:
    path = written(tmp_path / "m.pt2", plain)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(UserError, match="damaged or no exported program"):
        load_network(path)
    flipped = bytearray(data)
    flipped[data.index(plain["m/data/weights/weight_0"]) + 5] ^= 0x40
    path.write_bytes(flipped)
    with pytest.raises(UserError, match="damaged or no exported program"):
        load_network(path)


def test_programs_with_parts_missing_are_told(plain: Records, tmp_path: Path) -> None:
    for name in (PROGRAM, WEIGHTS, CONSTANTS):
        for key in json.loads(plain[name]):
            records = dict(plain)
            with changed(records, name) as content:
                content[key] = {}
            with contextlib.suppress(UserError):
                load_network(written(tmp_path / "m.pt2", records))
    records = dict(plain)
    with changed(records, WEIGHTS) as weights:
        weights["config"].popitem()
    with pytest.raises(UserError, match="is not in the state dict"):
        load_network(written(tmp_path / "m.pt2", records))
