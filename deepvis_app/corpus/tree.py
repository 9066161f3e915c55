"""In which order states are merged: always the same, whoever scanned which shard, and when.

Floating-point sums depend on their order. A shard is a leaf of a binary tree, merged only with its
sibling; so what was scanned in one go, in pieces or by several is the same to the last bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection


@dataclass(frozen=True, slots=True)
class Node:
    """The shards from `index << level` up to the next node's; a shard is a node of level 0."""

    level: int
    index: int

    @property
    def first(self) -> int:
        return self.index << self.level

    @property
    def end(self) -> int:
        return (self.index + 1) << self.level

    @property
    def sibling(self) -> Node:
        return Node(self.level, self.index ^ 1)

    @property
    def parent(self) -> Node:
        return Node(self.level + 1, self.index >> 1)

    def is_whole(self, shards: int) -> bool:
        """Tell whether all its shards are there, of so many."""
        return self.end <= shards


def outermost(nodes: Collection[Node]) -> tuple[Node, ...]:
    """Return the nodes that lie in no other of them, in the order of their shards."""
    kept: list[Node] = []
    for node in sorted(nodes, key=lambda node: (node.first, -node.level)):
        if not kept or node.first >= kept[-1].end:
            kept.append(node)
    return tuple(kept)
