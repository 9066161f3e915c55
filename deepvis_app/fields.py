"""What a form has to know of the fields of a pydantic model, read off the model itself.

A field's title stands beside its editor, its docstring is the tooltip, its limits are those of the
editor, and `shown`, as its `json_schema_extra`, says the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic.fields import FieldInfo

Kind = Literal["bool", "int", "float", "choice", "text", "folder", "numbers"]
Value = bool | int | float | str | Path | tuple[int, ...] | None  # of choices, their text

_KINDS: dict[object, Kind] = {
    bool: "bool",
    int: "int",
    float: "float",
    str: "text",
    Path: "folder",
}


def shown(
    unit: str = "",
    *,
    step: float | None = None,
    logarithmic: bool = False,
    factor: float = 1.0,
    decimals: int | None = None,
    zero: str = "",
    words: Mapping[str, str] | None = None,
    side_by_side: bool = False,
    choices: Sequence[str] = (),
) -> Any:
    """Say how a field is shown: its number times `factor`, with a unit; 0 as a word, `zero`.

    `words` are those of its choices that are not their own text; few and short ones may stand
    `side_by_side`. `choices` are those of a text that its type does not tell.
    """
    return {
        "unit": unit,
        "step": step,
        "logarithmic": logarithmic,
        "factor": factor,
        "decimals": decimals,
        "zero": zero,
        "words": dict(words or {}),
        "side_by_side": side_by_side,
        "choices": [*choices],
    }


@dataclass(frozen=True, slots=True)
class FormField:
    """One field. `path` leads to it, such as "regularise.decay".

    `low` and `high` are None for what is no number. `logarithmic` says that a slider should be; one
    whose `low` is 0 then needs a place of its own for it. `above_low`: it is more than `low`.
    `optional`: it may be None.
    """

    path: str
    title: str
    tip: str
    kind: Kind
    low: float | None = None
    high: float | None = None
    step: float | None = None
    logarithmic: bool = False
    choices: tuple[str, ...] = ()
    unit: str = ""
    factor: float = 1.0
    decimals: int | None = None
    zero: str = ""
    words: tuple[tuple[str, str], ...] = ()
    side_by_side: bool = False
    optional: bool = False
    above_low: bool = False

    @property
    def group(self) -> str:
        """The path of the model that it is in, "" for the outermost."""
        return self.path.rpartition(".")[0]

    def value(self, model: BaseModel) -> Any:
        """Return its value in a model that `path` begins at; a choice as its text."""
        found: Any = model
        for name in self.path.split("."):
            found = getattr(found, name)
        return found.value if isinstance(found, Enum) else found


def form_fields(model: type[BaseModel], path: str = "") -> tuple[FormField, ...]:
    """Return the fields of a model, and of the models in it, in their order.

    `path` leads to the model. What no form can show, such as a table, is left out.
    """
    found: list[FormField] = []
    for name, info in model.model_fields.items():
        here = f"{path}.{name}" if path else name
        kind, _ = _plain(info.annotation)
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            found += form_fields(kind, here)
        elif (one := _field(here, info)) is not None:
            found.append(one)
    return tuple(found)


def _field(path: str, info: FieldInfo) -> FormField | None:
    annotation, optional = _plain(info.annotation)
    extra: Any = shown() | (info.json_schema_extra or {})
    choices = _choices(annotation) or tuple(extra["choices"])
    kind: Kind | None = "choice" if choices else _KINDS.get(annotation)
    if _is_numbers(annotation):
        kind = "numbers"
    if kind is None:
        return None
    bounds = {
        end: float(getattr(limit, key))
        for limit in info.metadata
        for key, end in (("ge", "low"), ("gt", "low"), ("le", "high"), ("lt", "high"))
        if getattr(limit, key, None) is not None
    }
    return FormField(
        path=path,
        title=info.title or path.rpartition(".")[2].replace("_", " ").capitalize(),
        tip=info.description or "",
        kind=kind,
        low=bounds.get("low"),
        high=bounds.get("high"),
        step=extra["step"] or (1 if kind == "int" else None),
        logarithmic=extra["logarithmic"],
        choices=choices,
        unit=extra["unit"],
        factor=extra["factor"],
        decimals=extra["decimals"],
        zero=extra["zero"],
        words=tuple(extra["words"].items()),
        side_by_side=extra["side_by_side"],
        optional=optional,
        above_low=any(getattr(limit, "gt", None) is not None for limit in info.metadata),
    )


def _plain(annotation: Any) -> tuple[Any, bool]:
    """Return a type without the None that it may be too, and whether it may."""
    if get_origin(annotation) not in (Union, UnionType):
        return annotation, False
    kinds = [kind for kind in get_args(annotation) if kind is not NoneType]
    return (kinds[0] if len(kinds) == 1 else annotation), NoneType in get_args(annotation)


def _is_numbers(annotation: Any) -> bool:
    """Tell whether a type is that of any number of whole numbers."""
    if get_origin(annotation) is not tuple:
        return False
    first, *rest = get_args(annotation)
    inner = get_args(first)[0] if get_origin(first) is Annotated else first
    return inner is int and rest == [Ellipsis]


def _choices(annotation: Any) -> tuple[str, ...]:
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return tuple(str(member.value) for member in annotation)
    return tuple(map(str, get_args(annotation))) if get_origin(annotation) is Literal else ()
