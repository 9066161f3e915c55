"""A layer's name, kind and shape in little room."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import partial
from itertools import zip_longest
from typing import TYPE_CHECKING

from deepvis_app.nets.directed import BETWEEN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    Width = Callable[[str], float]
    Way = Callable[[str], str]

ELLIPSIS = "…"

# What a kind of module is called in a few letters, by how its class is called.
_TAGS = (
    (r"Norm\w*Activation|Block$|Layer$|Bottleneck|Residual$", "block"),
    (r"ConvTranspose", "deconv"),
    (r"^(Lazy)?Conv\dd", "conv"),
    (r"Norm(\dd)?$", "norm"),
    (r"Pool", "pool"),
    (r"Linear$", "linear"),
    (r"Drop|StochasticDepth", "drop"),
    (r"Attention", "attn"),
    (r"^Hard", "act"),
)
_LONGEST_TAG = 7  # letters of a class that is shown by its own name


def shortened(name: str, width_of: Callable[[str], float], room: float) -> str:
    """Return the fullest form of a dotted name that fits.

    Layers of one kind differ by the numbers in their paths and by how the last part begins, so
    those are kept longest: "3.squeeze", "40…out_proj", "3.expand1x1…", "40…out…".
    """
    return next((form for form in _forms(name) if width_of(form) <= room), ELLIPSIS)


def two_lines(
    names: Iterable[str], path_width: Width, last_width: Width, room: float
) -> Mapping[str, tuple[str, str]]:
    """Return every name as its path and its last part, each as full as fits.

    A part that is a number stays with the word before it: "layer1.0", "downsample.1". Of directions
    the path is the layer that they are on. Where what fits of two names is the same, both keep what
    tells them apart.
    """
    parts = {name: _parted(name) for name in names}
    lasts_in = defaultdict(list)
    for path, last in parts.values():
        lasts_in[path].append(last)
    paths = told_apart(lasts_in, path_width, room, is_path=True)
    lasts = {path: told_apart(lasts_in[path], last_width, room) for path in lasts_in}
    return {name: (paths[path], lasts[path][last]) for name, (path, last) in parts.items()}


def told_apart(
    words: Iterable[str], width_of: Width, room: float, *, is_path: bool = False
) -> Mapping[str, str]:
    """Return words as full as fits, cut at the end, or elsewhere where that makes two the same."""
    cut = partial(_cut, width_of=width_of, room=room)
    first: Way = partial(shortened, width_of=width_of, room=room) if is_path else cut
    alike = defaultdict(list)
    for word in dict.fromkeys(words):
        alike[first(word)].append(word)
    ways: list[Way] = [] if is_path else [partial(cut, tail=tail) for tail in (3, 5, 7, 9)]
    short = _short_path if is_path else _short_word
    ways += [partial(short, letters=letters) for letters in (5, 4, 3, 2, 1)]
    shown = {group[0]: text for text, group in alike.items() if len(group) == 1}
    for group in (group for group in alike.values() if len(group) > 1):
        taken = set(shown.values())
        shown |= {word: cut(word) for word in group}
        last: Way = partial(_differing, others=group)
        for way in [*ways, last]:
            # All words of a group are cut in one way: what then differs is what differs in them.
            texts = {word: word if width_of(word) <= room else way(word) for word in group}
            is_fitting = all(width_of(text) <= room for text in texts.values())
            if is_fitting and len(set(texts.values()) - taken) == len(group):
                shown |= texts
                break
    return shown


def _cut(word: str, width_of: Width, room: float, tail: int = 0) -> str:
    """Return a word with what does not fit left out before its last letters."""
    end = word[len(word) - tail :]
    heads = (word[:count] for count in range(len(word) - tail - 1, -1, -1))
    forms = [word, *(head + ELLIPSIS + end for head in heads)]
    return next((form for form in forms if width_of(form) <= room), ELLIPSIS)


def _short_word(word: str, letters: int) -> str:
    """Return a word with so many letters of each word in it, its numbers whole."""
    return _with_letters(word, letters) + ELLIPSIS


def _short_path(path: str, letters: int) -> str:
    """Return a path with so many letters of each word, without what stands before any number."""
    parts = path.split(".")
    first = next((place for place, part in enumerate(parts) if re.search(r"\d", part)), 0)
    return (ELLIPSIS if first else "") + _with_letters(".".join(parts[first:]), letters)


def _with_letters(text: str, count: int) -> str:
    return re.sub(rf"([A-Za-z]{{{count}}})[A-Za-z]+", r"\1", text)


def _differing(word: str, others: Sequence[str]) -> str:
    """Return the numbers of a path and, in a few letters, the parts that others have not."""
    columns = zip_longest(*(other.split(".") for other in others))
    differ = [len(set(column)) > 1 for column in columns]
    parts = word.split(".")
    numbers = [part for part in parts if part.isdigit()]
    own = [part for part, is_own in zip(parts, differ, strict=False) if is_own]
    words = [_with_letters(part, 3) for part in own if not part.isdigit()]
    return ELLIPSIS.join([".".join(numbers), *words])


def _parted(name: str) -> tuple[str, str]:
    if BETWEEN in name:  # directions: by their own names
        layer, _, own = name.rpartition(BETWEEN)
        return layer, f"{BETWEEN}{own}"
    *path, last = name.split(".")
    while path and re.match(r"\d", last):
        last = f"{path.pop()}.{last}"
    return ".".join(path), last


def kind_tag(kind: str) -> str:
    """Return what a module is in a few letters: "conv", "norm", "ReLU", "Fire"; "" if unknown."""
    for pattern, tag in _TAGS:
        if re.search(pattern, kind):
            return tag
    plain = kind.strip("_")
    return plain if len(plain) <= _LONGEST_TAG else ""


def _forms(name: str) -> Iterator[str]:
    yield name
    *path, last = name.split(".")
    for start in range(1, len(path) + 1):
        if re.search(r"\d", ".".join(path[:start])):
            break
        yield ELLIPSIS + ".".join([*path[start:], last])
    numbers = ".".join(re.findall(r"\d+", ".".join(path)))
    is_near = bool(path) and path[-1].isdigit()  # "3.squeeze": nothing is left out between
    head = numbers + ("." if is_near else ELLIPSIS)
    yield head + last
    for end in range(len(last) - 1, 0, -1):
        yield head + last[:end] + ELLIPSIS
    for start in range(1, len(numbers)):
        yield ELLIPSIS + numbers[start:]


def shape_text(shape: tuple[int, int, int], times: str = " × ") -> str:
    """Return a shape (units, height, width) as one line: "256 × 27²", "96 × 55×31", "1000"."""
    units, height, width = shape
    if height == width == 1:
        return str(units)
    size = f"{height}²" if height == width else f"{height}×{width}"
    return f"{units}{times}{size}"
