"""What is fuzzed: each kind of input, its seeds, the ways to spoil it, and what opens it."""

from __future__ import annotations

import functools
import io
import os
import re
import socket
import threading
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from deepvis_app import session, settings
from deepvis_app.corpus import load_corpus
from deepvis_app.engine import Engine, Gallery
from deepvis_app.engine.kept.corpora import Corpora
from deepvis_app.engine.kept.picture_png import read_note, recipe_of_png
from deepvis_app.errors import UserError
from deepvis_app.frames import Policy, decode_picture, open_source, spec_of
from deepvis_app.frames.source import SourceError, SourceLost
from deepvis_app.lab import follow_log
from deepvis_app.lab.log.framing import Frames, framed
from deepvis_app.nets import Unit, load_network
from deepvis_app.store import Store
from deepvis_app.synth import load_recipes
from tests.fuzz import mutation, seeds
from tests.fuzz.mutation import any_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.fuzz.mutation import Way


class Input(NamedTuple):
    """A file to open: its name, whose suffix counts, and what is in it."""

    name: str
    data: bytes


@dataclass(frozen=True)
class Target:
    """One kind of input. `act` may raise `UserError` and nothing else."""

    name: str
    seeds: Callable[[], seeds.Seeds]
    act: Callable[[Input, Path], object]
    ways: Sequence[Way] = (any_bytes,)
    ways_of: Callable[[str], Sequence[Way]] | None = None  # by the file's name
    suffixes: Sequence[str] = ()  # that a file may wrongly have

    def sound(self) -> list[Input]:
        """Return what inputs are made of."""
        return [Input(name, data) for name, data in self.seeds().items()]

    def input(self, seed: int) -> Input:
        """Return the input of a seed: always the same."""
        chance = Random(f"{self.name} {seed}")
        sound = self.seeds()
        name = chance.choice(list(sound))
        others = [data for other, data in sound.items() if other != name]
        ways = self.ways_of(name) if self.ways_of else self.ways
        data = chance.choice(ways)(sound[name], chance, others)
        if self.suffixes and chance.random() < 0.2:
            name = Path(name).stem + chance.choice(self.suffixes)
        return Input(name, data)


# Pictures

_PNG = (any_bytes, mutation.png_chunk(any_bytes), mutation.png_chunk(mutation.set_number))


def _picture_ways(name: str) -> Sequence[Way]:
    return _PNG if name.endswith(".png") else (any_bytes,)


def _seen(image: np.ndarray) -> None:
    assert image.dtype == np.uint8, image.dtype
    assert image.ndim == 3, image.shape
    assert image.shape[2] == 3, image.shape
    assert min(image.shape) > 0, image.shape


def _picture(given: Input, place: Path) -> None:
    _seen(decode_picture(io.BytesIO(given.data), name=given.name))


def _written(given: Input, place: Path) -> Path:
    path = place / given.name
    path.write_bytes(given.data)
    return path


def _read(spec: str | Path, count: int, *, controls: Sequence[str] = ()) -> None:
    """Open a source and read some of it; a picture that cannot be read is passed."""
    source = open_source(spec, policy=Policy.EVERY)
    try:
        source.open()
        for turn in range(count):
            if turn == count // 2:
                for control in controls:
                    source.seek(3) if control == "seek" else source.step(-1)
            source.due_in_s()
            try:
                frame = source.read()
            except SourceLost:
                return
            except SourceError:
                continue
            if frame is None:
                return
            _seen(frame.image)
    finally:
        source.close()


def _picture_file(given: Input, place: Path) -> None:
    path = _written(given, place)
    _read(path, 3)
    spec_of(path)


def _picture_folder(given: Input, place: Path) -> None:
    """The spoilt picture between two sound ones, which have to be shown."""
    sound = seeds.pictures()["a.png"]
    _written(given, place)
    for name in ("00.png", "zz.png"):
        (place / name).write_bytes(sound)
    source = open_source(place, policy=Policy.EVERY)
    source.open()
    shown = set()
    for _ in range(4):
        try:
            frame = source.read()
        except SourceError:
            continue
        if frame is not None:
            shown.add(frame.title)
    source.close()
    assert {"00.png", "zz.png"} <= shown, shown


def _video(given: Input, place: Path) -> None:
    _read(_written(given, place), 14, controls=("seek", "step"))


