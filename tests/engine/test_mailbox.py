from __future__ import annotations

from threading import Thread

from deepvis_app.engine.mailbox import Latest


def test_newest_value_wins() -> None:
    box: Latest[int] = Latest()
    assert [box.put(i) for i in (1, 2, 3)] == [True, False, False]
    assert (box.take(), box.take(), box.dropped) == (3, None, 2)


def test_last_value_is_never_lost() -> None:
    box: Latest[int] = Latest()
    seen: list[int] = []

    def read() -> None:
        while (value := box.wait(timeout=5)) is not None:
            seen.append(value)
            if value == 20_000:
                return

    reader = Thread(target=read)
    reader.start()
    for i in range(1, 20_001):
        box.put(i)
    reader.join(10)
    assert seen[-1] == 20_000
    assert seen == sorted(seen)
    assert len(seen) + box.dropped == 20_000


def test_close_releases_a_waiting_reader() -> None:
    box: Latest[int] = Latest()
    reader = Thread(target=box.wait)
    reader.start()
    box.close()
    reader.join(5)
    assert not reader.is_alive()


def test_waiting_ends_with_its_time() -> None:
    assert Latest[int]().wait(timeout=0.001) is None
