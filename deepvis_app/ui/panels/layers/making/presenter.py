"""Between the card that asks for directions and the state: what can be made, and a job."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from deepvis_app.corpus.codes import LEAST
from deepvis_app.corpus.dictionaries.settings import DictionarySettings, Method
from deepvis_app.engine.jobs.kinds.dictionary import DictionaryRequest
from deepvis_app.errors import UserError
from deepvis_app.known.direction_words import plan_words, too_many_words
from deepvis_app.known.newest import Newest
from deepvis_app.known.scanning import begin_scan, scan_of
from deepvis_app.ui.kit.choices import Choice, ChoiceGroup, Offer
from deepvis_app.ui.kit.segmented import Segment
from deepvis_app.ui.panels.layers.making.fields import FIELDS, asked_for
from deepvis_app.words.foreign import in_plain
from deepvis_app.words.quantities import pictures_text, shape_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deepvis_app.corpus.corpus import Corpus
    from deepvis_app.engine.kept.corpora import CorpusInfo
    from deepvis_app.known.kept_pictures import Answer
    from deepvis_app.nets import LayerInfo, Network
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panels.layers.making.sheet import MakingSheet

METHODS = {
    Method.SPARSE: ("Sparse", "At each place few directions add up to what the layer gives"),
    Method.NMF: ("NMF", "Parts that only add up: nothing of them is below zero"),
    Method.PCA: ("PCA", "Those along which what the layer gives varies most, each with its sign"),
}
CHOOSE = "Choose a folder…"


class MakingPresenter:
    """Says what can be made of a layer, or why nothing can, about how long it takes, and begins."""

    def __init__(self, sheet: MakingSheet, desk: Desk) -> None:
        self._sheet, self._view, self._desk = sheet, sheet.content, desk
        self._network: Network | None = None
        self._layer = ""
        self._settings = DictionarySettings()
        self._corpus = ""  # the folder of the chosen one, "": the one that is looked at
        self._signed: Newest[bool] = Newest()
        self._shown: object = None  # what the card was last made of
        self._pass_ms: float | None = None
        self._view.corpus_chosen.connect(self._choose_corpus)
        self._view.folder_chosen.connect(self._scan)
        self._view.method_picked.connect(lambda key: self._change("method", key))
        self._view.changed.connect(self._change)
        self._view.make_requested.connect(self._make)
        self._view.explanation_requested.connect(desk.notices.explain)

    def set_network(self, network: Network | None) -> None:
        before, self._network = self._network, network
        if before is None or network is None or before.identity != network.identity:
            self._corpus = ""
        if self._sheet.is_open() and self._info() is None:
            self._sheet.close()

    def open(self, layer: str) -> None:
        """Open the card for a layer; for directions, for the layer that they read."""
        if self._network is None:
            return
        self._layer = self._network.base_layer(layer)
        self._desk.kept.corpora.refresh()
        self._shown = None
        self._show()
        self._sheet.open()

    def tick(self, pass_ms: float | None) -> None:
        """Keep the card in step; `pass_ms` is how long a pass takes, where that is known."""
        self._pass_ms = pass_ms or self._pass_ms
        if self._sheet.is_open():
            self._ask_signed()
            self._show()

    # What is wanted

    def _choose_corpus(self, path: str) -> None:
        self._corpus = path
        self._show()

    def _change(self, name: str, value: object) -> None:
        values = self._settings.model_dump()
        try:
            self._settings = DictionarySettings(**{**values, name: value})
        except UserError as error:
            self._shown = None
            self._view.set_plan("", str(error))
            return
        self._show()

    def _scan(self, folder: str) -> None:
        if self._network is None:
            return
        try:
            request = scan_of(self._desk.kept.corpora, folder, self._network)
        except UserError as error:
            self._view.set_plan("", str(error), CHOOSE)
            return
        begin_scan(self._desk.jobs, self._desk.kept.corpora, request)
        self._shown = None

    def _make(self) -> None:
        corpus = self._present()
        if corpus is None or self._info() is None:
            return
        request = DictionaryRequest(str(corpus.path), self._layer, self._settings, corpus.name)
        self._desk.jobs.submit(request)
        self._sheet.close()
        self._desk.notices.say(f"Directions of {self._layer} are being made: see the jobs below")

    # What is shown

    def _info(self) -> LayerInfo | None:
        layers = () if self._network is None else self._network.layers
        return next((info for info in layers if info.name == self._layer), None)

    def _present(self) -> CorpusInfo | None:
        corpora = self._desk.kept.corpora
        chosen = (one for one in corpora.of_network if str(one.path) == self._corpus)
        return next(chosen, corpora.present)

    def _ask_signed(self) -> None:
        """Find out whether the layer gives values below zero, as far as the scan knows."""
        corpus, layer = self._present(), self._layer
        wish = None if corpus is None or layer not in corpus.layers else (corpus.path, layer)

        def ask() -> Answer[bool | None] | None:
            if corpus is None:
                return None
            question = partial(_is_signed, layer)
            return self._desk.kept.corpora.ask_of(corpus.path, question)

        if self._signed.tick(wish, ask):
            self._shown = None

    def _show(self) -> None:
        info, corpus = self._info(), self._present()
        if info is None or self._network is None:
            return
        of_network = self._desk.kept.corpora.of_network
        is_listed = self._desk.kept.corpora.is_listed
        is_signed = bool(self._signed.value)
        shown = info, corpus, of_network, is_listed, self._settings, is_signed, self._seconds()
        if shown == self._shown:
            return
        self._shown = shown
        view, settings = self._view, self._settings
        view.set_layer(f"{info.name} · {shape_text(info)}")
        view.set_corpora(_offer(of_network, corpus))
        segments = [
            Segment(each.value, title, tip)
            if each is not Method.NMF or not is_signed
            else Segment(each.value, title, _why_no_factors(info.name), enabled=False)
            for each, (title, tip) in METHODS.items()
        ]
        view.set_methods(segments, settings.method.value)
        usual = DictionarySettings()
        view.set_values(
            {field.path: field.value(settings) for field in FIELDS},
            {field.path: field.value(usual) for field in FIELDS},
        )
        view.set_shown(asked_for(settings, info))
        problem, action = self._problem(info, corpus)
        words = ""
        if corpus is not None and not problem:
            size = self._input_size
            words = plan_words(info, settings, corpus.total, size, self._pass_ms)
        view.set_plan(words, problem, action, is_bad=is_listed)

    def _seconds(self) -> int | None:
        """Return how long a pass takes, so that small changes of it change no words."""
        return None if self._pass_ms is None else round(self._pass_ms / 20)

    def _problem(self, info: LayerInfo, corpus: CorpusInfo | None) -> tuple[str, str]:
        """Return why nothing can be made, and what would mend it; "": it can."""
        settings, corpora = self._settings, self._desk.kept.corpora
        if corpus is None:
            if not corpora.is_listed:
                return "Looking for scanned pictures…", ""
            return "No pictures are scanned with this network", CHOOSE
        name = in_plain(corpus.name, 40)
        if corpus.problem:
            return corpus.problem, CHOOSE
        if not corpus.source:
            return f"The pictures of {name} came from a program, and only that has them", CHOOSE
        if corpus.total < LEAST:
            few = pictures_text(corpus.total)
            return f"{name} has {few}, and directions need {LEAST}", CHOOSE
        if settings.method is Method.NMF and self._signed.value:
            return _why_no_factors(info.name), ""
        return too_many_words(info, settings, corpus.total, self._input_size), ""

    @property
    def _input_size(self) -> tuple[int, int]:
        return (1, 1) if self._network is None else self._network.input_shape[1:]


def _is_signed(layer: str, corpus: Corpus) -> bool:
    return corpus.manner.part(layer).is_signed


def _why_no_factors(layer: str) -> str:
    return f"{layer} gives values below zero too, and non-negative factors cannot add up to those"


def _offer(infos: Sequence[CorpusInfo], present: CorpusInfo | None) -> Offer:
    choices = tuple(
        Choice(str(one.path), in_plain(one.name, 40), pictures_text(one.total), one.source)
        for one in infos
    )
    groups = (ChoiceGroup("Scanned with this network", choices),) if choices else ()
    if present is None:
        return Offer(groups, "", "none")
    name = in_plain(present.name, 40)
    return Offer(groups, str(present.path), name, pictures_text(present.total))
