"""What `deepvis directions make` does: directions of a scan's codes, made, told of and kept."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepvis_app.cli.console import bar, tell_behaviour
from deepvis_app.cli.loading import loaded
from deepvis_app.corpus import Corpus, load_corpus
from deepvis_app.corpus.dictionaries import DictionarySettings, Made, MakingProgress, making_steps
from deepvis_app.corpus.dictionaries.patches import checked_layer
from deepvis_app.corpus.pictures import source_of
from deepvis_app.corpus.shard import shortest_px
from deepvis_app.engine.ahead import Ahead
from deepvis_app.engine.device.device import choose_device
from deepvis_app.engine.device.replica import replica_on
from deepvis_app.engine.kept.corpora import Corpora, default_folder
from deepvis_app.engine.kept.directions import DirectionsShelf
from deepvis_app.errors import UserError
from deepvis_app.files import plain_name
from deepvis_app.nets.directions_file import SUFFIX, AboutDirections, write_directions

if TYPE_CHECKING:
    from deepvis_app.corpus.dictionaries.walk import Pieces
    from deepvis_app.nets import Network

PHASES = {
    "pictures": "looking at pictures", "learning": "learning", "read-outs": "fitting read-outs",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Words:
    """What was written on the command line."""

    corpus: str
    layer: str
    method: str
    count: int
    sparsity: float
    places: int
    seed: int
    net: str | None
    weights: str | None
    trust: bool
    device: str | None
    out: Path | None


def run(words: Words, *, as_json: bool) -> None:
    """Make the directions, keep them and print what they are worth. Raises `UserError`."""
    settings = DictionarySettings(
        method=words.method, count=words.count, sparsity=words.sparsity, codes=words.places,
        seed=words.seed,
    )  # fmt: skip
    corpus = load_corpus(Corpora(default_folder()).named(words.corpus))
    network = _network(corpus, words)
    tell_behaviour(network)
    checked_layer(network, corpus, words.layer)
    replica = replica_on(network, choose_device(words.device or "auto"))
    reader = None
    if corpus.about.source:
        shortest = shortest_px(replica) if corpus.manner.reduced else 0
        reader = Ahead(replica, source_of(corpus.about.source), shortest)
    steps = making_steps(
        replica, corpus, words.layer, settings,
        fingerprint=network.last_fingerprint, reader=reader,
    )  # fmt: skip
    made = _with_bar(steps)
    kept = _kept(network, corpus, made, words.out)
    if as_json:
        print(json.dumps(_facts(network, corpus, made, kept), indent=2, ensure_ascii=False))
    else:
        _tell(network, corpus, made, kept, is_kept=words.out is None)


def _network(corpus: Corpus, words: Words) -> Network:
    manner = corpus.manner
    if words.net:
        return loaded(words.net, words.weights, words.trust)
    if not manner.spec:
        raise UserError(f"{manner.network} was made in a program", "Name the network with --net")
    return loaded(manner.spec, words.weights or manner.weights or None, words.trust)


def _with_bar(steps: Pieces[Made]) -> Made:
    with bar() as bars, closing(steps):
        task = bars.add_task(PHASES["pictures"], total=None)
        while True:
            try:
                now = next(steps)
            except StopIteration as end:
                made: Made = end.value
                return made
            if isinstance(now, MakingProgress):
                told = f", missed {now.missed:.0%}" if now.missed == now.missed else ""
                words = f"{PHASES[now.phase]}{told}"
                bars.update(task, completed=now.step, total=now.total, description=words)


def _kept(network: Network, corpus: Corpus, made: Made, out: Path | None) -> Path:
    """Keep directions beside all others, or write the file that was asked for."""
    name, figures = made.settings.method.value, made.figures.by_name()
    sentence = f"{made.sentence} of {corpus.name}"
    if out is None:
        shelf = DirectionsShelf()
        return shelf.keep(network, made.layer, made.directions, name, sentence, figures).path
    about = AboutDirections(
        made.layer, name, network.last_fingerprint, network.name, sentence, figures
    )
    if out.is_dir():
        words = f"{network.name} {made.layer} {made.directions.by_content(name)}"
        out = out / f"{plain_name(words)}{SUFFIX}"
    write_directions(out, made.directions, about)
    return out


def _facts(network: Network, corpus: Corpus, made: Made, kept: Path) -> dict[str, Any]:
    each = [
        {name: values[place] for name, values in made.directions.figures.items()}
        for place in range(made.directions.count)
    ]
    return {
        "network": network.name,
        "corpus": corpus.name,
        "layer": made.layer,
        "name": made.directions.by_content(made.settings.method.value),
        "settings": made.settings.model_dump(mode="json"),
        "directions": made.directions.count,
        "dropped": made.dropped,
        "learned": made.learned,
        "pictures": made.pictures,
        "failed": made.failed,
        "figures": made.figures.by_name(),
        "each": each,
        "file": str(kept),
    }


def _tell(network: Network, corpus: Corpus, made: Made, kept: Path, *, is_kept: bool) -> None:
    figures = made.figures
    print(f"{made.layer} of {network.name}: {made.sentence} of {corpus.name}")
    if made.failed:
        print(f"  left out   {made.failed} pictures that could not be read")
    if made.dropped:
        print(f"  left out   {made.dropped} directions that no code needs")
    print(
        f"  missed     {figures.missed:.1%} of the variance of {figures.held_out} held-out codes, "
        f"with {figures.active:.1f} directions active a place"
    )
    print(f"  units      as many of the layer’s own, a place, miss {figures.units_missed:.1%}")
    if figures.read == figures.read:
        print(
            f"  read-outs  follow the amounts found by themselves with r = {figures.read:.2f}; "
            f"these miss {figures.found_missed:.1%}"
        )
    if figures.silent:
        print(f"  silent     {figures.silent} directions, on all held-out codes")
    print(f"  first      {made.directions.words(0)}")
    print(f"  {'kept' if is_kept else 'written'}{' ' * (7 if is_kept else 4)}"
          f"{kept.stem if is_kept else kept}")  # fmt: skip
