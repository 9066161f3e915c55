"""What is said of a map: words from values alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.engine.jobs import JobState
from deepvis_app.engine.jobs.kinds.embedding import WAYS
from deepvis_app.words.figures import figure
from deepvis_app.words.foreign import in_plain
from deepvis_app.words.quantities import pictures_text, time_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deepvis_app.corpus.map.placement import Placed
    from deepvis_app.corpus.map.said import CellFacts
    from deepvis_app.corpus.map.selecting import Shared
    from deepvis_app.engine.jobs.kinds.atlas import AtlasStatus
    from deepvis_app.engine.jobs.kinds.embedding import EmbeddingStatus
    from deepvis_app.known.atlases import AtlasFacts
    from deepvis_app.known.map_facts import MapFacts
    from deepvis_app.known.map_members import Members

NAMED = 3  # classes of a cell
HINT = "Draw around pictures with the lasso, or click one: Shift adds, Esc drops"
CELL_HINT = "Click a cell, or draw around pictures with the lasso: Shift adds, Esc drops"
DISTANCES = {"cosine": "cosine distance", "euclidean": "Euclidean distance"}


def head_words(facts: MapFacts, *, is_short: bool = False) -> str:
    """Return "500 pictures, 512 numbers each · t-SNE", and how many are left out."""
    codes = facts.codes
    words = pictures_text(len(codes))
    if is_short:
        return words
    words += f", {codes.values.shape[1]} numbers each"
    words += f" · {WAYS[facts.embedding.settings.method]}"
    if codes.left_out:
        words += f" · {codes.left_out} left out: NaN or infinite"
    return words


def doing_words(status: EmbeddingStatus) -> str:
    """Return "laying out features.12", and that it waits; a banner says what is wrong."""
    words = f"laying out {in_plain(status.request.layer, 40)}"
    late = {JobState.PAUSED: " · paused", JobState.WAITING: " · waiting"}
    return words + late.get(status.state, "")


def left_words(status: EmbeddingStatus) -> str:
    """Return "62% · 4 s"."""
    share = f"{100 * status.step / status.total:.0f}\u2009%" if status.total else ""
    if status.seconds_left is None or status.state is not JobState.RUNNING:
        return share
    return f"{share} · {time_text(status.seconds_left)}"


def atlas_words(atlas: AtlasFacts, *, is_short: bool = False) -> str:
    """Return "46 cells, 484 of 500 pictures"."""
    count, own = len(atlas), atlas.atlas.pictures
    cells = f"{count} cell{'' if count == 1 else 's'}"
    if is_short:
        return cells
    if atlas.comparison is not None:
        return f"{cells}, {own} of the {len(atlas.comparison.places)} pictures that score highest"
    return f"{cells}, {own} of {pictures_text(len(atlas.of))}"


def filling_words(status: AtlasStatus, made: int, wanted: int) -> str:
    """Return "12 of 46 pictures made", and that it waits."""
    words = f"{made} of {pictures_text(wanted)} made"
    return f"{words} · waiting" if status.state is JobState.WAITING else words


def rest_words(status: AtlasStatus | None) -> str:
    """Return that the pictures of an atlas were asked for and rest; a banner says what is wrong."""
    return "Paused" if status is not None and status.state is JobState.PAUSED else ""


def cell_lines(facts: CellFacts) -> tuple[str, ...]:
    """Return what is known of a cell's photographs, a fact a line."""
    lines = [counted(facts.classes)] if facts.classes else []
    if facts.said:
        lines.append(f"taken for {counted(facts.said)}")
    if facts.sure is not None:
        lines.append(f"mean confidence {facts.sure:.2f}")
    return tuple(lines)


def difference_line(first: str, second: str, difference: float) -> str:
    """Return "streetcar over fireboat by 3.2": how much more the second class scores."""
    one, other = (second, first) if difference >= 0 else (first, second)
    return f"{one} over {other} by {abs(difference):.1f}"


def class_name(labels: Sequence[str], number: int, most: int = 40) -> str:
    """Return a class' name in at most so many letters; its number where it has none."""
    return in_plain(labels[number], most) if number < len(labels) else f"class {number}"


def counted(names: Sequence[tuple[str, int]]) -> str:
    """Return "dogs 14, birds 3", the first ones; no number stands on a line without its name."""
    shown = [(in_plain(name, 30), count) for name, count in names[:NAMED]]
    return ", ".join(f"{name}{_between(name)}{count}" for name, count in shown)


def _between(name: str) -> str:
    """Return what stands between a name and how many there are: "class 3: 11"."""
    return ":\u00a0" if name[-1:].isdigit() else "\u00a0"


def live_words(placed: Placed, count: int) -> str:
    """Return what stands beside the live frame."""
    return f"unlike all {pictures_text(count)}" if placed.is_unlike_all else "this frame"


def nearest_detail(facts: MapFacts, placed: Placed, *, left_out: bool) -> str:
    """Return how distances are taken, and what is out of the usual."""
    detail = DISTANCES[facts.embedding.settings.metric]
    if placed.is_unlike_all:
        return "unlike all"
    return "itself left out" if left_out else detail


def distance_text(distance: float) -> str:
    return f"{distance:.2f}" if distance < 10 else figure(distance)


def names_text(facts: MapFacts, places: list[int]) -> str:
    """Return what pictures are called, each name once."""
    return " · ".join(dict.fromkeys(facts.name(place) for place in places))


def picture_tip(facts: MapFacts, place: int) -> str:
    """Return a picture's class and file."""
    name = in_plain(facts.path(place).name)
    label = facts.class_of(place)
    return f"{label}\n{name}" if label else name


def members_words(members: Members) -> str:
    """Return "52 pictures, 34 dogs"; a class has no singular."""
    words = pictures_text(len(members))
    if members.main and len(members) == 1:
        words += f" of {members.main}"
    elif members.main:
        words += f", {members.main_count} {members.main}"
    if members.others:
        words += f" · {members.others} not in this map"
    return words


def units_words(members: Members, total: int) -> str:
    """Return what stands before the units, or why there are none."""
    if not len(members):
        return "None of the chosen pictures is in this map"
    if len(members) == total:
        return "All pictures: there are no others to differ from"
    return "units shared" if members.shared else "No unit gives more on these than on the others"


def unit_text(shared: Shared) -> str:
    return f"{shared.unit} +{shared.deviations:.1f}σ"


def unit_tip(layer: str, shared: Shared, name: str) -> str:
    label = f" ({name})" if name else ""
    return (
        f"{layer} · unit {shared.unit}{label}: on these {figure(shared.mean)} on average, "
        f"{shared.deviations:.1f} standard deviations above all pictures' mean. Click to pick it"
    )
