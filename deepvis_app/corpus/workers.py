"""Scanning by several processes: the one file of science that starts any.

A shard's files are a function of network, pictures and manner, whoever writes them. So processes
share nothing but the folder, and there is nothing to be gained from the engine's threads, which
would all wait for one interpreter. Workers are started anew ("spawn"), never forked: a fork takes
locks along that other threads hold.
"""

from __future__ import annotations

import multiprocessing
import pickle
import signal
import time
from collections import Counter, deque
from contextlib import closing
from dataclasses import dataclass
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Any

import torch

from deepvis_app.corpus.progress import ScanProgress
from deepvis_app.corpus.shard import reader_of, shard_steps
from deepvis_app.errors import UserError, in_words
from deepvis_app.nets.load import load_network

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

    from deepvis_app.corpus.done import Done
    from deepvis_app.corpus.folder import Folder
    from deepvis_app.corpus.pictures import Source
    from deepvis_app.corpus.plan import Plan
    from deepvis_app.corpus.progress import SoFar
    from deepvis_app.nets.directed import Directed
    from deepvis_app.nets.network import Network

    Ready = Callable[[Network], Network] | None

# Sums of floating-point numbers depend on how threads share them. On one thread each, any number
# of workers comes to the same last bits.
THREADS = 1
MOST_DEATHS = 3  # of workers in a row at one shard, or before they could begin
PATIENCE_S = 0.2
ENDING_S = 5.0


@dataclass(frozen=True, slots=True)
class Task:
    """What a worker is given: the network, or where it is loaded from, and what is scanned."""

    network: Network | None
    spec: str
    weights: str
    fingerprint: str
    ready: Ready
    source: Source
    folder: Folder
    directed: tuple[Directed, ...] = ()

    def loaded(self) -> Network:
        network = self.network
        if network is None:
            network = load_network(self.spec, self.weights or None)
            for each in self.directed:
                network = network.with_directions(each.layer, each.directions, each.name)
            if network.fingerprint != self.fingerprint:
                raise UserError(
                    f"{self.spec} is not the network it was when it was loaded",
                    "Load it again, or scan without workers",
                )
        return network if self.ready is None else self.ready(network)


@dataclass(slots=True)
class Member:
    """A worker, and the shard it has in work: how many pictures of it are done, and faults."""

    process: BaseProcess
    connection: Connection
    shard: int | None = None
    is_ready: bool = False
    pictures: int = 0
    faults: int = 0


def crew_steps(
    network: Network,
    ready: Ready,
    source: Source,
    count: int,
    folder: Folder,
    plan: Plan,
    done: Done,
) -> Iterator[ScanProgress | None]:
    """Let so many processes scan what is missing of a plan, and merge what they write.

    A shard whose worker is killed is given to another one. Raises `UserError`.
    """
    if network.device.type != "cpu":
        raise UserError(
            f"The network is on {network.device}, and workers compute on the CPU",
            "Scan without workers: one process fills the device",
        )
    crew = Crew(_packed(network, ready, source, folder), done.missing(), count)
    try:
        while crew.is_at_work:
            for shard in crew.hear():
                done.add(shard)
                yield from done.merge_steps()
            yield crew.progress(done, len(plan))
    finally:
        crew.end()


def _packed(network: Network, ready: Ready, source: Source, folder: Folder) -> bytes:
    """Return a task as bytes: the network as it is or, where that cannot be, where it is from."""
    facts = network.spec, network.weights_file, network.fingerprint, ready, source, folder
    try:
        return pickle.dumps(Task(network, *facts))
    except Exception as error:  # whatever the classes of others raise
        if not network.spec:
            raise UserError(
                f"{network.name} cannot be handed to other processes: {in_words(error)}",
                "Scan without workers",
            ) from error
    try:
        return pickle.dumps(Task(None, *facts, directed=network.directed))
    except Exception as error:
        raise UserError(
            f"The pictures cannot be handed to other processes: {in_words(error)}",
            "Scan without workers",
        ) from error


