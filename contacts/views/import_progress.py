"""How far an import is, in words a person understands: the step, the share done, the rate, the time left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from campaign_crm.platform.models import Job
from contacts.imports import progress as steps

Text = str | Promise

WORDS: dict[str, Text] = {
    steps.OPENING: gettext_lazy("Opening the file"),
    steps.READING: gettext_lazy("Reading the file"),
    steps.CHECKING: gettext_lazy("Checking every row"),
    steps.WRITING: gettext_lazy("Writing"),
    steps.LINKING: gettext_lazy("Linking people and electors"),
    steps.COMPARING: gettext_lazy("Looking for possible duplicates"),
    steps.FINISHING: gettext_lazy("Finishing"),
    steps.WAITING: gettext_lazy("Waiting for another import that writes the same people or places"),
}
COUNTED_IN_BYTES = {steps.OPENING, steps.READING}
COUNTED_IN_ROWS = {steps.CHECKING, steps.WRITING}
MEASURED_FROM = 2.0  # seconds of a step before its rate means anything


@dataclass(frozen=True)
class ShownProgress:
    """One look at a job."""

    words: Text
    done: int
    total: int | None
    figures: str
    pace: str
    is_waiting: bool = False
    is_paused: bool = False


def shown_progress(job: Job | None) -> ShownProgress:
    """What to show of a job. The rate is that of its step: every look says the same, a first one too."""
    if job is None or job.state == Job.State.QUEUED:
        return ShownProgress(_("Waiting for a worker"), 0, None, "", "", is_waiting=True)
    is_paused = job.state == Job.State.PAUSED
    return ShownProgress(
        words=_("Paused") if is_paused else WORDS.get(job.progress_note, _("Working")),
        done=job.progress_done,
        total=job.progress_total,
        figures=_figures(job),
        pace="" if is_paused else _pace(job),
        is_paused=is_paused,
    )


def _figures(job: Job) -> str:
    if not job.progress_total:
        return ""
    values = {"done": _amount(job, job.progress_done), "total": _amount(job, job.progress_total)}
    return _("%(done)s of %(total)s") % values


def _amount(job: Job, amount: float) -> str:
    if job.progress_note in COUNTED_IN_BYTES:
        return filesizeformat(amount)
    return number_format(round(amount), force_grouping=True)


def _pace(job: Job) -> str:
    """How much a second, and when the step ends if it goes on like that."""
    if job.step_began_at is None:
        return ""
    seconds = (timezone.now() - job.step_began_at).total_seconds()
    done = job.progress_done - job.step_began_done
    if seconds < MEASURED_FROM or done <= 0:
        return ""
    rate = done / seconds
    unit = _("%(amount)s rows a second") if job.progress_note in COUNTED_IN_ROWS else _("%(amount)s a second")
    pace = unit % {"amount": _amount(job, rate)}
    if not job.progress_total:
        return pace
    left = max(0.0, job.progress_total - job.progress_done) / rate
    return _("%(pace)s · %(left)s") % {"pace": pace, "left": _time_left(left)}


def _time_left(seconds: float) -> str:
    if seconds < 10:
        return _("almost done")
    if seconds < 60:
        return _("less than a minute left")
    minutes = round(seconds / 60)
    if minutes < 90:
        left = ngettext("about %(n)s min left", "about %(n)s min left", minutes) % {"n": minutes}
    else:
        left = _("about %(n)s h left") % {"n": number_format(seconds / 3600, 1)}
    end = timezone.localtime() + timedelta(seconds=seconds)
    return _("%(left)s, done at %(time)s") % {"left": left, "time": date_format(end, "TIME_FORMAT")}