# What comes over HTTP: a server in this process says the bytes, then closes


class Server:
    """Answers every request with `answer`, until the next one is set."""

    def __init__(self) -> None:
        self.answer = b""
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=50)
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            asked, _ = self._socket.accept()
            with asked:
                try:
                    asked.settimeout(1)
                    asked.recv(65536)
                    asked.sendall(self.answer)
                    asked.shutdown(socket.SHUT_WR)
                    asked.recv(1)
                except OSError:
                    continue


@functools.cache
def _server() -> Server:
    return Server()


def _http(given: Input, place: Path) -> None:
    server = _server()
    server.answer = given.data
    _read(f"http://user:word@127.0.0.1:{server.port}/a", 4)


def _part(given: Input, place: Path) -> None:
    sound = seeds.pictures()["a.jpg"]
    _http(Input("stream", seeds.multipart([given.data, sound])), place)


def _answer_ways(name: str) -> Sequence[Way]:
    return (any_bytes, mutation.set_digits, _head)


def _head(data: bytes, chance: Random, others: Sequence[bytes]) -> bytes:
    """Spoil what stands before the first empty line, or what follows one boundary."""
    head, end, body = data.partition(b"\r\n\r\n")
    if chance.random() < 0.3 and body:
        first, end_2, rest = body.partition(b"\r\n\r\n")
        return head + end + any_bytes(first or b"-", chance, others) + end_2 + rest
    return any_bytes(head, chance, others) + end + body


# Networks


def _network(given: Input, place: Path) -> None:
    network = load_network(str(_written(given, place)))
    assert network.layers


# A network as large as a file wants it is no fault of reading; loading it can be given up.
_LARGE = re.compile(rb"\d{3,}")
_LONG = 500  # bytes: a long list of layers is such a network, too


def _profile(given: Input, place: Path) -> None:
    lines = [
        _LARGE.sub(b"99", line) if b"arguments" in line else line
        for line in given.data.split(b"\n")
    ]
    _network(Input(given.name, b"\n".join(lines)), place)


def _weights(given: Input, place: Path) -> None:
    """As the network itself, and as the weights of one."""
    path = _written(given, place)
    profile = place / "small.toml"
    profile.write_text(f'weights = "{given.name}"\n{_CONVOLUTION}')
    try:
        load_network(str(path))
    except UserError:
        load_network(str(profile))
    else:
        raise AssertionError("weights alone are no network")


_CONVOLUTION = (
    'factory = "torch.nn:Conv2d"\n'
    "arguments = { in_channels = 3, out_channels = 4, kernel_size = 3 }\n[input]\nsize = 9\n"
)


def _weights_ways(name: str) -> Sequence[Way]:
    if name in ("a.pth", "nested.pt", "arrays.pth"):
        return any_bytes, mutation.zip_member(any_bytes), mutation.zip_names
    if name.endswith(".safetensors"):
        return any_bytes, _safetensors
    return (any_bytes,)


def _safetensors(data: bytes, chance: Random, others: Sequence[bytes]) -> bytes:
    """Spoil the table at the head, its length right again."""
    length = int.from_bytes(data[:8], "little")
    head = chance.choice((mutation.json_tree, mutation.json_value))(
        data[8 : 8 + length], chance, ()
    )
    return len(head).to_bytes(8, "little") + head + data[8 + length :]


def _model_folder(given: Input, place: Path) -> None:
    for name, data in seeds.model_folders().items():
        (place / name).write_bytes(data)
    text = _LARGE.sub(b"99", given.data)
    _written(Input(given.name, text if len(text) < _LONG else text[:_LONG]), place)
    (place / "model.safetensors").write_bytes(seeds.weights()["a.safetensors"])
    load_network(f"hf:{place}")


# What deepvis itself keeps: read forgivingly, so no error at all, and it can be written again


def _never(action: Callable[[], object]) -> None:
    try:
        action()
    except UserError as error:
        raise AssertionError("reading this never raises") from error


def _recipe(given: Input, place: Path) -> None:
    _written(given, place)

    def load() -> None:
        for recipe in load_recipes(place)[0].values():
            assert recipe.key
            recipe.to_toml().encode()

    _never(load)


