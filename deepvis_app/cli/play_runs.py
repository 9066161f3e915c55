"""One picture or one video of `deepvis play`: found in the store, or made and kept."""

from __future__ import annotations

import math
import sys
from collections.abc import Generator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.progress import Progress
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors

from deepvis_app.cli.folders import write_picture
from deepvis_app.engine.jobs.kind import WRONG
from deepvis_app.engine.jobs.kinds.filming import Filmed, Filming, FilmRequest, stamp_of
from deepvis_app.engine.jobs.kinds.playing import Playing, PlayRequest, note_of
from deepvis_app.engine.jobs.progress import State
from deepvis_app.engine.jobs.status import NetworkName
from deepvis_app.engine.kept.play_png import PlayNote, play_png
from deepvis_app.engine.known_array import KnownArray
from deepvis_app.errors import UserError, in_short, one_line
from deepvis_app.files import plain_name, write_whole
from deepvis_app.frames import read_picture
from deepvis_app.nets import Network
from deepvis_app.store import Store
from deepvis_app.synth import StopReason
from deepvis_app.synth.play import Method, Played, PlayProgress, Role, Spec, Technique
from deepvis_app.synth.play.film import FilmSpec

STOPPED = "stopped play"  # the kind of checkpoints in the store
STATE = "state.safetensors"
LETTERS = 6  # of a key, in a file's name

MADE, FOUND, THERE = "made", "from the store", "was there already"

Others = Mapping[str, tuple[Path, KnownArray]]


@dataclass(frozen=True, slots=True)
class Work:
    """What stays the same from picture to picture."""

    network: Network  # on the device
    name: NetworkName
    how: Technique[Any]
    spec: Spec
    film: FilmSpec
    seed: int
    store: Store | None
    bars: Progress

    def others(self, files: Mapping[str, Path]) -> Others:
        """Read the pictures of the other roles. Raises `UserError`."""
        roles = {role.key: role for role in self.how.roles}
        return {key: (file, self.picture(roles[key], file)) for key, file in files.items()}

    def picture(self, role: Role, file: Path) -> KnownArray:
        picture = read_picture(file).image
        return KnownArray.of(picture if role.whole else self.network.view(picture)[0])


@dataclass(frozen=True, slots=True)
class Told:
    """One result, as it is printed. `reached` is the last value of the technique's curve."""

    name: str
    input: str
    technique: str
    settings: Mapping[str, Any]
    seed: int
    source: str  # MADE, FOUND or THERE
    out: str
    reached: float | None = None
    stop: str = ""
    steps: int | None = None
    frames: int | None = None
    facts: Mapping[str, float | str] | None = None
    notes: tuple[str, ...] = ()

    @property
    def figure(self) -> float | str | None:
        """The one number of it that a table has room for."""
        return self.reached if self.frames is None else f"{self.frames} frames"


def played(work: Work, file: Path | None, others: Others, out: Path, out_file: Path | None) -> Told:
    """Make a picture and write it. Raises `UserError`; one that is stopped is written, too."""
    kind, request = Playing(work.store), _request(work, file, others)
    target = out_file or out / _file_name(work, file, _key(work, request.pictures), ".png")
    found = kind.find(work.name, request, request)
    if found is not None and isinstance(found.shown.preview, Played):
        result, source = found.shown.preview, FOUND
    else:
        result, source = _made(work, kind, request, target), MADE
    _write(target, result.image, note_of(work.name, request, computed=result.computed))
    notes = _notes(result) + (_kept(work, kind, request, result) if source == MADE else ())
    return Told(
        _name(work, file), str(file or ""), work.how.key, work.spec.facts(), work.seed, source,
        str(target), _finite(result.curve[-1]) if len(result.curve) else None, result.stop.value,
        len(result.curve), facts={name: _finite(fact) for name, fact in result.facts.items()},
        notes=notes,
    )  # fmt: skip


def _kept(work: Work, kind: Playing | Filming, request: Any, result: Any) -> tuple[str, ...]:
    """Keep a result in the store; return why that is not possible: it is written all the same."""
    try:
        kind.keep(work.name, request, request, result)
    except UserError as error:
        return (f"It is not kept for next time: {one_line(error)}",)
    return ()


def _notes(result: Played) -> tuple[str, ...]:
    """Return what is to be said of a result."""
    facts = result.facts
    if result.stop is StopReason.ZERO_GRADIENT:
        return ("No gradient reaches the picture. Choose another layer, class or picture.",)
    if result.stop is StopReason.NOT_FINITE:
        return (result.stop.sentence,)
    if not facts.get("success", 1):
        needed, is_bound = facts["needed"], facts["method"] != Method.NOISE.value
        within = f" within ε = {facts['epsilon']:.3g}" if is_bound else ""
        return (f"Not found{within}. Try {f'--epsilon {needed}' if needed else 'more --steps'}.",)
    if not facts.get("success_8bit", 1):
        return ("Found, but not in 8 bits, as the file holds it. Allow a larger --epsilon.",)
    return ()