class Crew:
    """Workers and what they have still to do."""

    def __init__(self, task: bytes, shards: list[int], count: int) -> None:
        self._task, self._count = task, count
        self._waiting = deque(shards)
        self._members: list[Member] = []
        self._deaths: Counter[int | None] = Counter()

    @property
    def is_at_work(self) -> bool:
        return bool(self._waiting) or any(one.shard is not None for one in self._members)

    def progress(self, done: Done, total: int) -> ScanProgress:
        pictures = done.pictures + sum(one.pictures for one in self._members)
        faults = done.faults + sum(one.faults for one in self._members)
        return ScanProgress(pictures, total, faults)

    def hear(self) -> list[int]:
        """Wait a little for what workers say; return the shards that are done."""
        while len(self._members) < self._count and len(self._waiting) > self._beginners():
            self._members.append(self._begun())
        finished = []
        heard = wait([one.connection for one in self._members], PATIENCE_S)
        for member in [one for one in self._members if one.connection in heard]:
            try:
                finished += self._take(member, member.connection.recv())
            except (EOFError, OSError):
                self._mourn(member)
        return finished

    def _beginners(self) -> int:
        return sum(not one.is_ready for one in self._members)

    def _begun(self) -> Member:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=work, args=(theirs,), name="deepvis-scan", daemon=True)
        process.start()
        theirs.close()  # so that its end is heard
        ours.send_bytes(self._task)
        return Member(process, ours)

    def _take(self, member: Member, said: tuple[Any, ...]) -> list[int]:
        word, *facts = said
        if word == "fails":
            raise UserError(*facts)
        if word == "step":
            member.pictures, member.faults = facts
            return []
        finished = [] if member.shard is None else [member.shard]
        self._deaths[member.shard] = 0
        member.is_ready, member.shard, member.pictures, member.faults = True, None, 0, 0
        if self._waiting:
            member.shard = self._waiting.popleft()
            member.connection.send(member.shard)
        return finished

    def _mourn(self, member: Member) -> None:
        """Give the shard of a worker that is no more to another one."""
        member.process.join(ENDING_S)
        member.connection.close()
        self._members.remove(member)
        if member.shard is not None:
            self._waiting.appendleft(member.shard)
        self._deaths[member.shard] += 1
        if self._deaths[member.shard] >= MOST_DEATHS:
            raise _dying(member)

    def end(self) -> None:
        """End all workers: at their next batch, which keeps what is done, or where they are."""
        for member in self._members:
            member.connection.close()  # which is heard at the next word
        end = time.monotonic() + ENDING_S
        for member in self._members:
            member.process.join(max(end - time.monotonic(), 0.0))
            member.process.terminate()
        for member in self._members:
            member.process.join(ENDING_S)
            if member.process.is_alive():
                member.process.kill()
                member.process.join()
            member.process.close()
        self._members.clear()


def _dying(member: Member) -> UserError:
    code = member.process.exitcode
    how = f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
    if member.shard is None:
        return UserError(
            f"Workers end before they begin ({how})",
            'Put what your script does under `if __name__ == "__main__":`',
        )
    return UserError(
        f"{MOST_DEATHS} workers ended at the same pictures ({how})",
        "Use fewer workers if memory is short",
    )


# In a worker's process


def work(connection: Connection) -> None:
    """Scan the shards that are asked for, until nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for who started this one
    torch.set_num_threads(THREADS)
    try:
        _work(connection)
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return
    except UserError as error:
        connection.send(("fails", error.cause, error.remedy))
    except Exception as error:  # noqa: BLE001 - it is told where it is read
        connection.send(("fails", f"A worker failed: {in_words(error)}", "Scan without workers"))


def _work(connection: Connection) -> None:
    task: Task = pickle.loads(connection.recv_bytes())
    network, folder = task.loaded(), task.folder
    plan, manner = folder.plan(), folder.about().manner
    reader = reader_of(network, task.source, manner)

    def progress(so_far: SoFar, faults: int) -> ScanProgress:
        return ScanProgress(len(so_far.rows) + faults, len(plan), faults)

    connection.send(("ready",))
    while True:
        shard: int = connection.recv()
        with closing(
            shard_steps(network, folder, plan, manner, shard, reader, progress, task.source)
        ) as steps:
            for step in steps:
                if step is not None:
                    connection.send(("step", step.step, step.faults))
        connection.send(("done",))
