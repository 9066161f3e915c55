"""Why a file's weights are not a network's, in one line that is so."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deepvis_app.errors import UserError
from deepvis_app.nets.matching import is_optimizers
from deepvis_app.nets.weights import JOIN_HINT, SAVE_HINT

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from deepvis_app.nets.matching import Match, Own
    from deepvis_app.nets.weights_file import WeightsFile

_SHOWN = 3
_PART = re.compile(r"(\d{5})-of-(\d{5})")  # of model-00001-of-00002.safetensors
_NAME_IT = "Name the network that they were saved from"
_VARIANT = "Name the variant that the weights were saved from"


def no_part(file: WeightsFile, fitting: Sequence[Match]) -> UserError:
    """Return the refusal of a FILE#NAME of which the file has no NAME."""
    names = [match.name for match in fitting if match.name]
    names = names or sorted(way for way in file.mappings if way and "." not in way)
    cause = f"{file.path.name} holds nothing called {file.wanted!r}"
    if not names:
        return UserError(cause, f"Leave out #{file.wanted}")
    return UserError(cause, f"Use {_either([f'{file.path.name}#{name}' for name in names])}")


def no_match(file: WeightsFile, own: Own, title: str) -> UserError:
    """Return the refusal of a file in which no tensor has a name of the network."""
    weights = [
        key
        for key, value in file.tensors.items()
        if value.ndim and value.is_floating_point() and not is_optimizers(key)
    ]
    if not weights:
        return UserError(
            f"Nothing in {file.name} is a state dict ({_some(file.tensors)})", SAVE_HINT
        )
    title = _title(file, title)
    needed = [key for key in own.state if key in own.needed]
    return _part_of_more(file) or UserError(
        f"{file.name} holds another architecture's weights: none of the {len(needed)} names of "
        f"{title} ({_some(needed)}) is among those in it ({_some(weights)})",
        _NAME_IT,
    )


@dataclass(frozen=True, slots=True)
class Misfit:
    """The nearest part of a file, and what of it is not as the network needs it."""

    file: WeightsFile
    title: str
    own: Own
    match: Match
    missing: Collection[str]
    unexpected: Collection[str]
    shapes: Collection[str]

    def error(self) -> UserError:
        """Return the most telling sentence that holds."""
        return (
            _part_of_more(self.file)
            or self._other_architecture()
            or self._other_head()
            or self._no_head()
            or self._other_channels()
            or self._all_and_more()
            or self._in_general()
        )

    def _other_architecture(self) -> UserError | None:
        count = len(self.own.needed & self.match.state.keys())
        if 2 * count >= len(self.own.needed):
            return None
        return UserError(
            f"{self._file} holds another architecture's weights: {count} of the "
            f"{len(self.own.needed)} names of {self._title} are there; "
            f"missing {_some(self._in_order(self.missing))}",
            _NAME_IT,
        )

    def _other_head(self) -> UserError | None:
        """The final layer alone has another number of rows."""
        last = self._last_module()
        shapes = {key: (self._have(key), self._need(key)) for key in self.shapes}
        only_rows = all(a[1:] == b[1:] and a and b for a, b in shapes.values())
        if self.missing or self.unexpected or not only_rows or not last.issuperset(self.shapes):
            return None
        (have, *_), (need, *_) = next(iter(shapes.values()))
        return UserError(
            f"{self._file} fits {self._title} but for the head: the file has {have} classes, "
            f"the network {need}",
            f"Make the network with {have} classes, as by arguments = {{ num_classes = {have} }} "
            "in its profile where the factory takes them",
        )

    def _no_head(self) -> UserError | None:
        """All is there but the end of the network."""
        needed = self._in_order(self.own.needed)
        tail = needed[len(needed) - len(self.missing) :]
        if self.unexpected or self.shapes or not self.missing or set(tail) != set(self.missing):
            return None
        return UserError(
            f"{self._file} has all of {self._title} but its end: {_some(tail)} "
            f"{'are' if len(tail) > 1 else 'is'} not in it, as in weights of a backbone alone",
            "Give weights with a head, or make the network without one "
            "(timm's factories: num_classes = 0; a factory of your own: model.fc = nn.Identity())",
        )

    def _other_channels(self) -> UserError | None:
        """The first layer alone takes pictures of other channels."""
        first = self._in_order(self.own.needed)[0]
        if self.missing or self.unexpected or list(self.shapes) != [first]:
            return None
        have, need = self._have(first), self._need(first)
        if len(have) != len(need) or len(have) < 3 or have[:1] + have[2:] != need[:1] + need[2:]:
            return None
        return UserError(
            f"{self._file} fits {self._title} but for the first layer: the file takes {have[1]} "
            f"input channels, the network {need[1]}",
            f"Make the network with {have[1]} channels, and say so in a profile ([input] channels)",
        )

    def _all_and_more(self) -> UserError | None:
        if self.missing or self.shapes:
            return None
        return UserError(
            f"{self._file} has all of {self._title} and {len(self.unexpected)} more of the same "
            f"kind ({_some(self.unexpected)}), so it is a larger variant's",
            _VARIANT,
        )

    def _in_general(self) -> UserError:
        parts = [
            f"{len(found)} {what} ({_some(found, '; ')})"
            for found, what in (
                (self._in_order(self.missing), "missing"),
                (self.unexpected, "unexpected"),
                ([self._both(key) for key in self._in_order(self.shapes)], "of another shape"),
            )
            if found
        ]
        return UserError(f"{self._file} does not fit {self._title}: {', '.join(parts)}", _VARIANT)

    @property
    def _file(self) -> str:
        name = self.match.name
        return f"{self.file.path.name} (behind '{name}.')" if name else self.file.path.name

    @property
    def _title(self) -> str:
        return _title(self.file, self.title)

    def _in_order(self, keys: Collection[str]) -> list[str]:
        wanted = set(keys)
        return [key for key in self.own.state if key in wanted]

    def _last_module(self) -> set[str]:
        """Return the names of the last module with weights of its own."""
        path = self._in_order(self.own.needed)[-1].rpartition(".")[0]
        return {key for key in self.own.needed if key.rpartition(".")[0] == path}

    def _have(self, key: str) -> tuple[int, ...]:
        return tuple(self.match.state[key].shape)

    def _need(self, key: str) -> tuple[int, ...]:
        return tuple(self.own.state[key].shape)

    def _both(self, key: str) -> str:
        return f"{key}: file {_size(self._have(key))}, network {_size(self._need(key))}"


def _part_of_more(file: WeightsFile) -> UserError | None:
    part = _PART.search(file.path.stem)
    if part is None or int(part[2]) < 2:
        return None
    return UserError(
        f"{file.path.name} is part {int(part[1])} of {int(part[2])} of weights saved in parts",
        JOIN_HINT,
    )


def _title(file: WeightsFile, title: str) -> str:
    return "the network" if title == file.path.stem else title


def _size(shape: Sequence[int]) -> str:
    return "x".join(map(str, shape)) or "one number"


def _some(names: Iterable[str], between: str = ", ") -> str:
    names = list(names)
    return between.join([*names[:_SHOWN], *["…"] * (len(names) > _SHOWN)])


def _either(names: Sequence[str]) -> str:
    return " or ".join(filter(None, (", ".join(names[:-1]), names[-1])))
