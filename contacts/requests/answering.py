"""The files of an answer: made by a background job, kept sealed for thirty days, read by who may."""

from __future__ import annotations

import base64
import csv
import io
import json
from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from campaign_crm.platform import audit
from campaign_crm.platform.jobs import JobFailed, RunningJob, enqueue, handler
from campaign_crm.platform.models import Job, Organisation, User
from campaign_crm.platform.spreadsheets import neutralised
from contacts.models import AnswerFile, PersonRequest
from contacts.requests.facts import Section, about_electors, everything_about, given_by, plain
from contacts.requests.pdf import make_pdf, shown
from contacts.requests.rows import RequestRefused, proven_request

ANSWER_JOB = "contacts.make_answer"
KEPT = timedelta(days=30)
WITH_FILES = (PersonRequest.Kind.ACCESS, PersonRequest.Kind.PORTABILITY)
MEDIA_TYPES = {"pdf": "application/pdf", "json": "application/json", "csv": "text/csv; charset=utf-8"}


@transaction.atomic
def ask_for_files(*, request: PersonRequest, by: User) -> Job:
    """Have the files made; raises RequestRefused before the person has proven who they are."""
    request = proven_request(request)
    if request.kind not in WITH_FILES:
        raise RequestRefused(_("This request asks for no files: change what it asks first."))
    if request.kind == PersonRequest.Kind.PORTABILITY and request.contact is None:
        raise RequestRefused(
            _("An elector gave us nothing to take along: the roll is the commune's. Let them see it.")
        )
    audit.record(action="request.make_files", on=request, by=by)
    return enqueue(kind=ANSWER_JOB, payload={"request": request.pk}, by=by)


@handler(ANSWER_JOB)
def run_answer(job: RunningJob) -> None:
    """Make them anew, in the language of the person."""
    request = PersonRequest.objects.select_related("contact").filter(pk=job.payload["request"]).first()
    known = request is not None and request.contact is not None and request.contact.erased_at is None
    if request is None or not (known or request.electors):
        raise JobFailed(_("The person of this request is no longer in the base."))
    with override(request.language[:2] or settings.LANGUAGE_CODE):
        make_files(request)


@transaction.atomic
def make_files(request: PersonRequest) -> list[AnswerFile]:
    """A PDF and JSON of everything; for data to take along, JSON and CSV of what the person gave."""
    contact = request.contact if request.contact and request.contact.erased_at is None else None
    if request.kind == PersonRequest.Kind.PORTABILITY:
        sections = given_by(contact) if contact else []
        contents = {"json": _json(sections), "csv": _csv(sections)}
    else:
        sections = (everything_about(contact) if contact else []) + about_electors(request)
        contents = {"pdf": _pdf(sections), "json": _json(sections)}
    AnswerFile.objects.filter(request=request).delete()
    until = timezone.now() + KEPT
    return AnswerFile.objects.bulk_create(
        AnswerFile(
            request=request,
            form=form,
            content=base64.b64encode(content).decode(),
            bytes=len(content),
            expires_at=until,
        )
        for form, content in contents.items()
    )


def files_of(request: PersonRequest) -> list[AnswerFile]:
    """Those that can still be read, without their content."""
    found = AnswerFile.objects.filter(request=request, expires_at__gt=timezone.now())
    return list(found.defer("content").order_by("form"))


@transaction.atomic
def read_file(*, request: PersonRequest, form: str, by: User | None) -> bytes | None:
    """The content of one file; None when there is none any more. `by` None: the person, by their link."""
    found = AnswerFile.objects.filter(request=request, form=form, expires_at__gt=timezone.now()).first()
    if found is None:
        return None
    audit.record(action="request.download", on=request, by=by, detail={"form": form})
    return base64.b64decode(found.content)


def drop_expired() -> int:
    """Forget files whose time is over; returns how many."""
    dropped, _details = AnswerFile.objects.filter(expires_at__lte=timezone.now()).delete()
    return dropped


def _pdf(sections: Sequence[Section]) -> bytes:
    organisation = Organisation.current()
    who = organisation.legal_name or organisation.name
    contact = organisation.dpo_contact or organisation.contact_email
    introduction = [
        _("Made on %(day)s.") % {"day": shown(timezone.localdate())},
        _("%(who)s is responsible for this data.") % {"who": who},
        organisation.postal_address,
        _("Contact for data protection: %(contact)s") % {"contact": contact} if contact else "",
        _(
            "You may have this data corrected or erased, object to its use, and complain to the CNIL"
            " (www.cnil.fr)."
        ),
    ]
    return make_pdf(
        title=_("What %(name)s keeps of you") % {"name": organisation.name},
        introduction=[line for line in introduction if line],
        sections=sections,
    )


def _json(sections: Sequence[Section]) -> bytes:
    organisation = Organisation.current()
    told = {
        "made_at": timezone.now().isoformat(timespec="seconds"),
        "controller": organisation.legal_name or organisation.name,
        "sections": [
            {"name": section.table, "title": section.title, "rows": section.rows} for section in sections
        ],
    }
    return json.dumps(told, ensure_ascii=False, indent=1, default=plain).encode()


def _csv(sections: Sequence[Section]) -> bytes:
    """One line a value; a cell that a spreadsheet would run as a formula is written as text."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerow([_("Section"), _("Row"), _("Field"), _("Value")])
    for section in sections:
        for number, row in enumerate(section.rows, start=1):
            for label, value in row.items():
                writer.writerow([section.title, number, label, neutralised(shown(value))])
    return b"\xef\xbb\xbf" + out.getvalue().encode()
