"""What a long work has to say of itself to be a job: one class, with as little as it needs."""

from __future__ import annotations

import hashlib
import json
from enum import IntEnum
from typing import TYPE_CHECKING, Any, ClassVar, Generic, NamedTuple, TypeVar

from safetensors import SafetensorError

from deepvis_app.engine.jobs.status import JobStatus
from deepvis_app.errors import UserError
from deepvis_app.reading import parse_json
from deepvis_app.store import Damaged

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Hashable, Mapping, Sequence
    from concurrent.futures import Future

    from torch import Tensor

    from deepvis_app.engine.jobs.progress import State, Step
    from deepvis_app.engine.jobs.status import NetworkName
    from deepvis_app.engine.worker import Model
    from deepvis_app.nets.layers import Unit
    from deepvis_app.nets.network import Network
    from deepvis_app.store import Store, Value

    Steps = Generator[Step | Future[Any] | None, Any, Any]

RESULT = "result.json"
# What reading a text or a file of one's own may raise, pydantic's errors too.
WRONG = (
    Damaged, UserError, ValueError, KeyError, TypeError, AttributeError, OverflowError,
    SafetensorError,
)  # fmt: skip

R = TypeVar("R")  # the request
V = TypeVar("V")  # what comes of one part


class Rank(IntEnum):
    """Whose turn it is among jobs that could run."""

    ASKED = 0  # somebody waits for the answer
    VIEW = 1  # the same while all its units are the one in view, else as USUAL
    USUAL = 2
    GUESS = 3  # nobody has asked: only when nothing else is to be done, and not kept in the list


