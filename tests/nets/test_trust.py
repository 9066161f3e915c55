"""Files that bring code: none of it runs unless just that code was agreed to."""

from __future__ import annotations

import os
import py_compile
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
import torch
from torch import nn

from deepvis_app.errors import UserError
from deepvis_app.nets import load_network
from deepvis_app.nets.free_factories import free_builder
from deepvis_app.nets.own_factory import OwnFactory
from deepvis_app.nets.trust import UntrustedCodeError, covers

if TYPE_CHECKING:
    from pathlib import Path

OTHERS = frozenset({"0" * 64})


class Evil:
    """Touches a file when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> object:
        return os.mkdir, (str(self.mark),)


@pytest.fixture
def mark(tmp_path: Path) -> Path:
    """What an attack leaves behind when its code has run."""
    return tmp_path / "ran"


def profile(folder: Path, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / "net.toml"
    path.write_text(text + "\n[input]\nsize = 8\n")
    return path


def module(folder: Path, name: str, mark: Path, units: int = 4) -> Path:
    """Write a module that leaves its mark when it is imported, and makes a network."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.py"
    path.write_text(
        f"import pathlib, torch\npathlib.Path({str(mark)!r}).touch()\n"
        f"def build(): return torch.nn.Conv2d(3, {units}, 3)\n"
    )
    return path


def refused(path: Path, trust: bool | frozenset[str] = False) -> UntrustedCodeError:
    with pytest.raises(UntrustedCodeError) as error:
        load_network(path, trust=trust)
    assert "\n" not in str(error.value)
    return error.value


def run_anyway(path: Path, trust: bool | frozenset[str]) -> None:
    """Load with trust; what these attacks give is mostly no network."""
    with suppress(UserError):
        load_network(path, trust=trust)


