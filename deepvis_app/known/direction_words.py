"""What is said of directions before they are made, and once they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.corpus.dictionaries.patches import inner_places, learned_of, looked_at
from deepvis_app.corpus.dictionaries.settings import Method
from deepvis_app.words.quantities import pictures_text, time_text

if TYPE_CHECKING:
    from deepvis_app.corpus.dictionaries.settings import DictionarySettings
    from deepvis_app.nets.directions_file import AboutDirections
    from deepvis_app.nets.layers import LayerInfo

READ_MS = 10.0  # to decode and prepare a picture
PASS_MS = 30.0  # through a network that has not been seen at work
USUAL_FIT_S = 5.0  # of a thousand steps of read-outs, and what is measured


def plan_words(
    info: LayerInfo,
    settings: DictionarySettings,
    pictures: int,
    input_size: tuple[int, int],
    pass_ms: float | None = None,
) -> str:
    """Say what will be made of a layer on a corpus' pictures, and about how long that takes.

    `pass_ms` is how long a pass through the network takes, None: not known.
    """
    count, each = looked_at(info, len(inner_places(info, input_size)), pictures, settings.codes)
    seconds = seconds_of(settings, info.unit_count, count * each)
    of = f"what {info.name} gives on {pictures_text(count)}"
    if info.map_size != (1, 1):
        of = f"what {info.name} gives at {_number(count * each)} places of {pictures_text(count)}"
        seconds += count * ((pass_ms or PASS_MS) + READ_MS) / 1000
    title = settings.method.title
    directions = "1 direction" if settings.count == 1 else f"{settings.count} directions"
    return (
        f"{title[0].upper()}{title[1:]}: {directions}, made of {of}. "
        f"About {time_text(seconds)} of work, beside the live view."
    )


def too_many_words(
    info: LayerInfo, settings: DictionarySettings, pictures: int, input_size: tuple[int, int]
) -> str:
    """Say why so many directions cannot be made of a layer; "": they can."""
    units, wanted = info.unit_count, settings.count
    if settings.method is Method.PCA and wanted > units:
        return f"{info.name} has {units} units, so at most {units} principal components"
    count, each = looked_at(info, len(inner_places(info, input_size)), pictures, settings.codes)
    learned = learned_of(count, each)
    if wanted > learned:
        return f"{wanted} directions cannot be made of {_number(learned)} codes"
    return ""


def seconds_of(settings: DictionarySettings, units: int, codes: int) -> float:
    """Return about how long directions take to be made of codes, once these are there.

    Measured on one core of a small machine; wide layers cost by units times directions.
    """
    if settings.method is Method.PCA:
        return 1 + 5e-9 * units**3 + 1e-9 * codes * units**2
    size = settings.count * units
    learned = max(2 * codes * 4 / 5, 20_000)
    by_code = 2e-4 + 2e-9 * size if settings.method is Method.SPARSE else 2e-5 + 6e-9 * size
    return (learned + codes) * by_code + USUAL_FIT_S + 4e-5 * size


def made_words(layer: str, about: AboutDirections) -> str:
    """Say in a line what directions are worth that were just made."""
    figures = about.figures
    missed, active, units = (figures.get(k) for k in ("missed", "active", "units_missed"))
    if not all(isinstance(each, float) for each in (missed, active, units)):
        return f"{layer} is made: {about.made}"
    return (
        f"{layer} misses {missed:.0%} of the variance with {_active(active)} active a place; "
        f"as many units miss {units:.0%}"
    )


def _active(count: object) -> str:
    return f"{count:.0f}" if isinstance(count, float) and count >= 10 else f"{count:.1f}"


def _number(count: int) -> str:
    return f"{count:,}".replace(",", "\u2009")
