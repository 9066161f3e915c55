"""Options of a command that are the fields of a model."""

from __future__ import annotations

from collections.abc import Collection
from enum import Enum
from inspect import Parameter
from typing import Annotated, Any

import typer
from pydantic import BaseModel

from deepvis_app.fields import FormField


def parameter(name: str, kind: Any, usual: Any) -> Parameter:
    """Return a parameter of a function that typer makes a command of."""
    return Parameter(name, Parameter.KEYWORD_ONLY, annotation=kind, default=usual)


def setting(
    one: FormField,
    spec: type[BaseModel],
    prefix: str,
    before: str = "",
    classes: Collection[str] = (),
) -> Parameter:
    """Return the option of a model's field: `--BEFOREname`, a parameter called PREFIXname.

    Those named in `classes` take a number or a label, as text.
    """
    info = spec.model_fields[one.path]
    usual, flag = info.get_default(), f"--{before}{one.path.replace('_', '-')}"
    tip = f"{one.tip} [{one.unit}]" if one.unit and one.factor == 1 else one.tip
    if one.path in classes:
        option = typer.Option(flag, metavar="N|LABEL", help=tip)
        return parameter(f"{prefix}{one.path}", Annotated[str, option], str(usual))
    kind, usual = _kind(one, usual)
    option = typer.Option(*_flags(flag, one), help=tip, **_bounds(one))
    return parameter(f"{prefix}{one.path}", Annotated[kind, option], usual)


def _kind(one: FormField, usual: Any) -> tuple[Any, Any]:
    """Return the type of an option, and its usual value as one."""
    if one.kind == "choice":
        choices: Any = Enum("Choice", {choice: choice for choice in one.choices}, type=str)  # type: ignore[misc]
        word = usual.value if isinstance(usual, Enum) else usual
        usual = None if word is None else choices(word)
        return (choices | None if one.optional else choices), usual
    kind: Any = {"bool": bool, "int": int, "float": float}.get(one.kind, str)
    return (kind | None if one.optional else kind), usual


def _flags(flag: str, one: FormField) -> tuple[str, ...]:
    return (f"{flag}/--no-{flag.removeprefix('--')}",) if one.kind == "bool" else (flag,)


def _bounds(one: FormField) -> dict[str, Any]:
    """Return what typer is told of a number's limits, or of a layer."""
    if one.path == "layer":
        return {"metavar": "NAME"}
    if one.kind not in ("int", "float"):
        return {}
    number = int if one.kind == "int" else float
    limits = {"min": one.low, "max": one.high}
    return {end: number(value) for end, value in limits.items() if value is not None}
