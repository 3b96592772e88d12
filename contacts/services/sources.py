"""Sources: where data comes from, and changing what that allows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import date
from typing import Any, TypedDict, Unpack

from django.db import transaction
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from campaign_crm.platform.jobs import JobStopped, RunningJob, enqueue, handler, run_job
from campaign_crm.platform.models import Job, User
from contacts.enums import BROKER_KINDS, DIRECT_KINDS, Channel, LawfulBasis, SourceKind
from contacts.errors import ContactsError
from contacts.models import Election, Source
from contacts.rules.channels import basis_opens
from contacts.services.projections import refresh_people_of_source

HAND_SOURCE = "Typed by hand"
API_SOURCE = "Sent by the API"
PREFERENCE_PAGE = "Preference page"
REFRESH_JOB = "contacts.refresh_source"
WHAT_DECIDES = {"kind", "lawful_basis", "channels", "licence_ends_on", "rank"}


class SourceRefused(ContactsError):
    """The source would allow what its basis does not, or lacks what the law asks of it."""


class SourceFields(TypedDict, total=False):
    name: str
    kind: str
    lawful_basis: str
    channels: list[str]
    supplier: str
    licence_ends_on: date | None
    consent_wording: str
    proof: str
    balance: str
    origin_text: str
    elections: Iterable[Election]
    rank: int


@transaction.atomic
def create_source(*, by: User | None, **fields: Unpack[SourceFields]) -> Source:
    """Create a source; raises SourceRefused or ValidationError, with a message for people."""
    elections = fields.pop("elections", ())
    source = Source(**fields, created_by=by)
    _check(source)
    source.save()
    source.elections.set(elections)
    audit.record(action="source.create", on=source, by=by, fields=sorted(fields))
    return source


@transaction.atomic
def update_source(
    *, source: Source, by: User | None, reason: str = "", **fields: Unpack[SourceFields]
) -> list[str]:
    """Write the values that differ; gives the names of the changed fields.

    When the basis, the channels or the licence changed, everyone the source named is projected again by a
    job: a file of a million people would hold up the page.
    """
    source = Source.objects.select_for_update().get(pk=source.pk)
    elections = _elections_that_differ(source, fields.pop("elections", None))
    changed = [name for name, value in fields.items() if getattr(source, name) != value]
    for name in changed:
        setattr(source, name, fields[name])  # type: ignore[literal-required]
    if elections is not None:
        source.elections.set(elections)
    if not changed and elections is None:
        return []
    _check(source)
    source.save(update_fields=changed)
    changed += ["elections"] if elections is not None else []
    audit.record(action="source.update", on=source, by=by, fields=changed, reason=reason)
    if WHAT_DECIDES & set(changed):
        enqueue(kind=REFRESH_JOB, payload={"source": source.pk}, by=by)
    return changed


def missing_of(*, kind: str, basis: str, values: Mapping[str, Any]) -> dict[str, str]:
    """What a source of this kind and basis must say before a file comes in by it: {field: what to do}.

    `values` are the source's own by their names. CNIL, fiches of 21 October 2025: whoever uses a file must be
    able to prove what allows it.
    """
    asked = {}
    if basis and basis != LawfulBasis.NONE:
        asked["channels"] = _("Tick at least one channel, or choose “None” as what allows you.")
    if basis == LawfulBasis.CONSENT:
        asked["consent_wording"] = _("Write the words that people agreed to.")
    if basis == LawfulBasis.LEGITIMATE_INTEREST:
        asked["balance"] = _("Write the balance: why you write, and why people may expect it.")
    if kind in BROKER_KINDS:
        asked["supplier"] = _("Name the supplier of this file.")
        asked["proof"] = _("Say where the contract and the supplier's proof are kept.")
    if kind == SourceKind.BROKER_RENTAL:
        asked["licence_ends_on"] = _("Say when the licence of this rented file ends.")
    return {name: text for name, text in asked.items() if not values.get(name)}


def preference_page_source() -> Source:
    """Return the source of what people say on their own preference and unsubscribe pages (direct)."""
    source, _created = Source.objects.get_or_create(
        name=PREFERENCE_PAGE, defaults={"kind": SourceKind.FORM, "lawful_basis": LawfulBasis.NONE}
    )
    return source


def hand_source() -> Source:
    """The source of what staff type: it allows nothing by itself."""
    found = Source.objects.filter(name=HAND_SOURCE).first()
    return found or create_source(
        by=None, name=HAND_SOURCE, kind=SourceKind.HAND, lawful_basis=LawfulBasis.NONE
    )


def api_source() -> Source:
    """The source of what a program sends without naming another one: it allows nothing by itself."""
    found = Source.objects.filter(name=API_SOURCE).first()
    return found or create_source(
        by=None, name=API_SOURCE, kind=SourceKind.API, lawful_basis=LawfulBasis.NONE
    )


def is_direct(source: Source) -> bool:
    """True when the person told us themselves, which targeted messages ask for."""
    return source.kind in DIRECT_KINDS


def change_is_spreading() -> bool:
    """True while what some source allows has changed, and its people are still projected as it was."""
    return Job.objects.unfinished().filter(kind=REFRESH_JOB).exists()


def spread_changes() -> None:
    """Do here what no worker has come to yet: a mailing that is prepared waits for no import before it."""
    for job_id in list(Job.objects.due().filter(kind=REFRESH_JOB).values_list("pk", flat=True)):
        with suppress(JobStopped):  # a worker has just taken it
            run_job(job_id)


@handler(REFRESH_JOB)
def refresh_source(job: RunningJob) -> None:
    """Project everyone of a source again."""
    with transaction.atomic():
        people = refresh_people_of_source(job.payload["source"])
        job.progress(people, people)


def _elections_that_differ(source: Source, chosen: Iterable[Election] | None) -> list[Election] | None:
    """The elections that a source is to be kept for, when they are others than now."""
    if chosen is None:
        return None
    elections = list(chosen)
    return None if {one.pk for one in elections} == {one.pk for one in source.elections.all()} else elections


def _check(source: Source) -> None:
    source.full_clean(exclude=["created_by", "created_at"])
    if source.kind == SourceKind.OPT_OUT and source.lawful_basis != LawfulBasis.NONE:
        raise SourceRefused(_("An opt-out file only forbids: choose “None” as what allows you."))
    closed = [channel for channel in source.channels if not basis_opens(source.lawful_basis, channel)]
    if closed:
        raise SourceRefused(
            _("“%(basis)s” does not allow: %(channels)s.")
            % {"basis": source.get_lawful_basis_display(), "channels": ", ".join(_labels(closed))}
        )


def _labels(channels: list[str]) -> list[str]:
    return [str(Channel(channel).label) for channel in channels]
