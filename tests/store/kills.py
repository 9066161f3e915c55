"""Run as a program: a writer that is killed in its work, or works beside others.

`kills.py FOLDER endless` writes until it is killed from outside. `kills.py FOLDER at FIRST STEP`
forks a writer for every STEPth number from FIRST on, which kills itself before the line of the
store's code of that number, until one ends before; after each the store must be sound.
`kills.py FOLDER beside SEED` works on keys that others write and remove at the same time.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import random
import signal
import sys
from pathlib import Path
from typing import Any

from deepvis_app import files
from deepvis_app.store import Store

KEYS = 7
CODE = str(Path(sys.modules[Store.__module__].__file__ or "").parent)


def content(key: str, number: int) -> dict[str, bytes]:
    """Return what an entry must hold: told by its key and number alone."""
    block = hashlib.sha256(f"{key} {number}".encode()).digest()
    return {"picture.png": block * (1 + number % 40), "tensors.safetensors": block * 300}


def write(store: Store, number: int) -> None:
    key = f"key {number % KEYS}"
    store.put(key, f"kind {number % 2}", content(key, number), {"number": number})
    store.get(f"key {(number + 3) % KEYS}")
    if number % 5 == 0:
        store.remove(f"key {(number + 2) % KEYS}")
    store.keep("jobs", f"{number} " * 100)


def faults(store: Store) -> list[str]:
    """Return what is wrong with the store: nothing, whatever was killed."""
    found = store.verify()
    wrong = [f"damaged: {key}" for key in found.damaged]
    for entry in store.find():
        number = entry.about["number"]
        assert isinstance(number, int)
        if {name: entry.read(name) for name in entry.files} != content(entry.key, number):
            wrong.append(f"other content: {entry.key}")
    folders = len(list((store.folder / "files").iterdir()))
    if folders != len(store.find()):
        wrong.append(f"{folders} folders for {len(store.find())} entries")
    if list((store.folder / "new").iterdir()):
        wrong.append("something half-written is left")
    words = (store.kept("jobs") or "").split()
    if len(words) not in (0, 100) or len(set(words)) > 1:
        wrong.append("half a text was kept")
    return wrong


def endless(folder: Path) -> None:
    store = Store(folder)
    newest = max((int(str(entry.about["number"])) for entry in store.find()), default=-1)
    number = newest + 1
    while True:
        write(store, number)
        os.write(1, f"{number}\n".encode())
        number += 1


def killed_at(folder: Path, line: int) -> None:
    """Write, and be killed before the given line of the store's code is run."""
    left = line

    def trace(frame: Any, event: str, _: object) -> Any:
        nonlocal left
        if not frame.f_code.co_filename.startswith(CODE):
            return None
        if event == "line":
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    sys.settrace(trace)
    store = Store(folder, limit_bytes=60_000)  # some have to go at every put
    for number in range(line, line + 5):
        write(store, number)
    sys.settrace(None)
    os._exit(0)


def at(folder: Path, first: int, step: int) -> None:
    for line in itertools.count(first, step):
        child = os.fork()
        if child == 0:
            killed_at(folder, line)
        ended = os.waitpid(child, 0)[1] == 0
        # Nobody else writes here: what was left half goes at once.
        files.ABANDONED_AFTER_S = -1.0
        store = Store(folder)
        if wrong := faults(store):
            raise SystemExit(f"killed at line {line}: {wrong}")
        store.close()
        if ended:
            sys.stdout.write(f"{line}\n")
            return


def beside(folder: Path, seed: int) -> None:
    sys.stdin.readline()  # all begin at once
    store, chance = Store(folder, limit_bytes=120_000), random.Random(seed)
    for _ in range(40):
        write(store, chance.randrange(1000))
        for entry in store.find(f"kind {chance.randrange(2)}")[:2]:
            again = store.get(entry.key)
            if again is None:
                continue
            number = int(str(again.about["number"]))
            if again.files.keys() != content(again.key, number).keys():
                raise SystemExit("an entry of other files")
        if chance.random() < 0.1:
            store.clear("kind 1")
        if chance.random() < 0.1 and (damaged := store.verify().damaged):
            raise SystemExit(f"damaged: {damaged}")
    store.close()


if __name__ == "__main__":
    os.fsync = lambda _: None  # what the system was given survives a kill
    folder, mode, *numbers = Path(sys.argv[1]), *sys.argv[2:]
    if mode == "endless":
        endless(folder)
    elif mode == "at":
        at(folder, int(numbers[0]), int(numbers[1]))
    else:
        beside(folder, int(numbers[0]))
