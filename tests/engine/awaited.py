"""How far a job of an engine is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deepvis_app.engine import Engine, JobState

if TYPE_CHECKING:
    from tests.engine.conftest import News


def status_of(engine: Engine, job: int) -> Any:
    return next(one for one in engine.jobs.statuses() if one.id == job)


def until_done(engine: Engine, news: News, job: int) -> Any:
    news.until(lambda: status_of(engine, job).state.is_final, 60)
    status = status_of(engine, job)
    assert status.state is JobState.DONE, status.error
    return status
