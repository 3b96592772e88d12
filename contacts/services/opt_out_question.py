"""Asked before a mailing, once of each source: is there an opt-out file where its people come from?"""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from campaign_crm.platform.models import User
from contacts.errors import ContactsError
from contacts.models import Import, OptOutAnswer, Source

# People who were somebody else's contacts before: they may have said no there.
FROM_OUTSIDE = (Import.Kind.ADDRESS_BOOK, Import.Kind.BROKER)


class AnswerRefused(ContactsError):
    """An answer that names no source, or a file that is no opt-out file."""


def sources_to_ask() -> QuerySet[Source]:
    """Sources whose people came in by files, and of which nobody said yet who had said no there."""
    done = Import.objects.filter(state=Import.State.DONE, source=OuterRef("pk"))
    return Source.objects.filter(
        Exists(done.filter(kind__in=FROM_OUTSIDE)),
        ~Exists(answers_that_count().filter(source=OuterRef("pk"))),
    ).order_by("name")


def answers_that_count() -> QuerySet[OptOutAnswer]:
    """Answers but for those by a file that was undone since."""
    return OptOutAnswer.objects.filter(Q(import_run=None) | Q(import_run__state=Import.State.DONE))


def opt_out_files() -> QuerySet[Import]:
    """The opt-out files that are in, the newest first."""
    files = Import.objects.filter(kind=Import.Kind.SUPPRESSION, state=Import.State.DONE)
    return files.order_by("-created_at")


def opt_out_file_is_missing() -> bool:
    """True when some source waits for an answer."""
    return sources_to_ask().exists()


@transaction.atomic
def say_who_said_no(*, sources: Collection[Source], file: Import | None, by: User) -> list[OptOutAnswer]:
    """Keep which opt-out file holds who said no of these sources; None says that there is no such file."""
    if not sources:
        raise AnswerRefused(_("Tick the sources that you speak of."))
    if file is not None and (file.kind, file.state) != (Import.Kind.SUPPRESSION, Import.State.DONE):
        raise AnswerRefused(_("Choose an opt-out file that was imported."))
    answers = OptOutAnswer.objects.bulk_create(
        OptOutAnswer(source=source, import_run=file, said_by=by) for source in sources
    )
    action = "opt_outs.none" if file is None else "opt_outs.file"
    detail = {} if file is None else {"import": file.pk}
    for source in sources:
        audit.record(action=action, on=source, by=by, detail=detail)
    return answers
