"""The list of unfinished jobs and their checkpoints, as text and bytes that outlive the process."""

from __future__ import annotations

import hashlib
import json
import logging
from typing import TYPE_CHECKING, Any, NamedTuple

from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors

from deepvis_app.engine.jobs.job import Job, SavedLane
from deepvis_app.engine.jobs.kind import WRONG
from deepvis_app.engine.jobs.status import NetworkName
from deepvis_app.errors import UserError
from deepvis_app.reading import Unreadable, parse_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from deepvis_app.engine.jobs.kind import JobKind, Kinds
    from deepvis_app.store import Entry, Store

logger = logging.getLogger(__name__)

LIST = "jobs"  # name of the text in the store
CHECKPOINT = "checkpoint"  # kind of the entries in the store
ABOUT = "about.json"
LUGGAGE = "luggage.safetensors"
VERSION = 2
READ = (1, VERSION)
FIRST_KIND = "synthesis"  # of every job in a list of version 1, whose requests lie open in it


class Record(NamedTuple):
    """A job as the list has it."""

    uid: str
    kind: JobKind[Any, Any]
    request: Any
    network: NetworkName
    is_changed: bool


def job_data(job: Job) -> dict[str, Any] | None:
    """Return a job as the list has it; None for one that is not worth it, or cannot come back.

    The weights of a network that has learned on are in no file.
    """
    if job.network is None or job.is_guess or job.model is not None:
        return None
    request = job.kind.to_data(job.request)
    if request is None:
        return None
    return {
        "uid": job.uid,
        "kind": job.kind.name,
        "network": [job.network.fingerprint, job.network.name, job.network.spec],
        "changed": job.is_changed,
        "request": request,
    }


def list_text(jobs: Iterable[dict[str, Any]]) -> str:
    """Return the list of unfinished jobs as JSON."""
    return json.dumps({"version": VERSION, "jobs": list(jobs)})


def listed(text: str | None) -> list[dict[str, Any]]:
    """Return the jobs of a list as plain data; none where there is no list.

    Raises `Unreadable` for a text that is no list, or one of another version.
    """
    if not text:
        return []
    try:
        data = parse_json(text)
        version, jobs = data["version"], data["jobs"]
        if version in READ and all(isinstance(job["uid"], str) for job in jobs):
            return list(jobs)
    except (KeyError, TypeError) as error:
        raise Unreadable("it is no list of jobs") from error
    raise Unreadable("it is no list of jobs of this version of deepvis")


def last_time(store: Store, kinds: Kinds) -> tuple[list[Record], UserError | None]:
    """Return the jobs of the list in a store, and what is wrong with it: it is set aside then."""
    try:
        text = store.kept(LIST)
        try:
            found = [record_of(data, kinds) for data in listed(text)]
        except Unreadable as error:
            return [], store.set_aside(LIST, str(error))
        records = [record for record in found if record is not None]
        if len(records) == len(found):
            return records, None
        wrong = f"{len(found) - len(records)} of {len(found)} unfinished jobs make no sense"
        return records, store.set_aside(LIST, wrong)
    except UserError as error:
        return [], error


def record_of(data: dict[str, Any], kinds: Kinds) -> Record | None:
    """Return one job of a list; None where this version cannot understand it."""
    try:
        kind = kinds.named(data.get("kind", FIRST_KIND))
        is_first = "kind" not in data
        request = kind.from_data(data if is_first else data["request"])
        fingerprint, name, spec = data["network"]
        if not all(isinstance(word, str) for word in data["network"]):
            return None
        network = NetworkName(fingerprint, name, spec)
        is_changed = bool(data["steered" if is_first else "changed"])
        return Record(data["uid"], kind, request, network, is_changed)
    except WRONG:
        logger.info("an unfinished job cannot be read", exc_info=True)
        return None


def checkpoint_key(uid: str) -> str:
    """Return the store's key for a job's checkpoint."""
    return hashlib.sha256(f"{CHECKPOINT} {uid}".encode()).hexdigest()


def checkpoint_files(
    lanes: Iterable[SavedLane], kind: JobKind[Any, Any], request: Any
) -> Mapping[str, bytes]:
    """Return what is kept of a job: its luggage, and what its batches in work have reached."""
    notes, files = [], {}
    if luggage := kind.luggage(request):
        files[LUGGAGE] = save_tensors(dict(luggage))
    for number, lane in enumerate(lanes):
        notes.append({"request": kind.to_data(lane.request), "manner": kind.manner(lane.request)})
        files[_file(number)] = save_tensors(dict(lane.state))
    return {**files, ABOUT: json.dumps(notes).encode()}


def with_checkpoint(
    entry: Entry, kind: JobKind[Any, Any], request: Any
) -> tuple[Any, list[SavedLane]]:
    """Return a request with its luggage, and the batches that were in work.

    What is damaged is missing, and batches that this version of the code did not make.
    """
    lanes = []
    try:
        luggage = load_tensors(entry.read(LUGGAGE)) if LUGGAGE in entry.files else {}
        request = kind.unpacked(request, luggage)
        for number, note in enumerate(parse_json(entry.read(ABOUT))):
            begun = kind.unpacked(kind.from_data(note["request"]), luggage)
            if kind.manner(begun) == note["manner"]:
                state = load_tensors(entry.read(_file(number)))
                lanes.append(SavedLane(begun, kind.parts(begun), state))
    except WRONG:
        logger.info("a checkpoint cannot be read", exc_info=True)
    return request, lanes


def _file(number: int) -> str:
    return f"lane-{number}.safetensors"
