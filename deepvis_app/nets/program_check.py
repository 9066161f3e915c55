"""Look through the text of a saved program, before torch reads it and makes Python of its parts.

torch writes a program as JSON. Every text in it is looked at by the field that it stands in, as
torch reads it by that field: expressions are evaluated, names of operations and modules are walked
along, names of values are written into source code that is then run, trees import what they name.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from deepvis_app.nets.expression_check import checked_expression, is_symbol
from deepvis_app.nets.not_plain import NotPlainError
from deepvis_app.nets.operation_check import checked_operation

if TYPE_CHECKING:
    from collections.abc import Callable

_DEEPEST = 100  # values in one another; a program of ordinary parts has 20
_LARGEST = 2**64
_TREES = (None, "builtins.dict", "builtins.list", "builtins.tuple", "collections.OrderedDict")
_KEPT = "nn_module_stack"  # of a node's notes: the modules that it stands in
_DROPPED = ("guards_code", "treespec_namedtuple_fields")  # source code; classes of tuples


def checked_program(text: bytes) -> bytes:
    """Return the JSON of a program or of a list of tensors, written anew from what was looked at.

    Notes that only explain are left out. Raises `NotPlainError` for what runs code or is not known,
    `ValueError` for what is no such text.
    """
    return json.dumps(_checked(json.loads(text), "", 0)).encode()


def _checked(value: Any, field: str, depth: int) -> Any:
    if depth > _DEEPEST:
        raise ValueError("too deep")
    match value:
        case str():
            return _checked_text(value, field)
        case dict() if field == "metadata":
            return {k: _modules(v) for k, v in value.items() if k == _KEPT}
        case dict():
            return {
                _key(key, field): _checked(inner, key, depth + 1)
                for key, inner in value.items()
                if key not in _DROPPED
            }
        case list():
            return [_checked(inner, field, depth + 1) for inner in value]
        case int() | float() if abs(value) >= _LARGEST:
            raise ValueError("a number too large")
    return value


def _checked_text(text: str, field: str) -> str:
    check = _FIELDS.get(field)
    if check is None:
        raise NotPlainError(f"{field} = {text!r}", "is no part of a plain program")
    return check(text)


def _key(key: str, field: str) -> str:
    if field == "range_constraints" and not is_symbol(key):
        raise NotPlainError(f"limits of {key!r}", "is no symbol")
    return _path(key)


def _matching(pattern: str, what: str) -> Callable[[str], str]:
    allowed = re.compile(pattern)

    def check(text: str) -> str:
        if allowed.fullmatch(text) is None:
            raise NotPlainError(f"{text!r}", f"is no {what}")
        return text

    return check


_CODE = "and torch writes it into source code"
_name = _matching(r"[^\W\d]\w{0,300}|", f"name of a value, {_CODE}")
_modules = _matching(r"[\w.@\-/+~: <>;,]{0,10000}", "list of modules")
_word = _matching(r"[\w.+\-]{0,100}", "word")
_number = _matching(r"-?Infinity|NaN", "number")
_any_path = _matching(r"[\w.@\-/+~: ]{0,1000}", f"name of a part, {_CODE}")


def _path(text: str) -> str:
    """Check the dotted name of a part of a network: of no part that all Python objects have."""
    if any(part.startswith("__") and part.endswith("__") for part in text.split(".")):
        raise NotPlainError(f"{text!r}", "is a part of Python, not of a network")
    return _any_path(text)


def _argument(text: str) -> str:
    """Check a text given to an operation, as "bilinear": torch gives it on as it is."""
    if len(text) > 1000 or not text.isprintable():
        raise NotPlainError(f"{text!r}", "is no argument of a plain operation")
    return text


def _object(text: str) -> str:
    raise NotPlainError(f"an object of the class {text}", "is made by code, not of numbers")


def _tree(text: str) -> str:
    """Check how inputs and outputs are nested: in plain tuples, lists and dictionaries."""
    version, tree = json.loads(text)
    if version != 1:
        raise ValueError("a tree of another version")
    return json.dumps([version, _branch(tree, 0)])


def _branch(tree: dict[str, Any], depth: int) -> dict[str, Any]:
    kind, context = tree["type"], tree["context"]
    if kind not in _TREES:
        raise NotPlainError(f"an input or output of the class {kind}", "is made by code")
    if depth > _DEEPEST:
        raise ValueError("too deep")
    names = json.loads(context) if context is not None else None
    for name in names or []:
        _path(name) if isinstance(name, str) else _require_number(name)
    return {
        "type": kind,
        "context": context if context is None else json.dumps(names),
        "children_spec": [_branch(each, depth + 1) for each in tree["children_spec"]],
    }


def _require_number(name: object) -> None:
    if not isinstance(name, int | float):
        raise NotPlainError(f"{name!r}", "is no name of an input or output")


_FIELDS: dict[str, Callable[[str], str]] = {
    "as_float": _number,
    "as_float_lists": _number,
    "as_floats": _number,
    "as_name": _name,
    "as_operator": checked_operation,
    "as_string": _argument,
    "as_strings": _argument,
    "buffer_name": _path,
    "class_fqn": _object,
    "expr_str": checked_expression,
    "forward_arg_names": _name,
    "fqn": _path,
    "imag": _number,
    "in_spec": _tree,
    "name": _name,
    "out_spec": _tree,
    "parameter_name": _path,
    "path_name": _word,
    "real": _number,
    "target": checked_operation,
    "tensor_constant_name": _path,
    "torch_version": _word,
    "type": _word,
    "user_input_name": _name,
    "verifiers": _word,
}
