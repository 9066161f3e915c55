"""`deepvis store`: what is kept, how much of it, whether it is sound."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deepvis_app.cli.folders import check_folder
from deepvis_app.cli.kept import user_store
from deepvis_app.cli.parameters import Json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from deepvis_app.store import Entry, StoreInfo

app = typer.Typer(no_args_is_help=True, help="Look after the results that are kept.")

Kind = Annotated[
    str | None, typer.Option(metavar="KIND", help="Only these; see `deepvis store info`.")
]


@app.command()
def info(as_json: Json = False) -> None:
    """Say where the store is, what is in it and how large it may become."""
    with user_store() as store:
        found = store.info()
    if as_json:
        print(json.dumps(_plain(found), indent=2, ensure_ascii=False))
        return
    from deepvis_app.cli.console import plain_table, wide_console

    share = f"{human_size(found.bytes)} of at most {human_size(found.limit_bytes)}"
    console = wide_console()
    console.print(f"{found.folder}: {_entries(found.entries)}, {share}", markup=False)
    if found.by_kind:
        rows = [(kind, count, human_size(size)) for kind, (count, size) in found.by_kind.items()]
        console.print(plain_table(("kind", "entries", "size"), rows, right="entries size"))


@app.command()
def clear(
    kind: Kind = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Remove what is kept; it can be made again."""
    from deepvis_app.store import DiskFullError, default_folder, make_room, noted_entries

    folder, without_index = default_folder(), False
    try:
        with user_store() as store:
            kinds = dict(store.info().by_kind)
    except DiskFullError:  # so full that not even the index can be opened
        without_index, kinds = True, _by_kind(noted_entries(folder))
    if kind is not None:
        kinds = {kind: kinds.get(kind, (0, 0))}
    count = sum(number for number, _ in kinds.values())
    size = human_size(sum(size for _, size in kinds.values()))
    what = _entries(count) + (f" of kind {kind}" if kind else "")
    if count == 0:
        print(f"There is nothing to remove: {what}")
        return
    if not yes and not typer.confirm(f"Remove {what} ({size}) from {folder}?"):
        raise typer.Exit(1)
    if without_index:
        make_room(noted_entries(folder, kind))
    with user_store() as store:
        cleared = store.clear(kind)
    print(f"Removed {_entries(count if without_index else cleared)}")


@app.command()
def verify(as_json: Json = False) -> None:
    """Look at all that is kept; remove what is damaged or left over. Exit code 1 if any."""
    with user_store() as store:
        found = store.verify()
    if as_json:
        print(json.dumps(asdict(found), indent=2))
    else:
        print(
            f"{_entries(found.checked)} checked, {len(found.damaged)} damaged and removed, "
            f"{found.orphans} left-overs removed"
        )
        if found.index:
            print("The index was damaged and is made again from the notes beside the files")
        if found.notes:
            print(f"{found.notes} damaged note{'s' * (found.notes != 1)} written again")
    raise typer.Exit(1 if found.damaged or found.index or found.notes else 0)


@app.command()
def export(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the files go.")],
    kind: Kind = None,
) -> None:
    """Copy what is kept into a folder, under names for people; index.json says what is what."""
    check_folder(folder)
    with user_store() as store:
        count = store.export(folder, kind)
    print(f"{_entries(count)} in {folder}")


def human_size(size: int) -> str:
    """Return a number of bytes as people write it: 999 B, 1.5 kB, 2 GB (powers of 1000)."""
    if size < 1000:
        return f"{size} B"
    value = float(size)
    for unit in ("kB", "MB", "GB"):
        value /= 1000
        if value < 999.5:
            return f"{value:.3g} {unit}"
    return f"{value / 1000:.3g} TB"


def _by_kind(entries: Iterable[Entry]) -> dict[str, tuple[int, int]]:
    kinds: dict[str, tuple[int, int]] = {}
    for entry in entries:
        number, size = kinds.get(entry.kind, (0, 0))
        kinds[entry.kind] = number + 1, size + entry.size
    return kinds


def _entries(count: int) -> str:
    return f"{count} entr{'y' if count == 1 else 'ies'}"


def _plain(found: StoreInfo) -> dict[str, object]:
    kinds = {k: {"entries": count, "bytes": size} for k, (count, size) in found.by_kind.items()}
    return {
        "folder": str(found.folder),
        "entries": found.entries,
        "bytes": found.bytes,
        "limit_bytes": found.limit_bytes,
        "by_kind": kinds,
    }
