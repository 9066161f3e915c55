"""Which keys are in force: the set's defaults, the user's own over them, no key twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PyQt6.QtGui import QKeySequence

from deepvis_app.settings import KeySet

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deepvis_app.settings import Settings
    from deepvis_app.ui.panel import ActionInfo

# Where the Deep Visualization Toolbox (Yosinski et al. 2015) used a key for something else than
# deepvis does. Its pattern mode is the grid of preferred images, its frozen origin the pinned unit,
# its filter the view of an explanation. R and V, which its forks use for what only they have, are
# free.
TOOLBOX: dict[str, tuple[str, ...]] = {
    "show-preferred": ("S", "P"),
    "sort": ("G",),
    "next-shows": ("Ctrl+G",),
    "pin": ("D", "Shift+D"),
    "hide-dead": ("Shift+G",),
    "why-method": ("B", "N"),
    "why-view": ("M", "Shift+N"),
    "palette": ("Shift+M",),
    "scaling": ("Shift+R",),
    "brush": ("Shift+V",),
}


@dataclass(frozen=True, slots=True)
class Assigned:
    """The keys of every action by name, and what of the wishes could not be met."""

    keys: Mapping[str, tuple[str, ...]]
    problems: tuple[str, ...]
    places: Mapping[str, str]  # the workspace that an action's keys are for, "" for all

    def owner(self, key: str, workspace: str = "") -> str | None:
        """Return the name of the action that has `key` in a workspace alone, or in all."""
        wanted = normal(key)
        found = (name for name, keys in self.keys.items() if wanted in keys)
        return next((name for name in found if self.places[name] == workspace), None)

    def within(self, workspace: str) -> dict[str, tuple[str, ...]]:
        """Return the keys that work while a workspace is open: what it has itself goes before."""
        inner = [n for n, place in self.places.items() if workspace and place == workspace]
        taken = {key for name in inner for key in self.keys[name]}
        found: dict[str, tuple[str, ...]] = dict.fromkeys(self.keys, ())
        for name, keys in self.keys.items():
            if name in inner:
                found[name] = keys
            elif not self.places[name]:
                found[name] = tuple(key for key in keys if key not in taken)
        return found


def normal(key: str) -> str:
    """Return a key sequence in the one way it is written here; "" where it is none."""
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.PortableText)


def default_keys(key_set: KeySet, actions: Sequence[ActionInfo]) -> dict[str, tuple[str, ...]]:
    """Return every action's keys in a set, by name."""
    other = TOOLBOX if key_set is KeySet.TOOLBOX else {}
    return {info.name: tuple(map(normal, other.get(info.name, info.keys))) for info in actions}


def assign_keys(settings: Settings, actions: Sequence[ActionInfo]) -> Assigned:
    """Give every action its keys; a key that two want goes to one, and that is said.

    One that is for a workspace alone may have a key that another one has elsewhere.

    What the user set goes before what a set of keys says, and of two actions that the user gave
    the same key the one that stands first in the table gets it.
    """
    wanted = default_keys(settings.keyboard.key_set, actions)
    titles = {info.name: info.text for info in actions}
    own = {name: keys for name, keys in settings.keys.items() if name in wanted}
    problems = [
        f"keys.{name}: there is no such action" for name in sorted(settings.keys.keys() - own)
    ]
    owners: dict[tuple[str, str], str] = {}
    places = {info.name: info.workspace for info in actions}
    found: dict[str, tuple[str, ...]] = {}
    for name in (*(n for n in wanted if n in own), *(n for n in wanted if n not in own)):
        got = []
        for text in own.get(name, wanted[name]):
            key = normal(text)
            if not key:
                problems.append(f"keys.{name}: “{text}” is no key")
            elif owners.setdefault((key, places[name]), name) == name:
                got.append(key)
            else:
                owner = titles[owners[key, places[name]]]
                problems.append(
                    f"{key} is wanted by two actions: “{owner}” has it, "
                    f"“{titles[name]}” does without"
                )
        found[name] = tuple(dict.fromkeys(got))
    return Assigned({name: found[name] for name in wanted}, tuple(problems), places)
