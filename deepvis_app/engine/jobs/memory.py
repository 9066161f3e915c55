"""The list of unfinished jobs and their checkpoints, as text and bytes that outlive the process."""

from __future__ import annotations

import hashlib
import json
import logging
from typing import TYPE_CHECKING, Any, NamedTuple

from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors

from deepvis_app.engine.jobs.job import Job, NetworkName, SavedLane
from deepvis_app.engine.jobs.request import (
    Purpose,
    SynthesisRequest,
    recipe_from_data,
    recipe_to_data,
    samples_from_data,
    samples_to_data,
)
from deepvis_app.errors import UserError
from deepvis_app.reading import Unreadable, parse_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from deepvis_app.store import Entry, Store

logger = logging.getLogger(__name__)

LIST = "jobs"  # name of the text in the store
CHECKPOINT = "checkpoint"  # kind of the entries in the store
ABOUT = "about.json"
VERSION = 1
WRONG = (UserError, ValueError, KeyError, TypeError, AttributeError)  # also pydantic's errors


class Record(NamedTuple):
    """A job as the list has it."""

    uid: str
    request: SynthesisRequest
    network: NetworkName
    is_steered: bool


def job_data(job: Job) -> dict[str, Any] | None:
    """Return a job as the list has it; None for one that is not worth it."""
    if job.network is None or job.request.purpose is Purpose.PREFETCH:
        return None
    return {
        "uid": job.uid,
        "network": [job.network.fingerprint, job.network.name, job.network.spec],
        "purpose": job.request.purpose.value,
        "recipe": recipe_to_data(job.request.recipe),
        "steered": job.is_steered,
        "samples": samples_to_data(job.request.samples),
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
        if version == VERSION and all(isinstance(job["uid"], str) for job in jobs):
            return list(jobs)
    except (KeyError, TypeError) as error:
        raise Unreadable("it is no list of jobs") from error
    raise Unreadable("it is no list of jobs of this version of deepvis")


def last_time(store: Store) -> tuple[list[Record], UserError | None]:
    """Return the jobs of the list in a store, and what is wrong with it: it is set aside then."""
    try:
        text = store.kept(LIST)
        try:
            found = [record_of(data) for data in listed(text)]
        except Unreadable as error:
            return [], store.set_aside(LIST, str(error))
        records = [record for record in found if record is not None]
        if len(records) == len(found):
            return records, None
        wrong = f"{len(found) - len(records)} of {len(found)} unfinished jobs make no sense"
        return records, store.set_aside(LIST, wrong)
    except UserError as error:
        return [], error


def record_of(data: dict[str, Any]) -> Record | None:
    """Return one job of a list; None where this version cannot understand it."""
    try:
        recipe = recipe_from_data(data["recipe"])
        if recipe is None:
            return None
        request = SynthesisRequest(
            samples_from_data(data["samples"]), recipe, Purpose(data["purpose"])
        )
        fingerprint, name, spec = data["network"]
        if not all(isinstance(word, str) for word in data["network"]):
            return None
        network = NetworkName(fingerprint, name, spec)
        return Record(data["uid"], request, network, bool(data["steered"]))
    except WRONG:
        logger.info("an unfinished job cannot be read", exc_info=True)
        return None


def checkpoint_key(uid: str) -> str:
    """Return the store's key for a job's checkpoint."""
    return hashlib.sha256(f"{CHECKPOINT} {uid}".encode()).hexdigest()


def checkpoint_files(lanes: Iterable[SavedLane]) -> Mapping[str, bytes]:
    """Return what is kept of batches that are in work: a note and one file of tensors each."""
    notes, files = [], {}
    for number, lane in enumerate(lanes):
        notes.append(
            {
                "samples": samples_to_data(lane.samples),
                "recipe": recipe_to_data(lane.recipe),
                "key": lane.recipe.key,  # holds the version of the code, too
                "steer": recipe_to_data(lane.steer),
            }
        )
        files[_file(number)] = save_tensors(dict(lane.state))
    return {**files, ABOUT: json.dumps(notes).encode()}


def checkpoint_lanes(entry: Entry) -> list[SavedLane]:
    """Return the batches of a checkpoint; none that this version of the code did not make.

    Raises `Damaged`.
    """
    lanes = []
    try:
        for number, note in enumerate(parse_json(entry.read(ABOUT))):
            recipe, steer = recipe_from_data(note["recipe"]), recipe_from_data(note["steer"])
            if recipe is None or recipe.key != note["key"]:
                continue
            state = load_tensors(entry.read(_file(number)))
            lanes.append(SavedLane(samples_from_data(note["samples"]), recipe, steer, state))
    except (*WRONG, SafetensorError):
        logger.info("a checkpoint cannot be read", exc_info=True)
    return lanes


def _file(number: int) -> str:
    return f"lane-{number}.safetensors"
