"""Ready answers: texts with variables, filled with what is known of the person and of whoever writes."""

from __future__ import annotations

import re

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from campaign_crm.platform.models import Organisation, User
from contacts.models import Contact
from messaging.content.recipients import RecipientData, greeting_of, name_case
from tracking.errors import TrackingError
from tracking.models import CannedAnswer

VARIABLES = ("greeting", "first_name", "last_name", "commune", "my_name", "organisation")
_VARIABLE = re.compile(r"\{([a-z_]{1,40})\}")


class ReadyAnswerRefused(TrackingError):
    """The text names something that is not known, or the name is taken."""


@transaction.atomic
def save_ready_answer(*, answer: CannedAnswer | None, name: str, text: str, by: User) -> CannedAnswer:
    """Add one or change one; raises ReadyAnswerRefused."""
    unknown = sorted(set(_VARIABLE.findall(text)) - set(VARIABLES))
    if unknown:
        known = ", ".join(f"{{{one}}}" for one in VARIABLES)
        said = {"name": f"{{{unknown[0]}}}", "known": known}
        raise ReadyAnswerRefused(_("There is no variable %(name)s. There are: %(known)s.") % said)
    held = answer or CannedAnswer(created_by=by)
    held.name, held.text = " ".join(name.split())[:80], text.strip()
    if CannedAnswer.objects.exclude(pk=held.pk).filter(name__iexact=held.name).exists():
        raise ReadyAnswerRefused(_("Another ready answer has this name."))
    try:
        with transaction.atomic():
            held.save()
    except IntegrityError:
        raise ReadyAnswerRefused(_("Another ready answer has this name.")) from None
    audit.record(action="ready_answer.save", on=held, by=by)
    return held


@transaction.atomic
def remove_ready_answer(*, answer: CannedAnswer, by: User) -> None:
    audit.record(action="ready_answer.remove", on=answer, by=by)
    answer.delete()


def filled(text: str, *, contact: Contact | None, by: User) -> str:
    """The text for one person; a variable of which nothing is known leaves nothing."""
    language = contact.language if contact is not None else by.language or "fr"
    reader = RecipientData(
        language=language[:2],
        gender=contact.gender if contact is not None else "",
        first_name=name_case(contact.first_name) if contact is not None else "",
    )
    values = {
        "greeting": greeting_of(reader),
        "first_name": reader.first_name,
        "last_name": name_case(contact.last_name) if contact is not None else "",
        "commune": contact.commune.name if contact is not None and contact.commune is not None else "",
        "my_name": str(by),
        "organisation": Organisation.current().name,
    }
    return _VARIABLE.sub(lambda found: values.get(found[1], found[0]), text)
