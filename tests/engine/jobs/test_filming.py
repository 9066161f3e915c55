"""A video as a job: its frames at their own times, whatever stops it, and found again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pytest

from deepvis_app.engine import Engine, JobState, film
from deepvis_app.engine.jobs.kinds.filming import Filmed, Filming, FilmRequest, FilmStatus, stamp_of
from deepvis_app.engine.jobs.status import NetworkName
from deepvis_app.engine.known_array import KnownArray
from deepvis_app.errors import UserError
from deepvis_app.synth.play import Carry, FilmSpec, InvertSpec
from tests.deepened import DeepenSpec, deepen, small_network
from tests.frames.clips import write_clip

if TYPE_CHECKING:
    from collections.abc import Callable

    from deepvis_app.nets import Network

__all__ = ["deepen"]

pytestmark = pytest.mark.usefixtures("deepen")
ROOT = Path(__file__).parents[3]
TIMES_MS = (0, 40, 90, 200, 230, 12_400)  # fast, slow, and a gap
NAME = NetworkName("a" * 64, "small", "small")


@pytest.fixture(scope="module")
def small() -> Network:
    return small_network()


def moving(count: int, size: tuple[int, int] = (64, 48)) -> list[np.ndarray]:
    big = np.random.default_rng(0).integers(60, 200, (size[1], size[0] + 2 * count, 3), np.uint8)
    return [np.ascontiguousarray(big[:, 2 * k : 2 * k + size[0]]) for k in range(count)]


def clip(path: Path, times_ms: tuple[int, ...] = TIMES_MS, **more: Any) -> Path:
    size = more.pop("size", (64, 48))
    return write_clip(path, times_ms, size=size, pictures=moving(len(times_ms), size), **more)


def request(video: Path, out: Path, **film_settings: Any) -> FilmRequest:
    spec, how = DeepenSpec(layer="second", steps=2, rate=6), FilmSpec(**film_settings)
    return FilmRequest("deepen", spec, how, video, stamp_of(video), out)


def made(network: Network, asked: FilmRequest) -> Filmed:
    steps = Filming(None).steps(network, asked, None)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def shown(path: Path) -> tuple[list[np.ndarray], list[float]]:
    with av.open(str(path)) as file:
        frames = list(file.decode(video=0))
    return [frame.to_ndarray(format="rgb24") for frame in frames], [frame.time for frame in frames]


def test_every_frame_is_there_at_its_own_time(small: Network, tmp_path) -> None:
    video, out = clip(tmp_path / "clip.mp4", sound_s=0.5), tmp_path / "out" / "film.mp4"
    found = made(small, request(video, out))
    frames, times = shown(out)
    assert (found.frames, found.path, found.stamp) == (6, str(out), stamp_of(out))
    assert times == pytest.approx([ms / 1000 for ms in TIMES_MS], abs=0.002)
    assert found.notes == ("Its sound is left out",)
    before, _ = shown(video)
    for picture, frame in zip(frames, before, strict=True):
        assert picture.shape == frame.shape
        assert 1 < np.abs(picture.astype(float) - frame).mean() < 60
    with av.open(str(out)) as file:
        assert file.metadata["title"] == "Deepen: clip.mp4"
        assert '"layer": "second"' in file.metadata["comment"]
    assert [path.name for path in out.parent.iterdir()] == ["film.mp4"]


def test_odd_sizes_lose_a_row_and_a_column(small: Network, tmp_path) -> None:
    video = clip(tmp_path / "clip.mkv", (0, 40), size=(63, 47), codec="ffv1", pixels="bgr0")
    found = made(small, request(video, tmp_path / "film.mp4"))
    assert found.frames == 2
    assert shown(tmp_path / "film.mp4")[0][0].shape == (46, 62, 3)


def test_as_a_job_it_is_made_shown_and_found_again(small: Network, store, tmp_path) -> None:
    video, out = clip(tmp_path / "clip.mp4", TIMES_MS[:3]), tmp_path / "film.mp4"
    with Engine("cpu", threads=1, store=store) as engine:
        engine.set_network(small)
        first = ended(engine, engine.jobs.submit(request(video, out)))
        assert first.state is JobState.DONE, first.error
        assert first.filmed == Filmed(str(out), 3, (), stamp_of(out))
        stamp = out.stat().st_mtime_ns
        again = ended(engine, engine.jobs.submit(request(video, out)))
        assert again.filmed == first.filmed
        assert out.stat().st_mtime_ns == stamp  # not made again
        out.unlink()
        third = ended(engine, engine.jobs.submit(request(video, out)))
        assert third.filmed is not None
        assert out.exists()


def test_it_rests_and_goes_on_and_what_is_cancelled_is_a_film(
    small: Network, store, tmp_path
) -> None:
    video = clip(tmp_path / "clip.mp4", tuple(range(0, 1200, 40)))
    with Engine("cpu", threads=1, store=store) as engine:
        engine.set_network(small)
        job = engine.jobs.submit(request(video, tmp_path / "film.mp4"))
        until(engine, job, lambda status: status.step > 10)
        engine.jobs.pause(job)
        until(engine, job, lambda status: status.state is JobState.PAUSED)
        engine.jobs.resume(job)
        status = ended(engine, job)
        assert status.state is JobState.DONE, status.error
        assert len(shown(tmp_path / "film.mp4")[0]) == 30
        other = engine.jobs.submit(request(video, tmp_path / "other.mp4", blend=0.2))
        until(engine, other, lambda status: status.step > 20 and status.frame is not None)
        engine.jobs.cancel(other)
        assert ended(engine, other).state is JobState.CANCELLED
    assert 0 < len(shown(tmp_path / "other.mp4")[0]) < 30


def until(engine: Engine, job: int, holds: Callable[[FilmStatus], bool]) -> None:
    while not holds(next(s for s in engine.jobs.statuses() if s.id == job)):
        engine.next_snapshot(timeout_s=0.01)


def ended(engine: Engine, job: int) -> FilmStatus:
    while True:
        status = next(s for s in engine.jobs.statuses() if s.id == job)
        if status.state.is_final:
            assert isinstance(status, FilmStatus)
            return status
        engine.next_snapshot(timeout_s=0.05)


def test_what_is_cancelled_plays_up_to_there(small: Network, tmp_path) -> None:
    video, out = clip(tmp_path / "clip.mp4"), tmp_path / "film.mp4"
    steps = Filming(None).steps(small, request(video, out), None)
    kind, seen = Filming(None), None
    while True:
        step = next(steps)
        if step is not None and step.frame == 2 and step.frames == 6:
            (seen,) = kind.previews(step)
            break
    steps.close()
    assert seen.picture.shape == (48, 64, 3)
    assert (seen.done, seen.frames) == (2, 6)
    assert np.array_equal(seen.before, shown(video)[0][1])  # the one that is done
    frames, times = shown(out)
    assert times == pytest.approx([0, 0.04], abs=0.002)
    assert len(frames) == 2


def test_it_goes_on_from_what_there_is(small: Network, tmp_path, monkeypatch) -> None:
    video, out = clip(tmp_path / "clip.mp4"), tmp_path / "film.mp4"
    asked = request(video, out)
    whole = made(small, request(video, tmp_path / "whole.mp4"))
    steps = Filming(None).steps(small, asked, None)
    while (step := next(steps)) is None or step.frame < 3:
        pass
    steps.close()
    stopped, _ = shown(out)
    assert len(stopped) == 3
    runs: list[int] = []
    real = asked.how.steps
    counted = replace(asked.how, steps=lambda *words: (runs.append(1), real(*words))[1])
    monkeypatch.setattr("deepvis_app.engine.jobs.kinds.filming.TECHNIQUES", {"deepen": counted})
    found = made(small, asked)
    assert (found.frames, len(runs)) == (whole.frames, 3)
    frames, times = shown(out)
    assert times == pytest.approx([ms / 1000 for ms in TIMES_MS], abs=0.002)
    for again, first in zip(frames, stopped, strict=False):
        assert np.abs(again.astype(int) - first).mean() < 4  # encoded twice
    names = sorted(path.name for path in tmp_path.iterdir() if path.suffix == ".mp4")
    assert names == ["clip.mp4", "film.mp4", "whole.mp4"]
    made(small, asked)  # it is whole: it is made anew
    assert len(runs) == 3 + 6
    steps = Filming(None).steps(small, asked, None)
    while (step := next(steps)) is None or step.frame < 3:
        pass
    steps.close()
    made(small, request(video, out, blend=0.1))  # something else is not continued
    assert len(runs) == 9 + 3 + 6


PROGRAM = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from types import MappingProxyType
from deepvis_app.engine.jobs.kinds import filming
from deepvis_app.synth.play import FilmSpec, TECHNIQUES
from tests.deepened import DEEPEN, DeepenSpec, small_network
filming.TECHNIQUES = MappingProxyType({**TECHNIQUES, "deepen": DEEPEN})
video = Path(sys.argv[1])
spec = DeepenSpec(layer="second", steps=1)
asked = filming.FilmRequest("deepen", spec, FilmSpec(carry="nothing"), video, "", Path(sys.argv[2]))
for step in filming.Filming(None).steps(small_network(), asked, None):
    if step is not None:
        print(step.frame, flush=True)
"""


