"""Several processes: the same bytes, whoever is killed."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from deepvis_app.corpus import scan
from deepvis_app.corpus.scan import Wish, scan_steps
from deepvis_app.errors import UserError
from deepvis_app.nets import load_network
from tests.alone import ROOT
from tests.corpus.tiny import Pictures, Whole, whole_network
from tests.kills.scans import differing, uneven_network

if TYPE_CHECKING:
    from pathlib import Path

    from deepvis_app.nets import Network

COUNT = 700  # shards of 128 pictures, at one a batch


def doubled(network: Network) -> Network:
    """Stands for whatever is made of a network in each process."""
    twin = network.replica("cpu")
    twin.module.one.weight.data *= 2
    return twin


@pytest.mark.slow(seconds=14)
def test_any_number_of_processes_writes_the_same(tmp_path: Path) -> None:
    pictures, network = Pictures(COUNT), uneven_network()
    here = scan(network, pictures, out=tmp_path / "here", batch=1)
    assert here.plan.shards == 6
    for workers in (1, 3):
        out = tmp_path / str(workers)
        found = scan(network, pictures, out=out, batch=1, workers=workers)
        assert found.is_complete
        assert differing(here.path, out) == []
    assert multiprocessing.active_children() == []


@pytest.mark.slow(seconds=10)
def test_what_each_process_makes_of_the_network(tmp_path: Path) -> None:
    pictures, network = Pictures(20), uneven_network()
    here = scan(network, pictures, out=tmp_path / "here", batch=2, ready=doubled)
    there = scan(network, pictures, out=tmp_path / "there", batch=2, ready=doubled, workers=1)
    assert differing(here.path, there.path) == []
    assert here.manner.fingerprint == network.fingerprint
    plain = scan(network, pictures, out=tmp_path / "plain", batch=2)
    assert plain.stats("one").total[0] != here.stats("one").total[0]


@pytest.mark.slow(seconds=18)
def test_a_killed_worker_s_shard_is_given_to_another(tmp_path: Path) -> None:
    pictures, network = Pictures(COUNT), uneven_network()
    here = scan(network, pictures, out=tmp_path / "here", batch=1)
    killed = 0
    for progress in scan_steps(network, Wish(pictures, tmp_path / "out", batch=1, workers=2)):
        is_due = progress and progress.phase == "scanning" and progress.step >= 100 * (killed + 1)
        if is_due and killed < 2 and (children := multiprocessing.active_children()):
            children[0].kill()
            killed += 1
    assert killed == 2
    assert differing(here.path, tmp_path / "out") == []


class Deadly(Whole):
    """Ends its process where it is run in another one than this."""

    def __init__(self) -> None:
        super().__init__()
        self.at_home = os.getpid()

    def forward(self, x: Any) -> Any:
        if os.getpid() != self.at_home:
            os._exit(9)
        return super().forward(x)


@pytest.mark.slow(seconds=15)
def test_pictures_that_kill_every_worker(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"3 workers ended at the same pictures \(exit code 9\)"):
        scan(whole_network(Deadly()), Pictures(9), out=tmp_path, workers=1)
    assert multiprocessing.active_children() == []


class Failing(Deadly):
    def forward(self, x: Any) -> Any:
        if os.getpid() != self.at_home:
            raise ValueError("none of these")
        return Whole.forward(self, x)


@pytest.mark.slow(seconds=10)
def test_what_a_worker_says(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="A worker failed: ValueError: none of these") as told:
        scan(whole_network(Failing()), Pictures(9), out=tmp_path, workers=2)
    assert "\n" not in str(told.value)


def test_a_network_that_cannot_be_handed_on(tmp_path: Path) -> None:
    class Local(Whole):
        pass

    with pytest.raises(UserError, match=r"cannot be handed to other processes.*without workers"):
        scan(whole_network(Local()), Pictures(9), out=tmp_path, workers=2)
    assert multiprocessing.active_children() == []


@pytest.mark.slow(seconds=15)
def test_a_network_that_is_loaded_again_where_it_cannot_be_handed_on(tmp_path: Path) -> None:
    network = load_network("pocket")
    network.note = lambda: "no process can be given this"  # type: ignore[attr-defined]
    found = [
        scan(network, Pictures(3), out=tmp_path / str(n), layers=["conv1"], batch=1, workers=n)
        for n in (None, 1)
    ]
    assert differing(*(each.path for each in found)) == []
    network.module.conv1.weight.data[0] += 1  # type: ignore[union-attr, operator]
    with pytest.raises(UserError, match="pocket is not the network it was"):
        scan(network, Pictures(3), out=tmp_path / "other", layers=["conv1"], workers=1)


@pytest.mark.parametrize("workers", [0, -1])
def test_no_workers(workers: int, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be had"):
        scan(whole_network(), Pictures(3), out=tmp_path, workers=workers)


ENDLESS = """
import sys
from pathlib import Path
from deepvis_app.corpus.scan import Wish, scan_steps
from tests.corpus.tiny import Pictures, whole_network

if __name__ == "__main__":
    wish = Wish(Pictures(20000), Path(sys.argv[1]), batch=1, workers=2)
    for progress in scan_steps(whole_network(), wish):
        if progress and progress.phase == "scanning" and progress.step > 200:
            import multiprocessing
            print(*(child.pid for child in multiprocessing.active_children()), flush=True)
"""


@pytest.mark.skipif(os.name == "nt", reason="needs signals")
@pytest.mark.parametrize(
    "how", ["SIGINT", pytest.param("SIGKILL", marks=pytest.mark.slow(seconds=20))]
)
def test_workers_end_with_who_started_them(how: str, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(ENDLESS)
    process = subprocess.Popen(
        [sys.executable, str(script), str(tmp_path / "out")],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert process.stdout is not None
    children = [int(word) for word in process.stdout.readline().split()]
    assert len(children) == 2
    os.killpg(process.pid, signal.SIGINT) if how == "SIGINT" else process.kill()
    _, errors = process.communicate(timeout=60)
    for child in children:
        wait_for_the_end(child)
    assert "deepvis-scan" not in errors  # of a worker: no traceback


def wait_for_the_end(child: int) -> None:
    """Return once a process is gone; the test's own time ends it otherwise."""
    while True:
        try:
            handle = os.pidfd_open(child)
        except ProcessLookupError:
            return
        import select

        select.select([handle], [], [], 1)
        os.close(handle)


@pytest.mark.slow(seconds=22)
def test_a_script_without_a_guard(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import sys\nfrom deepvis_app.corpus import scan\n"
        "from tests.corpus.tiny import Pictures, whole_network\n"
        "scan(whole_network(), Pictures(9), out=sys.argv[1], workers=1)\n"
    )
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path / "out")], capture_output=True, text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}, timeout=170,
        check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert 'under `if __name__ == "__main__":`' in done.stderr