def filmed(work: Work, file: Path, others: Others, out: Path, out_file: Path | None) -> Told:
    """Make a film of a video. Raises `UserError`; one that is stopped plays up to there."""
    pictures = tuple((key, picture) for key, (_, picture) in others.items())
    key = _key(work, pictures, file.name, work.film.facts())
    target = out_file or out / _file_name(work, file, key, ".mp4")
    request = FilmRequest(
        work.how.key, work.spec, work.film, file.absolute(), stamp_of(file), target.absolute(),
        pictures, work.seed, tuple((role, path.name) for role, (path, _) in others.items()),
    )  # fmt: skip
    kind = Filming(work.store)
    request.check()
    found = kind.find(work.name, request, request)
    if found is not None and isinstance(found.shown.preview, Filmed):
        result, source = found.shown.preview, THERE
    else:
        result, source = _film_made(work, kind, request, target), MADE
        result = replace(result, notes=result.notes + _kept(work, kind, request, result))
    return Told(
        file.name, str(file), work.how.key, work.spec.facts(), work.seed, source, str(target),
        frames=result.frames, notes=result.notes,
    )  # fmt: skip


def _request(work: Work, file: Path | None, others: Others) -> PlayRequest:
    files = {} if file is None else {work.how.roles[0].key: file}
    given = {key: (path, work.picture(work.how.roles[0], path)) for key, path in files.items()}
    given |= others
    pictures = tuple((key, picture) for key, (_, picture) in given.items())
    names = tuple((key, path.name) for key, (path, _) in given.items())
    return PlayRequest(work.how.key, work.spec, pictures, work.seed, names)


def _made(work: Work, kind: Playing, request: PlayRequest, target: Path) -> Played:
    """Make a picture, from where it was stopped before; keep what a stop leaves."""
    key = sha256(f"{STOPPED} {kind.key(work.name, request)}".encode()).hexdigest()
    reached = _Reached()
    resume = _checkpoint(work, key)
    try:
        try:
            result: Played = reached.run(
                work, kind.steps(work.network, request, resume), _title(request)
            )
        except WRONG:
            if resume is None or reached.step is not None:
                raise
            result = reached.run(work, kind.steps(work.network, request, None), _title(request))
    except KeyboardInterrupt:
        if isinstance(reached.step, PlayProgress):
            _keep_stopped(work, request, reached.step, target, key)
        raise
    if work.store is not None and resume is not None:
        work.store.remove(key)
    return result


def _checkpoint(work: Work, key: str) -> State | None:
    entry = None if work.store is None else work.store.get(key)
    try:
        return None if entry is None else load_tensors(entry.read(STATE))
    except WRONG:
        return None


def _keep_stopped(
    work: Work, request: PlayRequest, step: PlayProgress, target: Path, key: str
) -> None:
    """Write the picture as far as it is, and keep what goes on from there."""
    how_far = f"{step.step} of {step.total} steps"
    _write(target, step.picture(), note_of(work.name, request, unfinished=how_far))
    goes_on = ""
    if work.store is not None:
        state = {name: values.contiguous() for name, values in step.state().items()}
        title = f"{work.how.title}, {how_far}"
        with suppress(UserError):  # a full disk: the picture is there
            work.store.put(key, STOPPED, {STATE: save_tensors(state)}, {"title": title})
            goes_on = "; the same command goes on"
    print(f"deepvis: Stopped after {how_far}: {target} is so far{goes_on}.", file=sys.stderr)


def _film_made(work: Work, kind: Filming, request: FilmRequest, target: Path) -> Filmed:
    reached = _Reached()
    try:
        made: Filmed = reached.run(
            work, kind.steps(work.network, request, None), request.video.name
        )
    except KeyboardInterrupt:
        if target.exists() and reached.step is not None:
            print(
                f"deepvis: Stopped: {target} plays up to there; the same command goes on.",
                file=sys.stderr,
            )
        raise
    return made


class _Reached:
    """Runs steps with a bar of their own, and knows the last one that was reached."""

    def __init__(self) -> None:
        self.step: Any = None

    def run(self, work: Work, steps: Generator[Any, Any, Any], title: str) -> Any:
        task = work.bars.add_task(title, total=None)
        try:
            while True:
                step = next(steps)
                if step is not None:
                    self.step = step
                    work.bars.update(task, completed=step.step, total=step.total)
        except StopIteration as end:
            return end.value
        finally:
            steps.close()
            work.bars.remove_task(task)


def _title(request: PlayRequest) -> str:
    return dict(request.names).get(request.how.roles[0].key, "") if request.how.roles else ""


def _name(work: Work, file: Path | None) -> str:
    return work.how.title if file is None else file.name


def _key(work: Work, pictures: tuple[tuple[str, KnownArray], ...], *more: object) -> str:
    """Return letters that tell a result from others of its input."""
    digests = {role: picture.digest for role, picture in pictures}
    own = work.how.key_of(work.spec, digests, work.seed)
    return sha256(f"{work.name.fingerprint} {own} {more}".encode()).hexdigest()[:LETTERS]


def _file_name(work: Work, file: Path | None, key: str, suffix: str) -> str:
    words = [*([] if file is None else [plain_name(file.stem)]), work.how.key, key]
    return "_".join(words) + suffix


def _finite(value: Any) -> Any:
    """Return a number as JSON has it, other facts as they are."""
    if not isinstance(value, int | float | np.number):
        return value
    return float(value) if math.isfinite(value) else None


def _write(file: Path, image: NDArray[np.uint8], note: PlayNote) -> None:
    """Write a picture; a PNG says how it was made. Raises `UserError`."""
    if file.suffix.lower() != ".png":
        write_picture(file, image)
        return
    try:
        write_whole(file, play_png(image, note))
    except OSError as error:
        raise UserError(
            f"{file} cannot be written: {in_short(error)}", "Choose another --out"
        ) from error