@pytest.mark.skipif(os.name != "posix", reason="signals are another matter there")
@pytest.mark.parametrize(
    "how", [signal.SIGKILL, pytest.param(signal.SIGINT, marks=pytest.mark.slow)]
)
def test_what_is_killed_plays_up_to_its_last_second(tmp_path, how) -> None:
    video = clip(tmp_path / "clip.mp4", tuple(range(0, 6000, 40)))
    out = tmp_path / "film.mp4"
    words = [sys.executable, "-c", PROGRAM, str(video), str(out), str(ROOT)]
    env = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=env
    ) as process:
        assert process.stdout is not None
        while process.stdout.readline().strip() != "80":  # 3.2 s are there
            assert process.poll() is None
        process.send_signal(how)
        process.communicate(timeout=60)
    assert shown(out)[1][-1] >= 2.4


def test_no_space_for_the_film_is_said_and_what_there_is_stays(
    small: Network, tmp_path, monkeypatch
) -> None:
    video, out = clip(tmp_path / "clip.mp4", tuple(range(0, 3000, 40))), tmp_path / "film.mp4"
    asked = request(video, out, carry=Carry.NOTHING)
    steps = Filming(None).steps(small, asked, None)
    while (step := next(steps)) is None or step.frame < 60:
        pass
    monkeypatch.setattr(film, "LEAST_SPACE", 1 << 62)
    with pytest.raises(UserError) as caught:
        list(steps)
    assert "There is no space left on the disk" in caught.value.cause
    assert "s are kept in film.mp4" in caught.value.cause
    assert len(shown(out)[0]) >= 25
    full = tmp_path / "full.mp4"
    with pytest.raises(UserError, match="There is no space left"):
        made(small, request(video, full))
    assert not full.exists()


