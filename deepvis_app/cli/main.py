"""The command `deepvis`: its sub-commands and what it says when something goes wrong."""

from __future__ import annotations

import difflib
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import Annotated

import typer
from pydantic import ValidationError

from deepvis_app import __version__
from deepvis_app.cli import (
    bench,
    corpora,
    diagnose,
    directions,
    doctor,
    explain,
    networks,
    recipe,
    run,
    scan,
    store,
    synthesize,
    trust,
)
from deepvis_app.cli import map as codes_map
from deepvis_app.errors import UserError, one_line, sentence
from deepvis_app.options import RunOptions

BAD_INPUT = 2
INTERRUPTED = 130
GROUP_OPTIONS = ("--help", "-h", "--version")

app = typer.Typer(
    name="deepvis",
    add_completion=False,
    context_settings={"help_option_names": ["--help", "-h"]},
    epilog="Without a command deepvis opens the window, as `deepvis run` does: "
    "deepvis --net torchvision:resnet18 --source camera:0",
)
app.command("run")(run.run)
app.command("nets")(networks.nets)
app.command("layers")(networks.layers)
app.command("synthesize")(synthesize.synthesize)
app.command("explain")(explain.explain)
app.command("recipe")(recipe.recipe)
app.command("scan")(scan.scan)
app.add_typer(corpora.app, name="corpus")
app.command("map")(codes_map.lay_out)
app.command("diagnose")(diagnose.diagnose)
app.add_typer(directions.app, name="directions")
app.command("doctor")(doctor.doctor)
app.add_typer(store.app, name="store")
app.add_typer(trust.app, name="trust")
app.add_typer(bench.app, name="bench")


# What these do imports torch, which other commands must not wait for: they are made when called.
_AS_GIVEN = {"ignore_unknown_options": True, "allow_extra_args": True}


@app.command("train", add_help_option=False, context_settings=_AS_GIVEN)
def _train(context: typer.Context) -> None:
    """Train networks by a plan; train the bundled one again and measure it."""
    from deepvis_app.cli import train

    _call("train", train.app, context)


@app.command("runs", add_help_option=False, context_settings=_AS_GIVEN)
def _runs(context: typer.Context) -> None:
    """List, draw or remove trainings: deepvis runs [FOLDER], deepvis runs figure RUN…."""
    from deepvis_app.cli import runs

    first = context.args[0] if context.args else ""
    if first not in ("list", "rm", "figure", "--help", "-h"):
        context.args.insert(0, "list")
    _call("runs", runs.app, context)


@app.command("play", add_help_option=False, context_settings=_AS_GIVEN)
def _play(context: typer.Context) -> None:
    """Invert pictures, dream on them, attack them, …: see `deepvis play`."""
    from deepvis_app.cli import play

    _call("play", play.make_app(), context)


def _call(name: str, group: typer.Typer, context: typer.Context) -> None:
    """Run a command of a group that the others do not know yet."""
    alone = typer.Typer(
        add_completion=False, context_settings={"help_option_names": ["--help", "-h"]}
    )
    alone.callback()(lambda: None)
    alone.add_typer(group, name=name)
    words = [name, *context.args]
    code = typer.main.get_command(alone).main(words, "deepvis", standalone_mode=False)
    raise typer.Exit(code or 0)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"deepvis {__version__}")
        raise typer.Exit


@app.callback()
def _group(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
    debug: Annotated[
        bool,
        typer.Option("--debug", help="With any command: show the traceback of an error."),
    ] = False,
) -> None:
    """Watch a neural network think."""


def run_command_line(
    open_window: Callable[[RunOptions], int], arguments: Sequence[str] | None = None
) -> int:
    """Run one command and return its exit code; errors become one line on stderr.

    `open_window` opens the window; it is given from above because this room knows no Qt.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in given
    words = with_default_command([word for word in given if word != "--debug"])
    try:
        code = typer.main.get_command(app).main(
            words, "deepvis", standalone_mode=False, obj=run.Start(open_window, debug)
        )
        sys.stdout.flush()
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # noqa: BLE001 - the program's border: one line, never a traceback
        if debug:
            traceback.print_exc()
        if not _is_help(error):
            print(f"deepvis: {_explain(error, debug)}", file=sys.stderr)
        return BAD_INPUT
    return int(code or 0)


def with_default_command(arguments: list[str]) -> list[str]:
    """Return `arguments` with `run` in front where they name no command."""
    first = arguments[0] if arguments else "--"
    names_none = first.startswith("-") and first not in GROUP_OPTIONS
    return ["run", *arguments] if names_none else arguments


def _is_help(error: Exception) -> bool:
    """Whether the error is that no sub-command was named, for which help was printed."""
    return isinstance(error, typer.TyperException) and not error.format_message()


def _explain(error: Exception, debug: bool) -> str:
    if isinstance(error, UserError):
        return str(error) if "\n" in error.remedy else one_line(error)
    if isinstance(error, typer.TyperException):  # a wrong option or command
        command = getattr(getattr(error, "ctx", None), "command_path", "deepvis")
        return f"{sentence(_wrong_word(error))} Try '{command} --help'."
    hint = "" if debug else " Run it again with --debug for the traceback."
    return f"unexpected: {type(error).__name__}: {one_line(error).rstrip('.')}.{hint}"


def _wrong_word(error: typer.TyperException) -> str:
    """Return what is wrong; of options like an unknown one only the one that was meant."""
    possible = getattr(error, "possibilities", None)
    name = getattr(error, "option_name", "")
    near = difflib.get_close_matches(name, possible or (), 1)
    if near:
        return f"No such option: {name}. Did you mean {near[0]}?"
    said = error.format_message()
    return f"{said.partition(': ')[0]}: nan is no number" if _is_nan(error.__cause__) else said


def _is_nan(fault: BaseException | None) -> bool:
    """Whether a number was wanted and NaN given: it is neither too small nor too large."""
    problems = fault.errors() if isinstance(fault, ValidationError) else ()
    return any(str(one["input"]).strip().lower() in ("nan", "+nan", "-nan") for one in problems)