class Chunk(NamedTuple):
    """`lanes` batches that take steps in turn, of `batch` parts each."""

    lanes: int
    batch: int

    @property
    def parts(self) -> int:
        return self.lanes * self.batch

    def within(self, limit: int) -> Chunk:
        """Return a chunk of at most `limit` parts: smaller batches, then fewer lanes."""
        batch = min(self.batch, max(limit, 1))
        return Chunk(min(self.lanes, max(limit // batch, 1)), batch)


class Shown(NamedTuple):
    """What a status shows of a part: a frozen value, and its curve by step, if it has one."""

    preview: object
    trace: tuple[float, ...] = ()


class Found(NamedTuple):
    """What the store has of a part: its key, and what is to be shown."""

    key: str
    shown: Shown


class JobKind(Generic[R, V]):
    """A kind of long work. Requests are frozen values, all of one class; `steps` does the work.

    A request is done in parts, each found and kept by itself; of most kinds it is the only part.
    Enough for a simple kind: `name`, `request`, `title`, `steps`, `to_data` and `from_data`; what
    `steps` returns is then to be something that JSON knows. Whatever a method raises ends one job;
    `UserError` is shown as it is.
    """

    name: ClassVar[str]  # in the list of unfinished jobs; never to be changed
    request: ClassVar[type[Any]]
    code: ClassVar[int] = 1  # to be raised where the same request gives something else
    needs_network: ClassVar[bool] = True  # False: it goes on whatever network is loaded
    works_apart: ClassVar[bool] = False  # most is done elsewhere: of such ones one at a time
    status: ClassVar[type[JobStatus]] = JobStatus
    noun: ClassVar[str] = "result"
    failure: ClassVar[tuple[str, str]] = ("The job failed", "Try another network")

    def __init__(self, store: Store | None) -> None:
        self.store = store

    # What is wanted: on any thread

    def title(self, request: R) -> str:
        """Return for what it is, in a few words: layer and unit."""
        raise NotImplementedError

    def way(self, request: R) -> str:  # noqa: ARG002
        """Return by what recipe or method; "" where there is but one."""
        return ""

    def rank(self, request: R) -> Rank:  # noqa: ARG002
        return Rank.USUAL

    def unit_of(self, part: Any) -> Unit | None:  # noqa: ARG002
        """Return the unit that a part is for, without a position; None: for no single one."""
        return None

    def same(self, one: R, other: R) -> bool:
        """Tell whether two requests give the same."""
        return bool(one == other)

    def parts(self, request: R) -> tuple[Hashable, ...]:
        """Return what is found and kept by itself."""
        return (request,)

    def only(self, request: R, parts: Sequence[Any]) -> R:  # noqa: ARG002
        """Return the same request for some of its parts."""
        return request

    def manner(self, request: R) -> str:  # noqa: ARG002
        """Return in what way it is done: a checkpoint of another way is of no use."""
        return f"{self.name} {self.code}"

    def changed(self, request: R, wish: Any) -> R:  # noqa: ARG002
        """Return a request that goes on in another way; raises `UserError` where none can."""
        raise UserError("This job cannot be changed while it runs", "Start again")

    def steering(self, request: R) -> Any:
        """Return what is sent into the steps of a request that goes on in another way."""
        return request

    def total(self, request: R) -> int:  # noqa: ARG002
        """Return how many steps a part takes, as a rule; 0: that is not known before."""
        return 0

    # The work: on the device worker's thread

    def chunk(self, request: R, model: Model) -> Chunk:  # noqa: ARG002
        """Return how many parts are best made at a time."""
        return Chunk(1, 1)

    def steps(self, network: Network, request: R, resume: State | None) -> Steps:
        """Do the work in steps that are short beside a frame's time; return what came of it.

        Yields `Progress`, or whatever has `step` and `total`; None within a step; a `Future` for
        what is done elsewhere, to go on when that is there. `resume` is a checkpoint that one of
        them gave.
        """
        raise NotImplementedError

    def pieces(self, model: Model, request: R, resume: State | None) -> Steps:
        """Return the steps of all parts of a request together; they return one value each."""
        return self._alone(model, request, resume)

    def _alone(self, model: Model, request: R, resume: State | None) -> Steps:
        steps = self.steps(model.replica, request, resume)
        del model  # what needs none may outlast it
        return ((yield from steps),)

    def previews(self, step: Any) -> Sequence[object]:
        """Return what there is to see after a step, one frozen value for each part."""
        return (getattr(step, "preview", None),)

    def values(self, step: Any) -> Sequence[float]:  # noqa: ARG002
        """Return what is drawn as a curve, one number for each part; none: there is no curve."""
        return ()

    def state(self, step: Any) -> Mapping[str, Tensor] | None:
        """Return a checkpoint, tensors on the CPU.

        None: there is none. A job that rests then keeps its steps while the network stays, and
        begins anew with another one or after a restart.
        """
        state: Mapping[str, Tensor] | None = getattr(step, "state", None)
        return state

    def has_state(self, step: Any) -> bool:
        """Tell whether `state` gives a checkpoint."""
        return self.state(step) is not None

    def show(self, value: V) -> Shown:
        return Shown(value)

    # What is kept: on the store's thread; all raise the store's `UserError`

    def key(self, network: NetworkName, request: R) -> str:
        """Return under what the only part is kept: the digest of all that decides what it is."""
        return self.key_of(network, self.identity(request))

    def key_of(self, network: NetworkName, identity: Any) -> str:
        """Return under what is kept that which an `identity` tells from all others."""
        fingerprint = network.fingerprint if self.needs_network else ""
        facts = [self.name, self.code, fingerprint, identity]
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()

    def identity(self, request: R) -> Any:
        """Return what tells a request from all others, as JSON has it."""
        return self.to_data(request)

    def find(self, network: NetworkName, request: R, part: Any) -> Found | None:  # noqa: ARG002
        """Return what is kept of a part; None: it has to be made."""
        if self.store is None:
            return None
        key = self.key(network, request)
        entry = self.store.get(key)
        try:
            return None if entry is None else Found(key, self.show(self.unpack(entry.read)))
        except WRONG:
            return None

    def keep(self, network: NetworkName, request: R, part: Any, value: V) -> str:  # noqa: ARG002
        """Keep what was made of a part and return its key; "" without a store."""
        if self.store is None:
            return ""
        key = self.key(network, request)
        self.store.put(key, self.name, self.pack(value), self._about(network, request))
        return key

    def _about(self, network: NetworkName, request: R) -> Mapping[str, Value]:
        facts = {"title": f"{self.title(request)} {self.way(request)}".strip()[:80]}
        return {**facts, "fingerprint": network.fingerprint, "network": network.name}

    def pack(self, value: V) -> Mapping[str, bytes]:
        """Return a value as files."""
        return {RESULT: json.dumps(value).encode()}

    def unpack(self, read: Callable[[str], bytes]) -> V:
        """Return what `pack` made files of; `read` gives one. May raise any of `WRONG`."""
        value: V = parse_json(read(RESULT))
        return value

    def luggage(self, request: R) -> Mapping[str, Tensor]:  # noqa: ARG002
        """Return what belongs to a request and its data cannot hold; on the CPU.

        It is kept from the first moment on until the job ends, beside its checkpoint.
        """
        return {}

    def unpacked(self, request: R, luggage: Mapping[str, Tensor]) -> R:  # noqa: ARG002
        """Return a request, made from its data, with what was kept of its luggage."""
        return request

    def to_data(self, request: R) -> dict[str, Any] | None:
        """Return a request as JSON has it; None: it is not offered again after a restart."""
        raise NotImplementedError

    def from_data(self, data: Mapping[str, Any]) -> R:
        """Return what `to_data` was given. May raise any of `WRONG` for anything else."""
        raise NotImplementedError


class Kinds:
    """The kinds of jobs that there are."""

    def __init__(self, *kinds: JobKind[Any, Any]) -> None:
        self._by_name = {kind.name: kind for kind in kinds}
        self._by_request = {kind.request: kind for kind in kinds}

    def named(self, name: str) -> JobKind[Any, Any]:
        """Raises `KeyError` where there is none."""
        return self._by_name[name]

    def of(self, request: object) -> JobKind[Any, Any]:
        return self._by_request[type(request)]
