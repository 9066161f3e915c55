"""`deepvis play`: a technique's sub-command, with an option for each of its settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from enum import Enum
from inspect import Parameter, Signature
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from deepvis_app.cli import playing
from deepvis_app.cli.options_of import parameter, setting
from deepvis_app.cli.parameters import Device, Json, Net, Trust, Weights
from deepvis_app.errors import UserError, in_brief
from deepvis_app.fields import form_fields
from deepvis_app.synth.play import TECHNIQUES, Role, Spec, Technique
from deepvis_app.synth.play.film import FilmSpec, film_role

CLASS_FIELDS = ("target", "label")  # numbers of classes, which may be given by name
FILM = "film_"  # before the names of settings of films
PICTURE, SETTING = "picture_", "setting_"

Out = Annotated[
    Path, typer.Option("--out", metavar="FILE|FOLDER", help="Where the pictures go; see --input.")
]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Rules all that is left to chance.")]
NoCache = Annotated[
    bool, typer.Option("--no-cache", help="Neither take from the store nor keep there.")
]
COMMON: Mapping[str, tuple[Any, Any]] = {
    "out": (Out, Parameter.empty),
    "net": (Net, "pocket"),
    "weights": (Weights, None),
    "device": (Device, None),
    "trust": (Trust, False),
    "seed": (Seed, 0),
    "no_cache": (NoCache, False),
    "as_json": (Json, False),
}


def make_app() -> typer.Typer:
    """Return the command with a sub-command for each technique that there is."""
    app = typer.Typer(no_args_is_help=True, help="Play with pictures by a network's gradients.")
    for how in TECHNIQUES.values():
        app.command(how.key, help=f"{how.sentence}\n\n{_places(how)}")(command_of(how))
    return app


def command_of(how: Technique[Any]) -> Any:
    """Return a technique's command: a function whose parameters are its options."""

    def command(**words: Any) -> None:
        order = playing.Order(
            how=how,
            spec=_spec(how.spec, words, SETTING),
            film=FilmSpec.model_validate(_given(words, FILM)),
            net=words["net"] or "pocket",
            weights=words["weights"],
            device=words["device"] or "auto",
            trust=words["trust"],
            seed=words["seed"],
            out=words["out"],
            inputs=tuple(words.get(f"{PICTURE}{how.roles[0].key}") or ()) if how.roles else (),
            others=_others(how, words),
            labels=_labels(words),
            with_store=not words["no_cache"],
        )
        report = playing.run(order)
        playing.print_report(report, how, as_json=words["as_json"])
        if report.failures:
            raise typer.Exit(1)

    command.__signature__ = Signature([*_parameters(how)])  # type: ignore[attr-defined]
    return command


def _places(how: Technique[Any]) -> str:
    if not how.roles:
        return "It takes no picture."
    video = "; of a video an MP4 is made" if _films(how) else ""
    return (
        f"Of a folder every picture is taken{video}. In a folder, what cannot be read is named and "
        "left out; the exit code is then 1. What is stopped keeps the picture so far, and the same "
        "command goes on."
    )


def _films(how: Technique[Any]) -> bool:
    with suppress(UserError):
        return bool(film_role(how))
    return False


def _parameters(how: Technique[Any]) -> Iterator[Parameter]:
    for number, role in enumerate(how.roles):
        yield _picture(role, is_first=number == 0, films=_films(how))
    for one in form_fields(how.spec):
        yield setting(one, how.spec, SETTING, classes=CLASS_FIELDS)
    if _films(how):
        for one in form_fields(FilmSpec):
            yield setting(one, FilmSpec, FILM, "film-")
    for name, (kind, usual) in COMMON.items():
        yield parameter(name, kind, usual)


def _picture(role: Role, *, is_first: bool, films: bool) -> Parameter:
    usual = None if role.optional else Parameter.empty
    place = "FILE|FOLDER|VIDEO" if films else "FILE|FOLDER"
    option = typer.Option(
        f"--{role.key}",
        metavar=place if is_first else "FILE",
        help=f"{role.tip.rstrip('.')}{'; may be repeated' if is_first else ''}.",
    )
    plain: Any = list[Path] if is_first else Path
    kind: Any = plain | None if role.optional else plain
    return parameter(f"{PICTURE}{role.key}", Annotated[kind, option], usual)


def _spec(kind: type[Spec], words: Mapping[str, Any], prefix: str) -> Spec:
    """Return settings as they were given; classes by name are to be filled in later."""
    given = _given(words, prefix).items()
    return checked(kind, {n: v for n, v in given if n not in CLASS_FIELDS or _is_number(v)})


def _given(words: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """Return the words whose names begin so, by the rest of their names."""
    given = {name.removeprefix(prefix): v for name, v in words.items() if name.startswith(prefix)}
    return {name: v.value if isinstance(v, Enum) else v for name, v in given.items()}


def checked(kind: type[Spec], values: Mapping[str, Any]) -> Spec:
    """Return settings; raises `UserError` that names the option that is wrong."""
    try:
        return kind.model_validate(dict(values))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        option = f"--{'-'.join(map(str, first['loc'])).replace('_', '-')}"
        cause = f"{option} {in_brief(first['input'])} is wrong: {first['msg']}"
        raise UserError(cause, "Correct it") from error


def _is_number(word: object) -> bool:
    return str(word).removeprefix("-").isdecimal()


def _labels(words: Mapping[str, Any]) -> dict[str, str]:
    """Return the classes that were given by name."""
    given = {name: words.get(f"{SETTING}{name}") for name in CLASS_FIELDS}
    return {name: word for name, word in given.items() if word is not None and not _is_number(word)}


def _others(how: Technique[Any], words: Mapping[str, Any]) -> dict[str, Path]:
    given = {role.key: words[f"{PICTURE}{role.key}"] for role in how.roles[1:]}
    return {key: path for key, path in given.items() if path is not None}