def _settings(given: Input, place: Path) -> None:
    os.environ["DEEPVIS_CONFIG_DIR"] = str(place)
    _written(given, place)
    _never(lambda: settings.save_settings(settings.load_settings()[0]))


def _session(given: Input, place: Path) -> None:
    os.environ["DEEPVIS_CONFIG_DIR"] = str(place)
    _written(Input(session.FILE_NAME, given.data), place)
    _never(lambda: session.save_session(session.load_session()[0]))


def _jobs(given: Input, place: Path) -> None:
    kept = Store(place / "store")
    (place / "store" / "kept").mkdir(exist_ok=True)
    _written(Input(f"store/kept/{given.name}", given.data), place)
    try:
        _never(lambda: [str(status) for status in Engine("cpu", store=kept).jobs.take_back()])
    finally:
        kept.close()


def _note_of(given: Input, place: Path) -> None:
    """A PNG of anybody's has a note or has none; reading it never raises."""
    _never(lambda: read_note(given.data))
    _never(lambda: recipe_of_png(given.data))


# The store


def _store(given: Input, place: Path) -> None:
    folder = place / "store"
    for name, data in (seeds.store() | {given.name: given.data}).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    kept = Store(folder)
    try:
        for entry in kept.find("tensors", layer="conv1"):
            assert entry.folder.parent == folder / "files", entry.folder
        for number in range(3):
            kept.get(f"key {number}")
        Gallery(kept).get("picture 0")
        kept.put("key 1", "tensors", {"t.bin": b"new"}, {"unit": 9})
        kept.kept("jobs")
        kept.info()
        kept.verify()
        assert kept.verify().damaged == ()
        found = kept.get("key 1")
        assert found is not None
        assert found.read("t.bin") == b"new"
        kept.remove("key 1")
        kept.clear()
        assert kept.info().entries == 0
    finally:
        kept.close()


def _store_ways(name: str) -> Sequence[Way]:
    if name.endswith(".sqlite"):
        return mutation.sqlite_row, mutation.sqlite_row, any_bytes
    if name.endswith(".json"):
        return any_bytes, _signed_note
    return (any_bytes,)


def _signed_note(data: bytes, chance: Random, others: Sequence[bytes]) -> bytes:
    """Spoil a note and sign it anew, as somebody who means harm would."""
    import hashlib

    text = data.partition(b"\n")[2]
    text = chance.choice((mutation.json_tree, mutation.json_value))(text, chance, ())
    return hashlib.sha256(text).hexdigest().encode() + b"\n" + text


def _files_of_the_store(folder: str) -> seeds.Seeds:
    return {name: data for name, data in seeds.store().items() if name.startswith(folder)}


def _corpus(given: Input, place: Path) -> None:
    """A list of corpora tells of a damaged one; what is asked of it is answered, or refused."""
    for name, data in (seeds.corpora() | {given.name: given.data}).items():
        path = place / "corpora" / "a" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    _never(Corpora(place / "corpora").infos)
    corpus = load_corpus(place / "corpora" / "a")
    for layer in ("0", "3"):
        state = corpus.stats(layer)
        assert len(state.mean) == len(state.dead) == state.unit_count
        for index in range(min(state.unit_count, 4)):
            unit = Unit(layer, index)
            for patch in (*corpus.top(unit), *corpus.bottom(unit), *corpus.band(unit, 0.5)):
                assert isinstance(patch.has_changed, bool)
            corpus.classes(unit)
        corpus.correlation(layer)


def _corpus_ways(name: str) -> Sequence[Way]:
    return _KEPT if name.endswith(".json") else (any_bytes, _safetensors)


# Logs of trainings, which somebody may just be writing


def _run_log(given: Input, place: Path) -> None:
    """What a log says, arrays of one length; what it does not, in one line each."""
    _written(given, place)
    log = follow_log(place)
    run = log.update()
    while log.has_more:
        run = log.update()
    for series in run.scalars.values():
        assert len(series.steps) == len(series.values) == len(series.times)
        assert (np.diff(series.steps) > 0).all()
    for ridge in run.histograms.values():
        for name in ridge.names:
            assert ridge.of(name).shape[0] == len(ridge.steps)
    for fault in run.faults:
        assert len(fault) < 400, fault
        assert "\n" not in fault
    assert run.step >= 0 or run.scalars
    assert log.update() is run


