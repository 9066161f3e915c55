"""Long work in the background, between the frames of the live view."""

from deepvis_app.engine.jobs.jobs import Jobs
from deepvis_app.engine.jobs.status import JobState, JobStatus

__all__ = ["JobState", "JobStatus", "Jobs"]
