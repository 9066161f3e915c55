"""What plain programs hold is let through: sizes, operations, whole networks of torchvision."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
import sympy
import torch
from torch import nn
from torchvision import models

from deepvis_app.nets import load_network
from deepvis_app.nets.exported import load_exported
from deepvis_app.nets.expression_check import checked_expression
from deepvis_app.nets.not_plain import NotPlainError
from deepvis_app.nets.operation_check import checked_operation

if TYPE_CHECKING:
    from pathlib import Path

S, T = (sympy.Symbol(name, positive=True, integer=True) for name in ("s77", "u3"))
SIZES = [
    S, 3 * S, (S - 1) // 2 + 1, S**2 * T, sympy.Min(768, 768 * S), sympy.Max(1, S + T), S / 3,
    sympy.Eq(S, 4), sympy.Ne(S, 4), S >= 3, S < T, sympy.And(S > 3, T > 2), sympy.Not(S > 3),
    sympy.Float("0.5") * S, sympy.sqrt(S), 1 / S, -S, sympy.true,
]  # fmt: skip


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_what_sympy_writes_is_read_as_the_same(size: sympy.Basic) -> None:
    for text in (sympy.srepr(size), str(size)):
        checked = checked_expression(text)
        known = {"s77": S, "u3": T}
        assert sympy.sympify(checked, locals=known) == size


@pytest.mark.parametrize("text", [
    "", "s77 +", "x", "s77.is_integer", "s77[0]", "().__class__", "lambda: 1", "[1]", "'a'",
    "s77()", "f(s77)", "eval('1')", "sympify('1')", "Symbol('x')", "Symbol('s77', cls=1)",
    "Lambda(s77, 1)", "Symbol(Symbol('s77'))", "Symbol('s' + '77')", "Integer('__import__')",
    "s77 if s77 else 1", "s77\nimport os", "(yield)", "s77 := 3", "f'{s77}'", "__import__",
    "Float('1e9999999999')", "Float('1', precision=10**9)", "s99999999", "Symbol('u99999999')",
    "9**9**9", "(9**9)**9", "2**1000000",
    "Pow(Integer(9), Integer(999999999))", "LShift(Integer(1), Integer(999999))",
    "PowByNatural(Pow(s77, 9), 9)", "RoundDecimal(5, -999999999)", "factorial(99999)", "1 << 99999",
    "9" * 30, "(" * 300 + "s77" + ")" * 300, "-" * 200 + "s77", "s77+" * 2000 + "s77", "\0", "é77",
])  # fmt: skip
def test_other_texts_are_no_sizes(text: str) -> None:
    with pytest.raises(NotPlainError, match="no sum of sizes"):
        checked_expression(text)


def test_a_size_of_the_longest_text_is_read_quickly() -> None:
    pieces = ["Pow(Add(s1, s2, s3, s4, s5), 16)", "FloorDiv(Mul(s1, s2), Add(s3, 7))", "2**16"]
    text = f"Add({', '.join(pieces * 20)})"
    start = time.perf_counter()
    sympy.sympify(checked_expression(text))
    assert time.perf_counter() - start < 5


@pytest.mark.parametrize("name", [
    "torch.ops.aten.conv2d.default", "torch.ops.aten.add_.Tensor", "torch.ops.aten.sym_size.int",
    "torch.ops.aten.einsum.default", "torch.ops.aten.__and__.Tensor", "torch.ops.aten.rand.default",
    "torch.ops.aten.index.Tensor", "torch.ops.torchvision.roi_align.default", "_operator.mul",
    "torch.ops.torchvision.deform_conv2d.default", "torch.sym_max", "math.trunc",
    "torch.ops.prims.convert_element_type.default",
])  # fmt: skip
def test_operations_of_networks_are_known(name: str) -> None:
    assert checked_operation(name) == name


@pytest.mark.parametrize("name", [
    "", "torch.load", "torch.hub.load", "torch.os.system", "torch.ops.load_library",
    "torch.jit.load", "torch.ops.aten.save.default", "torch.ops.aten.from_file.default",
    "torch.ops.aten.warn.default",
    "torch.ops.image.read_file.default", "torch.ops.image.write_file.default", "torch.ops.aten",
    "torch.ops.aten.set_.source_Storage", "torch.ops.aten.wait.default", "torch.ops.aten.conv2d",
    "torch.ops.aten.conv2d.default.__class__", "torch.ops.aten.conv2d.__class__",
    "torch.ops.mine.f.g",
    "torch.ops.higher_order.while_loop", "_operator.attrgetter", "_operator.methodcaller",
    "_operator.call", "_operator.setitem", "math.sin.__class__", "os.system", "#mine:f",
])  # fmt: skip
def test_other_functions_are_no_operations(name: str) -> None:
    with pytest.raises(NotPlainError, match="none of a plain network's"):
        checked_operation(name)


class WithoutGradients(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.add_module("größe-1", nn.Conv2d(3, 4, 3))
        self.last = nn.Conv2d(4, 2, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            x = nn.functional.interpolate(getattr(self, "größe-1")(x), scale_factor=2)
        return self.last(x).amax((2, 3))


@pytest.mark.parametrize("decomposed", [False, True])
def test_parts_without_gradients_and_names_of_any_letters(tmp_path: Path, decomposed: bool) -> None:
    torch.manual_seed(0)
    module = WithoutGradients().eval()
    program = torch.export.export(module, (torch.randn(1, 3, 16, 16),))
    if decomposed:
        program = program.run_decompositions()
    torch.export.save(program, tmp_path / "m.pt2")
    x = torch.randn(1, 3, 16, 16, generator=torch.Generator().manual_seed(1))
    logits = load_network(tmp_path / "m.pt2").forward(x).logits
    torch.testing.assert_close(logits, module(x))


NETWORKS = [
    "convnext_tiny", "densenet121", "efficientnet_b0", "googlenet", "inception_v3", "maxvit_t",
    "mobilenet_v3_small", "resnet18", "shufflenet_v2_x0_5", "squeezenet1_0", "swin_t", "vit_b_16",
]  # fmt: skip


@pytest.mark.slow(seconds=15)
@pytest.mark.parametrize("free", [False, True])
@pytest.mark.parametrize("name", NETWORKS)
def test_networks_of_torchvision_need_no_trust(tmp_path: Path, name: str, free: bool) -> None:
    options = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
    module = models.get_model(name, weights=None, **options).eval()
    side = 299 if name == "inception_v3" else 224
    x = torch.randn(2 if free else 1, 3, side, side)
    shapes = ({0: torch.export.Dim("batch")},) if free else None
    torch.export.save(torch.export.export(module, (x,), dynamic_shapes=shapes), tmp_path / "m.pt2")
    loaded = load_exported(tmp_path / "m.pt2").module
    with torch.no_grad():
        torch.testing.assert_close(loaded(x), module(x), rtol=1e-3, atol=1e-4)