def _payload(data: bytes, chance: Random, others: Sequence[bytes]) -> bytes:
    """Spoil what is in one record, its length and checksums right again."""
    payloads = Frames().feed(data)
    place = chance.randrange(len(payloads))
    payloads[place] = any_bytes(payloads[place], chance, others)
    return b"".join(map(framed, payloads))


# Lists and addresses


def _list(given: Input, place: Path) -> None:
    for name in ("a.png", "d.png"):
        (place / name).write_bytes(seeds.pictures()["a.png"])
    path = _written(given, place)
    _read(f"list:{path}", 5)


def _spec(given: Input, place: Path) -> None:
    """Only named, not opened: what it names is anybody's."""
    text = given.data.decode("utf-8", "replace")
    for ask in (open_source, spec_of):
        said = ""
        try:
            ask(text)
        except UserError as error:
            said = str(error)
        assert "user:word" not in said or not _ADDRESS.match(text), said


_ADDRESS = re.compile(r"(https?|rtsps?|rtmp)://user:word@")
_STILLS = (".jpg", ".png", ".tif", ".webp", ".gif", ".npy", ".heic", ".avif", ".jp2", "")
_CLIPS = (".mp4", ".avi", ".mkv", ".gif", ".ts", ".webm", "")
_KEPT = (any_bytes, mutation.json_value, mutation.json_tree)
_TOML = (any_bytes, mutation.toml_value, mutation.toml_value)

TARGETS = {
    target.name: target
    for target in (
        Target("pictures", seeds.pictures, _picture, ways_of=_picture_ways),
        Target("picture-files", seeds.pictures, _picture_file, ways_of=_picture_ways,
               suffixes=_STILLS),
        Target("picture-folders", seeds.pictures, _picture_folder, ways_of=_picture_ways),
        Target("science", seeds.science, _picture_file, ways_of=_picture_ways),
        Target("parts", seeds.http_parts, _part, ways_of=_picture_ways),
        Target("answers", seeds.answers, _http, ways_of=_answer_ways),
        Target("videos", seeds.videos, _video, suffixes=_CLIPS),
        Target("weights", seeds.weights, _weights, ways_of=_weights_ways,
               suffixes=(".pth", ".bin", ".safetensors")),
        Target("exported", seeds.exported, _network,
               (any_bytes, mutation.zip_member(any_bytes), mutation.zip_names)),
        Target("profiles", seeds.profiles, _profile, _TOML),
        Target("model-folders", seeds.model_folders, _model_folder, _KEPT),
        Target("recipes", seeds.recipes, _recipe, _TOML),
        Target("settings", seeds.settings, _settings, _TOML),
        Target("sessions", seeds.sessions, _session, _KEPT),
        Target("job-lists", seeds.job_lists, _jobs, _KEPT),
        Target("notes", seeds.notes, _note_of, (any_bytes, mutation.png_chunk(any_bytes),
               mutation.png_chunk(mutation.json_value), mutation.png_chunk(mutation.toml_value))),
        Target("store-index", lambda: _files_of_the_store("index"), _store, ways_of=_store_ways),
        Target("store-files", lambda: _files_of_the_store("files"), _store, ways_of=_store_ways),
        Target("corpora", seeds.corpora, _corpus, ways_of=_corpus_ways),
        Target("run-logs", seeds.run_logs, _run_log, (any_bytes, _payload, _payload)),
        Target("lists", seeds.lists, _list),
        Target("specs", seeds.specs, _spec),
    )
}  # fmt: skip


# Planted faults, by which the runner shows that it would see one


def _fault(given: Input, place: Path) -> None:
    kind = given.data.decode("latin-1")
    if kind == "crash":
        os.abort()
    elif kind == "hang":
        threading.Event().wait(60)
    elif kind == "memory":
        np.ones(1_200_000_000, np.uint8)
    elif kind == "exception":
        raise KeyError("planted")
    elif kind == "exit":
        raise SystemExit(3)
    elif kind == "thread":
        thread = threading.Thread(target=lambda: [][0])
        thread.start()
        thread.join()
    elif kind == "long":
        raise UserError("One " * 1000, "Nothing is wrong")
    elif kind == "user":
        raise UserError("This is meant", "Nothing is wrong")


FAULTS = Target("faults", lambda: {"a": b"exception", "b": b"nothing"}, _fault)
