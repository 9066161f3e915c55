"""Symbolic sizes in a saved program, read by a grammar of their own before torch evaluates them.

torch hands such a text to sympy, which runs it as Python. What comes out of here is written anew
from a tree that holds nothing but numbers, symbols and functions of a fixed list.
"""

from __future__ import annotations

import ast
import re

from deepvis_app.nets.not_plain import NotPlainError

_SYMBOL = re.compile(r"(s|u|zf|zuf)\d{1,4}")
_FLOAT = re.compile(r"-?\d{1,40}(\.\d{0,60})?(e[+-]?\d{1,3})?")
_LONGEST, _DEEPEST = 2000, 40
_LARGEST, _HIGHEST = 2**64, 16  # of a number; of an exponent, so that powers stay small
_FACTS = {
    "commutative", "complex", "extended_negative", "extended_nonnegative", "extended_nonpositive",
    "extended_nonzero", "extended_positive", "extended_real", "finite", "hermitian", "imaginary",
    "infinite", "integer", "irrational", "negative", "noninteger", "nonnegative", "nonpositive",
    "nonzero", "positive", "rational", "real", "transcendental", "zero", "even", "odd",
}  # fmt: skip
_FUNCTIONS = {
    # of sympy
    "Abs", "Add", "And", "Eq", "Equality", "Ge", "GreaterThan", "Gt", "Integer", "Le", "LessThan",
    "Lt", "Max", "Min", "Mul", "Ne", "Not", "Or", "Rational", "StrictGreaterThan",
    "StrictLessThan", "Unequality", "ceiling", "floor", "sqrt",
    # of torch.utils._sympy
    "CeilDiv", "CeilToInt", "CleanDiv", "FloatTrueDiv", "FloorDiv", "FloorToInt", "Identity",
    "IntTrueDiv", "IsNonOverlappingAndDenseIndicator", "Mod", "ModularIndexing", "PythonMod",
    "RoundToInt", "ToFloat", "TruncToFloat", "TruncToInt", "Where",
}  # fmt: skip
_POWERS = {"FloatPow", "LShift", "Pow", "PowByNatural", "RShift", "RoundDecimal"}
_SIGNS = (ast.USub, ast.UAdd, ast.Not, ast.Invert)
_SUMS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.BitAnd, ast.BitOr)
_ORDERS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)


def is_symbol(text: str) -> bool:
    """Tell the name of a symbol, as "s0" or "u12", of a number that is quickly counted to."""
    return _SYMBOL.fullmatch(text) is not None


def checked_expression(text: str) -> str:
    """Return an expression, written anew. Raises `NotPlainError` for any other text."""
    try:
        if len(text) > _LONGEST:
            raise ValueError
        tree = ast.parse(text.strip(), mode="eval").body
        _Grammar().check(tree)
        return ast.unparse(tree)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise NotPlainError(
            f"the expression {text!r}", "is no sum of sizes, and torch runs expressions as Python"
        ) from error


class _Grammar:
    """Raises `ValueError` for what is no part of an expression; the numbers in it stay small."""

    def __init__(self) -> None:
        self._depth = 0
        self._in_power = False

    def check(self, node: ast.expr) -> None:
        self._depth += 1
        _require(self._depth <= _DEEPEST)
        match node:
            case ast.Constant(value=bool() | int() | float() as value):
                _require(abs(value) < _LARGEST)
            case ast.Name(id=name):
                _require(is_symbol(name) or name in ("true", "false"))
            case ast.UnaryOp(op=op, operand=inner):
                _require(isinstance(op, _SIGNS))
                self.check(inner)
            case ast.BinOp(left=base, op=ast.Pow() | ast.LShift() | ast.RShift(), right=exponent):
                self._power([base, exponent])
            case ast.BinOp(left=left, op=op, right=right):
                _require(isinstance(op, _SUMS))
                self.check(left)
                self.check(right)
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                _require(isinstance(op, _ORDERS))
                self.check(left)
                self.check(right)
            case ast.Call(func=ast.Name(id=name), args=args, keywords=named):
                self._call(name, args, named)
            case _:
                raise ValueError
        self._depth -= 1

    def _call(self, name: str, args: list[ast.expr], named: list[ast.keyword]) -> None:
        if name == "Symbol":
            _require(len(args) == 1 and is_symbol(_text(args[0])))
            for each in named:
                _require(each.arg in _FACTS)
                _require(isinstance(each.value, ast.Constant) and each.value.value in (True, False))
        elif name == "Float":
            _require(len(args) == 1 and _FLOAT.fullmatch(_text(args[0])) is not None)
            for each in named:
                _require(each.arg == "precision" and _number(each.value) <= 64)
        elif name in _POWERS:
            _require(not named)
            self._power(args)
        else:
            _require(name in _FUNCTIONS and not named)
            for arg in args:
                self.check(arg)

    def _power(self, args: list[ast.expr]) -> None:
        _require(len(args) == 2 and not self._in_power and abs(_number(args[1])) <= _HIGHEST)
        self._in_power = True
        for arg in args:
            self.check(arg)
        self._in_power = False


def _require(is_so: bool) -> None:
    if not is_so:
        raise ValueError


def _text(node: ast.expr) -> str:
    _require(isinstance(node, ast.Constant) and isinstance(node.value, str))
    return str(ast.literal_eval(node))


def _number(node: ast.expr) -> float:
    """Return the number that an exponent is: 2, -1, Integer(2), Rational(1, 2), Float('0.5')."""
    match node:
        case ast.Constant(value=int() | float() as value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return -_number(inner)
        case ast.Call(func=ast.Name(id="Integer"), args=[inner]):
            return _number(inner)
        case ast.Call(func=ast.Name(id="Rational"), args=[top, bottom]):
            _require(_number(bottom) >= 1)
            return max(abs(_number(top)), _number(bottom))
        case ast.Call(func=ast.Name(id="Float"), args=[ast.Constant(value=str() as text), *_]):
            return float(text)
    raise ValueError
