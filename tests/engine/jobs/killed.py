"""A program that queues, cancels, pauses and resumes jobs, and is killed while it does so.

`python killed.py FOLDER ROUNDS SEED`: prints one line of JSON a round, of what was left.
"""

from __future__ import annotations

import json
import os
import random
import select
import signal
import sys
from pathlib import Path

import torch
from torch import nn

from deepvis_app.engine import Engine, Gallery, JobState, Purpose, SynthesisRequest
from deepvis_app.engine.jobs.memory import LIST
from deepvis_app.nets import Network, Unit
from deepvis_app.store import Store
from deepvis_app.synth import PRESETS, Sample

JOBS = 200
RECIPES = [PRESETS["fast-preview"].with_value("stop.steps", steps) for steps in (2, 30)]


def network() -> Network:
    torch.manual_seed(0)
    return Network(nn.Sequential(nn.Conv2d(3, 100, 3), nn.ReLU()), (3, 16, 16), name="small")


def act(jobs, chance: random.Random) -> None:
    """Do one thing that a person might do."""
    known = [one.id for one in jobs.statuses()]
    number = chance.choice(known) if known else 0
    unfinished = [one for one in jobs.statuses() if not one.state.is_final]
    what = chance.random()
    if what < 0.6 and len(unfinished) < JOBS:
        units = [Unit("0", chance.randrange(100)) for _ in range(chance.choice([1, 1, 3]))]
        samples = tuple(Sample(unit, chance.randrange(5)) for unit in units)
        purpose = chance.choice(list(Purpose))
        jobs.submit(SynthesisRequest(samples, chance.choice(RECIPES), purpose))
    elif what < 0.7:
        jobs.cancel(number)
    elif what < 0.8:
        jobs.pause(number)
    elif what < 0.95:
        jobs.resume(number)
    else:
        jobs.move(number, chance.randrange(10))


def live(folder: Path, seed: int, said: int) -> None:
    """Work until killed; say a byte whenever pictures were finished."""
    chance = random.Random(seed)
    engine = Engine("cpu", threads=1, store=Store(folder))
    engine.start()
    engine.set_network(network())
    for status in engine.jobs.take_back():
        (engine.jobs.resume if chance.random() < 0.8 else engine.jobs.cancel)(status.id)
    for _ in range(JOBS):
        act(engine.jobs, chance)
    finished = 0
    while True:
        engine.next_snapshot(0.02 * chance.random())  # none comes: there is no source
        act(engine.jobs, chance)
        now = sum(one.made for one in engine.jobs.statuses())
        if now > finished:
            os.write(said, b".")
        finished = now


def look(folder: Path) -> dict[str, object]:
    """Return what a kill left behind."""
    store = Store(folder)
    checked = store.verify()
    gallery = Gallery(store)
    pictures = [entry.key for entry in store.find("picture")]
    unreadable = [key for key in pictures if gallery.get(key) is None]
    left = json.loads(store.kept(LIST) or '{"jobs": []}')["jobs"]
    again = store.verify()
    store.close()
    engine = Engine("cpu", store=(store := Store(folder)))
    offered = engine.jobs.take_back()
    assert all(status.state is JobState.OFFERED for status in offered)
    store.close()
    return {
        "damaged": [*checked.damaged, *again.damaged],
        "left_over": again.orphans,
        "pictures": pictures,
        "unreadable": unreadable,
        "listed": len(left),
        "offered": len(offered),
    }


def main(folder: Path, rounds: int, seed: int) -> None:
    chance = random.Random(seed)
    torch.set_num_threads(1)
    for number in range(rounds):
        heard, said = os.pipe()
        child = os.fork()  # before this process has any thread
        if child == 0:
            os.close(heard)
            live(folder, seed + number, said)
        os.close(said)
        for _ in range(chance.randrange(1, 15)):
            os.read(heard, 1)
        select.select([], [], [], 0.2 * chance.random())
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(heard)
        looker = os.fork()  # threads of its own stay there
        if looker == 0:
            sys.stdout.write(json.dumps(look(folder)) + "\n")
            sys.stdout.flush()
            os._exit(0)
        assert os.waitpid(looker, 0)[1] == 0


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
