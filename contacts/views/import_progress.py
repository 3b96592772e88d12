"""How far an import is, in words a person understands: the step, the share done, the rate, the time left."""

from __future__ import annotations

from dataclasses import dataclass
from time import time
from urllib.parse import urlencode

from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.utils.formats import number_format
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
}
COUNTED_IN_BYTES = {steps.OPENING, steps.READING}
MEASURED_FROM = 2.0  # seconds of observation before a rate means anything


@dataclass(frozen=True)
class ShownProgress:
    """One look at a job. `poll` is the query of the next look: where this step was first seen."""

    words: Text
    done: int
    total: int | None
    figures: str
    pace: str
    poll: str
    is_waiting: bool = False


@dataclass(frozen=True)
class Look:
    """When a step was first seen, and how far it was then."""

    note: str
    at: float
    done: int


def shown_progress(job: Job | None, request: HttpRequest) -> ShownProgress:
    """What to show of a job. The rate is that of the step since this page first saw it."""
    if job is None or job.state == Job.State.QUEUED:
        return ShownProgress(_("Waiting for a worker"), 0, None, "", "", "", is_waiting=True)
    now = time()
    first = _first_look(request, job) or Look(job.progress_note, now, job.progress_done)
    return ShownProgress(
        words=WORDS.get(job.progress_note, _("Working")),
        done=job.progress_done,
        total=job.progress_total,
        figures=_figures(job),
        pace=_pace(job, seconds=now - first.at, done=job.progress_done - first.done),
        poll=urlencode({"note": first.note, "at": f"{first.at:.1f}", "done": first.done}),
    )


def _first_look(request: HttpRequest, job: Job) -> Look | None:
    values = request.GET
    try:
        look = Look(values["note"], float(values["at"]), int(values["done"]))
    except (KeyError, ValueError):
        return None
    belongs = look.note == job.progress_note and 0 <= look.done <= job.progress_done
    return look if belongs and 0 < time() - look.at < 24 * 3600 else None


def _figures(job: Job) -> str:
    if not job.progress_total:
        return ""
    values = {"done": _amount(job, job.progress_done), "total": _amount(job, job.progress_total)}
    return _("%(done)s of %(total)s") % values


def _amount(job: Job, amount: float) -> str:
    if job.progress_note in COUNTED_IN_BYTES:
        return filesizeformat(amount)
    return number_format(round(amount), force_grouping=True)


def _pace(job: Job, *, seconds: float, done: int) -> str:
    if seconds < MEASURED_FROM or done <= 0:
        return ""
    rate = done / seconds
    pace = _("%(amount)s a second") % {"amount": _amount(job, rate)}
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
        return ngettext("about %(n)s min left", "about %(n)s min left", minutes) % {"n": minutes}
    return _("about %(n)s h left") % {"n": number_format(seconds / 3600, 1)}
