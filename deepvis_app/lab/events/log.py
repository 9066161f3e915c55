"""TensorBoard's event files of one training, read as a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deepvis_app.lab.events.event_file import EventFile
from deepvis_app.lab.events.files import curve_name, event_files
from deepvis_app.lab.events.points import curve
from deepvis_app.lab.events.ridges import ridges
from deepvis_app.lab.events.standard import standard_names
from deepvis_app.lab.log.about import About
from deepvis_app.lab.log.following import Follower
from deepvis_app.lab.log.run import Run, Series

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from deepvis_app.lab.events.points import Points
    from deepvis_app.lab.log.builder import Thinned


_SHARE = 0.5  # of what is shown that has to be new while there is more


class EventLog:
    """The event files of a run's folder, followed while somebody writes them; or one such file.

    All of them are read. What a later one says of a step counts, and ends what earlier ones say of
    that tag there: the training was begun again. Tags keep their names, behind that of a folder in
    the run's one, see `curve_name`; those of usual names are known by `Run.standard`, too.
    """

    def __init__(self, path: Path) -> None:
        self._folder = path if path.is_dir() else path.parent
        self._follower = Follower(path, event_files, self._begin)
        self._files: dict[Path, EventFile] = {}
        self._curves: dict[str, tuple[tuple[object, ...], Series, int]] = {}
        self._run = Run(path, "tensorboard")
        self._shown = self._waiting = 0  # bytes that `_run` knows of, and those that it does not
        self._is_new = False
        self.has_more = False

    def _begin(self, path: Path) -> Callable[[bytes], object]:
        self._files[path] = file = EventFile()
        return file.take

    def update(self) -> Run:
        """Read what is new, within bounds, and return the run so far; see `FollowedLog`.

        While there is more to be read at once, not every piece is shown: each time more of a large
        log than before, so that showing it takes no longer than reading it.
        """
        news = self._follower.update()
        self.has_more = news.has_more
        self._is_new |= news.is_new
        self._waiting += news.read
        if self._is_new and not (news.has_more and self._waiting < _SHARE * self._shown):
            self._shown, self._waiting, self._is_new = self._shown + self._waiting, 0, False
            self._run = self._as_run()
        return self._run

    def _as_run(self) -> Run:
        files = [(self._part(path), file) for path, file in sorted(self._files.items())]
        scalars, went_back = self._scalars(files)
        standard = standard_names(scalars)
        faults = [*self._follower.faults]
        if went_back:
            faults.append(_begun_again(went_back))
        if left_out := sum(file.left_out for _, file in files):
            faults.append(f"{left_out} pictures are left out: there are too many")
        for name in ("accuracy", "val_accuracy"):
            if name in standard and _is_beyond_one(scalars[standard[name]]):
                tag = standard.pop(name)
                faults.append(
                    f"{tag} goes beyond 1, so it is not taken as a share of right answers"
                )
        return Run(
            self._run.path,
            "tensorboard",
            about=self._about(files),
            scalars=scalars,
            standard=standard,
            histograms=ridges(_kept(files, lambda file: file.histograms)),
            images={
                tag: tuple(picture for _, picture in pictures)
                for tag, pictures in _kept(files, lambda file: file.pictures).items()
            },
            faults=tuple(faults),
        )

    def _part(self, path: Path) -> str:
        part = path.parent.relative_to(self._folder).as_posix()
        return "" if part == "." else part

    def _about(self, files: list[tuple[str, EventFile]]) -> About:
        times = [file.started for _, file in files if file.started]
        return About(name=self._folder.name, started=min(times, default=0.0))

    def _scalars(self, files: list[tuple[str, EventFile]]) -> tuple[dict[str, Series], list[str]]:
        """Return all curves, the same values as before where nothing came, and which went back."""
        parts: dict[str, list[tuple[Points, int | None]]] = {}
        for place, (part, file) in enumerate(files):
            void = _void_from(files, place)
            for tag, points in file.points.items():
                if len(points):
                    parts.setdefault(curve_name(part, tag), []).append((points, void))
        scalars, went_back = {}, []
        for tag, found in parts.items():
            state = tuple((points, len(points), void) for points, void in found)
            if tag not in self._curves or self._curves[tag][0] != state:
                made = curve([points.arrays(void) for points, void in found])
                self._curves[tag] = state, *made
            _, series, falls = self._curves[tag]
            scalars[tag] = series
            went_back += [tag] if falls else []
        return scalars, went_back


def _void_from(files: list[tuple[str, EventFile]], place: int) -> int | None:
    """Return the step from which on a later file of the same folder makes a file's words void."""
    part = files[place][0]
    later = (file.void_from for other, file in files[place + 1 :] if other == part)
    return min((step for step in later if step is not None), default=None)


def _kept(
    files: list[tuple[str, EventFile]], of: Callable[[EventFile], Mapping[str, Thinned]]
) -> dict[str, list[tuple[int, Any]]]:
    """Return what was kept of each tag by step: later files end what earlier ones say."""
    found: dict[str, list[tuple[int, Any]]] = {}
    for place, (part, file) in enumerate(files):
        void = _void_from(files, place)
        for tag, kept in of(file).items():
            name = curve_name(part, tag)
            pairs = [pair for pair in kept.all() if void is None or pair[0] < void]
            before = found.get(name, [])
            if pairs:
                before = [pair for pair in before if pair[0] < pairs[0][0]]
            found[name] = [*before, *pairs]
    return {tag: pairs for tag, pairs in found.items() if pairs}


def _begun_again(tags: list[str]) -> str:
    others = f" and of {len(tags) - 1} more" if len(tags) > 1 else ""
    return f"Steps of {tags[0]}{others} went back: what was said last of a step counts"


def _is_beyond_one(series: Series) -> bool:
    return bool((series.values > 1 + 1e-6).any())