ATTACKS = {
    "a function of Python": 'factory = "os:mkdir"\narguments = {{ path = "{mark}" }}',
    "a program": 'factory = "subprocess:check_call"\narguments = {{ args = ["mkdir", "{mark}"] }}',
    "a module beside": 'factory = "mynet:build"',
    "through a library": (
        'factory = "torchvision.models:_api.inspect.os.mkdir"\narguments = {{ path = "{mark}" }}'
    ),
    "through torch.nn": 'factory = "torch.nn:modules.module.functools.partial"',
    "a pickle through torch": (
        'factory = "torch:load"\narguments = {{ f = "{evil}", weights_only = false }}'
    ),
    "the hub": 'factory = "torch.hub:load"\narguments = {{ repo_or_dir = "{hub}", model = "build", '
    'source = "local", trust_repo = true }}',
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_foreign_factory_runs_only_when_agreed_to(
    attack: str, tmp_path: Path, mark: Path
) -> None:
    folder = tmp_path / "profile"
    module(folder, "mynet", mark)
    torch.save(Evil(mark), tmp_path / "evil.pth")
    hub = module(tmp_path / "hub", "hubconf", mark).parent
    text = ATTACKS[attack].format(mark=mark, evil=tmp_path / "evil.pth", hub=hub)
    path = profile(folder, text)
    for trust in (False, OTHERS):
        error = refused(path, trust)
        assert not mark.exists()
    code = error.code
    assert code.file == path
    assert code.what in text
    assert code.what in error.cause
    assert code.lies_in in error.cause
    assert "--trust" in error.remedy
    assert "--trust" not in error.in_window
    if attack == "through torch.nn":  # calls nothing by itself
        return
    run_anyway(path, frozenset({code.digest}))  # the attack is one
    assert mark.exists()


def test_trust_runs_anything(tmp_path: Path, mark: Path) -> None:
    module(tmp_path / "a", "mynet", mark)
    path = profile(tmp_path / "a", 'factory = "mynet:build"')
    assert load_network(path, trust=True).layer("output").unit_count == 4
    assert mark.exists()


def test_what_would_run_is_told(tmp_path: Path, mark: Path) -> None:
    source = module(tmp_path / "a", "mynet", mark)
    path = profile(tmp_path / "a", 'factory = "mynet:build"\narguments = { units = 3, a = ["b"] }')
    code = refused(path).code
    assert code.lies_in == str(source)
    assert code.arguments == "units=3, a=['b']"
    assert code.beginning.splitlines() == source.read_text().splitlines()
    system = refused(profile(tmp_path / "b", 'factory = "os:system"')).code
    assert system.lies_in.endswith("os.py") or system.lies_in == "os, a part of Python"
    assert refused(profile(tmp_path / "b", 'factory = "sys:exit"')).code.lies_in.startswith("sys,")


FREE = (
    ('"torch.nn:Conv2d"', "in_channels = 3, out_channels = 2, kernel_size = 3, padding = 'same'"),
    ('"torchvision.models:squeezenet1_1"', "num_classes = 5"),
    ('"timm.models:resnet10t"', "num_classes = 3"),
    ('"deepvis_app.nets.pocket:Pocket"', "class_count = 7"),
)


@pytest.mark.parametrize(("factory", "arguments"), FREE)
def test_builders_of_libraries_are_free_and_cannot_be_shadowed(
    factory: str, arguments: str, tmp_path: Path, mark: Path
) -> None:
    for name in ("torch", "torchvision", "timm", "deepvis_app", "helper"):
        module(tmp_path / "a", name, mark)
    path = profile(tmp_path / "a", f"factory = {factory}\narguments = {{ {arguments} }}")
    path.write_text(path.read_text().replace("size = 8", "size = 64"))
    assert load_network(path).layers
    assert not mark.exists()
    shadowed = profile(tmp_path / "a", 'factory = "helper:build"')  # such a module would be found
    load_network(shadowed, trust=True)
    assert mark.exists()


@pytest.mark.parametrize(
    ("factory", "arguments"),
    [
        ("torch.nn:Conv2d.forward", {}),
        ("torch.nn:Parameter", {}),
        ("torch.nn:modules", {}),
        ("torch.nn:_reduction", {}),
        ("torch.nn:DataParallel", {}),
        ("torch:load", {}),
        ("torch.hub:load", {}),
        ("torchvision.models:get_model", {}),
        ("torchvision.models:ResNet18_Weights", {}),
        ("torchvision.models.resnet:resnet18", {}),
        ("torchvision.models:resnet18", {"weights": "DEFAULT"}),
        ("torchvision.models:resnet18", {"pretrained": True}),
        ("torchvision.models:resnet18", {"norm_layer": "os.system"}),
        ("torchvision.models:resnet18", {"num_classes": {"a": 1}}),
        ("timm.models:create_model", {}),
        ("timm.models:load_checkpoint", {}),
        ("timm.models:resnet18", {"checkpoint_path": "w"}),
        ("timm.models:resnet18", {"pretrained_cfg": "w"}),
        ("timm.models:resnet18", {"pretrained_cfg_overlay": {"file": "w.pth"}}),
        ("timm.models:resnet18", {"global_pool": "/tmp/w"}),
        ("timm.models:resnet18", {"global_pool": "http://a/b"}),
        ("timm.models:resnet18", {"layers": [1, ["../w"]]}),
        ("deepvis_app.nets.pocket:load_pocket", {}),
        ("deepvis_app.nets:load_network", {}),
        ("builtins:eval", {}),
    ],
)
def test_nothing_else_of_a_library_is_free(factory: str, arguments: dict[str, object]) -> None:
    assert free_builder(factory, arguments) is None
    if arguments:
        assert free_builder(factory, {}) is not None  # the arguments are what is not


def files(folder: Path, mark: Path) -> Path:
    """Write a profile whose code lies in a module, its neighbour, and a package of that."""
    module(folder, "mynet", mark)
    (folder / "mynet.py").write_text(
        "def build():\n    from torch import nn\n    import near\n"
        "    return nn.Conv2d(3, near.UNITS, 3)\n"
    )
    (folder / "near.py").write_text("from pack.deep.below import UNITS\n")
    (folder / "pack" / "deep").mkdir(parents=True)
    (folder / "pack" / "__init__.py").write_text("from . import other\n")
    (folder / "pack" / "other.py").write_text("")
    (folder / "pack" / "deep" / "below.py").write_text("UNITS = 5\n")
    (folder / "unrelated.py").write_text("1 / 0\n")
    return profile(folder, 'factory = "mynet:build"')


@pytest.mark.parametrize(
    "edited",
    [
        "net.toml", "mynet.py", "near.py", "pack/__init__.py", "pack/other.py",
        "pack/deep/below.py", "pack/deep/new.py",
    ],
)  # fmt: skip
def test_an_edit_asks_again(edited: str, tmp_path: Path, mark: Path) -> None:
    path = files(tmp_path / "a", mark)
    agreed = frozenset({refused(path).code.digest})
    assert load_network(path, trust=agreed).layer("output").unit_count == 5
    with (tmp_path / "a" / edited).open("a") as file:
        file.write("\n# changed\n")
    refused(path, agreed)


def test_what_does_not_run_does_not_count(tmp_path: Path, mark: Path) -> None:
    path = files(tmp_path / "a", mark)
    agreed = frozenset({refused(path).code.digest})
    (tmp_path / "a" / "unrelated.py").write_text("2 / 0\n")
    (tmp_path / "a" / "new.txt").write_text("")
    load_network(path, trust=agreed)
    copy = tmp_path / "b"
    (tmp_path / "a").rename(copy)  # elsewhere it is the same code
    load_network(copy / "net.toml", trust=agreed)


def test_what_was_read_is_what_runs(tmp_path: Path, mark: Path) -> None:
    path = files(tmp_path / "a", mark)
    own = OwnFactory("mynet:build", path, path.read_bytes(), "")
    (tmp_path / "a" / "pack" / "deep" / "below.py").write_text("UNITS = 99\n")
    before, finders = set(sys.modules), list(sys.meta_path)
    with own.importable():
        import mynet  # type: ignore[import-not-found]

        assert mynet.build().out_channels == 5
    assert not {"mynet", "near", "pack"} & set(sys.modules) - before
    assert sys.meta_path == finders


def test_compiled_code_beside_a_source_does_not_run_for_it(tmp_path: Path, mark: Path) -> None:
    path = files(tmp_path / "a", mark)
    (tmp_path / "other.py").write_text("UNITS = 77\n")
    cache = tmp_path / "a" / "pack" / "deep" / "__pycache__"
    py_compile.compile(
        str(tmp_path / "other.py"),
        str(cache / f"below.{sys.implementation.cache_tag}.pyc"),
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )
    agreed = frozenset({refused(path).code.digest})
    assert load_network(path, trust=agreed).layer("output").unit_count == 5
    assert load_network(path, trust=True).layer("output").unit_count == 77  # Python itself takes it


def test_what_could_not_be_seen_beforehand_is_not_imported(tmp_path: Path, mark: Path) -> None:
    folder = tmp_path / "a"
    module(folder, "hidden", mark)
    (folder / "mynet.py").write_text(
        "import importlib\ndef build(): return importlib.import_module('hid' + 'den').build()\n"
    )
    path = profile(folder, 'factory = "mynet:build"')
    agreed = frozenset({refused(path).code.digest})
    with pytest.raises(UserError, match="No module named 'hidden'"):
        load_network(path, trust=agreed)
    assert not mark.exists()
    load_network(path, trust=True)
    assert mark.exists()


@pytest.mark.parametrize(
    ("factory", "cause"),
    [
        ("../evil:build", "not of the form"),
        ("/tmp/evil:build", "not of the form"),
        ("evil:build()", "not of the form"),
        ("a..b:c", "not of the form"),
        ("no_such_module:x", "no module 'no_such_module'"),
        ("code:build", "the name of a module of Python"),
    ],
)
def test_factories_that_can_be_none(factory: str, cause: str, tmp_path: Path, mark: Path) -> None:
    module(tmp_path, "evil", mark)
    module(tmp_path / "a", "code", mark)
    with pytest.raises(UserError, match=cause):
        load_network(profile(tmp_path / "a", f'factory = "{factory}"'))
    assert not mark.exists()


def test_too_much_code_is_not_looked_through(tmp_path: Path, mark: Path) -> None:
    path = files(tmp_path / "a", mark)
    (tmp_path / "a" / "near.py").write_text("#" * 1_000_001)
    with pytest.raises(UserError, match="too long to be looked through"):
        load_network(path)
    (tmp_path / "a" / "near.py").write_bytes(b"import \0")  # cannot be parsed, nor run
    refused(path)
    (tmp_path / "a" / "near.py").unlink()
    os.mkfifo(tmp_path / "a" / "near.py")  # a pipe is no module, and is not waited for
    refused(path)


def test_a_pickled_network_is_read_when_its_content_was_agreed_to(
    tmp_path: Path, mark: Path
) -> None:
    path = tmp_path / "whole.pth"
    torch.save(nn.Conv2d(3, 4, 3), path)
    error = refused(path)
    assert error.code.lies_in == str(path)
    network = load_network(path, trust=frozenset({error.code.digest}))
    assert network.layer("output").unit_count == 4
    torch.save({"model": nn.Conv2d(3, 4, 3), "evil": Evil(mark)}, path)
    refused(path, frozenset({error.code.digest}))
    assert not mark.exists()
    load_network(path, trust=frozenset({refused(path).code.digest}))
    assert mark.exists()


def test_weights_with_objects_are_asked_about_beside_the_profile(
    tmp_path: Path, mark: Path
) -> None:
    module(tmp_path / "a", "mynet", tmp_path / "harmless")
    path = profile(tmp_path / "a", 'factory = "mynet:build"\nweights = "w.pth"')
    state = nn.Conv2d(3, 4, 3)
    torch.save({"model": state, "evil": Evil(mark)}, tmp_path / "a" / "w.pth")
    first = refused(path).code.digest
    error = refused(path, frozenset({first}))
    assert error.code.file.name == "w.pth"
    assert not mark.exists()
    network = load_network(path, trust=frozenset({first, error.code.digest}))
    assert torch.equal(network.module.get_parameter("weight"), state.weight)
    assert mark.exists()


def test_labels_are_a_text_of_some_size(tmp_path: Path) -> None:
    text = (
        'factory = "torch.nn:Conv2d"\nlabels = "{}"\n'
        "arguments = {{ in_channels = 3, out_channels = 2, kernel_size = 3 }}"
    )
    for name, cause in (("/dev/zero", "no plain file"), ("big.txt", "larger than 20 MB")):
        (tmp_path / "big.txt").write_bytes(b"a\n" * 10_000_001)
        with pytest.raises(UserError, match=cause):
            load_network(profile(tmp_path, text.format(name)))
    (tmp_path / "big.txt").write_text("a" * 1000 + "\nb\n")
    labels = load_network(profile(tmp_path, text.format("big.txt"))).labels
    assert [len(label) for label in labels] == [200, 1]


def test_trust_covers_exactly_what_it_names() -> None:
    assert covers(True, "a")
    assert not covers(False, "a")
    assert covers(frozenset({"a"}), "a")
    assert not covers(frozenset({"ab"}), "a")
    assert not covers(frozenset(), "a")
