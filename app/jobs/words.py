"""What a job says about itself in a line."""

import math

from app.jobs.job import Job, JobState
from app.language import tr


def state_text(job: Job) -> str:
    """Return the line below a job's title: where it stands, how far it is, how long it will take yet."""
    if job.is_over:
        return job.words
    if job.state == JobState.QUEUED:
        return tr("Waits for its turn")
    if job.state == JobState.STOPPING:
        return tr("Stopping…")
    parts = [job.doing] if job.doing else []
    if job.progress.total and job.progress.done:
        parts.append(f"{100 * min(job.progress.done / job.progress.total, 1):.0f} %")
    if math.isfinite(job.eta_s):
        parts.append(tr("{time} left", time=duration_text(job.eta_s)))
    return "  ·  ".join(parts) or tr("Starting…")


def duration_text(seconds: float) -> str:
    """Return a duration as people say it: 42 s, 3 min 5 s, 2 h 10 min."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return tr("{hours} h {minutes} min", hours=hours, minutes=minutes)
    return tr("{minutes} min {rest} s", minutes=minutes, rest=rest) if minutes else f"{rest} s"