def test_a_place_that_cannot_be_written_is_said_before_the_work(
    small: Network, tmp_path, monkeypatch
) -> None:
    video = clip(tmp_path / "clip.mp4")
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="cannot be written to") as caught:
        next(Filming(None).steps(small, request(video, tmp_path / "file" / "film.mp4"), None))
    assert "\n" not in str(caught.value)
    monkeypatch.setattr(film, "LEAST_SPACE", 1 << 62)
    out = tmp_path / "film.mp4"
    with pytest.raises(UserError, match="There is no space left"):
        next(Filming(None).steps(small, request(video, out), None))
    assert not out.exists()


def test_bad_videos_are_said(small: Network, tmp_path) -> None:
    (tmp_path / "empty.mp4").touch()
    sound = tmp_path / "sound.mp4"
    with av.open(str(sound), "w") as file:
        stream = file.add_stream("aac", rate=8000, layout="mono")
        for start in range(0, 8192, 1024):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
            frame.sample_rate, frame.pts = 8000, start
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    out = tmp_path / "film.mp4"
    for name, cause in (("empty.mp4", "empty"), ("sound.mp4", "no pictures: it is sound")):
        with pytest.raises(UserError, match=cause):
            made(small, request(tmp_path / name, out))
    video = clip(tmp_path / "clip.mp4", (0, 40))
    with pytest.raises(UserError, match="is the video itself"):
        made(small, request(video, video))
    inverted = FilmRequest("invert", InvertSpec(), FilmSpec(), video, "", out)
    with pytest.raises(UserError, match="Invert makes no video"):
        made(small, inverted)
    assert not out.exists()


def test_requests_are_written_and_read(tmp_path) -> None:
    kind = Filming(None)
    guide = KnownArray.of(np.zeros((3, 4, 3), np.uint8))
    asked = FilmRequest(
        "deepen", DeepenSpec(layer="a"), FilmSpec(blend=0.7), Path("v.mp4"), "1 2", Path("o.mp4"),
        (("guide", guide),), 5,
    )  # fmt: skip
    data = json.loads(json.dumps(kind.to_data(asked)))
    again = kind.unpacked(kind.from_data(data), kind.luggage(asked))
    assert again == asked
    keys = {kind.key(NAME, one) for one in (asked, request(Path("v.mp4"), Path("o.mp4")))}
    assert len(keys) == 2
    with pytest.raises(ValueError, match="no such picture"):
        kind.from_data({**data, "pictures": [["hat", guide.digest]]})
