"""What is done of a scan, by the files that are there, and how these become fewer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.corpus.folder import kept
from deepvis_app.corpus.progress import ScanProgress
from deepvis_app.corpus.state import merge

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deepvis_app.corpus.folder import Folder
    from deepvis_app.corpus.manner import Manner
    from deepvis_app.corpus.plan import Plan
    from deepvis_app.corpus.progress import SoFar
    from deepvis_app.corpus.tree import Node


class Done:
    """What is done of a plan; for who holds the folder alone. Damaged files count as missing."""

    def __init__(self, folder: Folder, plan: Plan, manner: Manner) -> None:
        self._folder, self._plan, self._manner = folder, plan, manner
        folder.sweep()
        nodes, unscored = folder.spoilt(plan)
        while nodes:  # what was hidden by them comes to light
            folder.let_go(nodes)
            nodes, unscored = folder.spoilt(plan)
        self._unscored = set(unscored) if manner.has_table else set()
        self.look()

    def look(self) -> None:
        """Look at the files again."""
        self._nodes = self._folder.nodes(self._plan)
        found = [self._folder.faults(path) for path in self._nodes.values()]
        self.faults = sum(one.count for one in found)
        self._covered = {s for node in self._nodes for s in range(node.first, node.end)}
        rows = [self._plan.rows(shard) for shard in self._covered]
        self.pictures = sum(each.stop - each.start for each in rows)

    def progress(self, so_far: SoFar, faults: int) -> ScanProgress:
        """Return where the scan is, with a shard in work that has so many faults."""
        done = self.pictures + len(so_far.rows) + faults
        return ScanProgress(done, len(self._plan), self.faults + faults, so_far=so_far)

    def missing(self) -> list[int]:
        """Return the shards that have to be scanned, in their order."""
        shards = range(self._plan.shards)
        return [s for s in shards if s not in self._covered or s in self._unscored]

    def add(self, shard: int) -> None:
        """Take note that a shard's files are written."""
        self._unscored.discard(shard)
        self.look()

    def merge_steps(self) -> Iterator[None]:
        """Put a parent in the place of every two children, as far up as that goes."""
        while (pair := self._pair()) is not None:
            yield from self._merged(*pair)
            self.look()

    def _pair(self) -> tuple[Node, Node] | None:
        for node in self._nodes:
            if not node.index & 1 and node.sibling in self._nodes:
                return node, node.sibling
        return None

    def _merged(self, left: Node, right: Node) -> Iterator[None]:
        """Write the parent of two nodes and remove these."""
        folder, paths = self._folder, (self._nodes[left], self._nodes[right])
        states = {}
        for layer in self._manner.layers:
            one, other = (folder.layer(path, layer) for path in paths)
            states[layer] = kept(merge(one, other))
            yield None
        faults = folder.faults(paths[0]).joined(folder.faults(paths[1]))
        folder.write_node(self._plan, left.parent, states, faults)
        folder.let_go(paths)
