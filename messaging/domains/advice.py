"""What to change at a record, in plain words, in the reader's language."""

from __future__ import annotations

from django.utils.translation import gettext as _

from messaging.domains.records import WantedRecord
from messaging.models import DomainRecord
from messaging.models.domain_record import Fault, Purpose, RecordState


def advice_on(wanted: WantedRecord, last: DomainRecord | None) -> str:
    """One or two sentences; empty when nothing is to be done. `last`: None when it was never checked."""
    if last is None:
        return ""
    match last.state:
        case RecordState.RIGHT:
            return ""
        case RecordState.NOT_CHECKED:
            return _("No answer came, so nothing is known. Try again in a few minutes.")
        case RecordState.MISSING:
            return _missing(wanted)
    return _wrong(wanted, last)


def _missing(wanted: WantedRecord) -> str:
    if wanted.purpose == Purpose.RELAY_DKIM:
        return _("Nothing is published there: copy the record that your provider gives for it.")
    return _("Nothing is published there yet: add this record at your domain’s provider.")


def _wrong(wanted: WantedRecord, last: DomainRecord) -> str:
    match last.fault:
        case Fault.SEVERAL:
            return _("There are several records of this kind, so none counts: keep one of them.")
        case Fault.SYNTAX:
            return _("The record cannot be read: replace it by this one. (%(detail)s)") % {
                "detail": last.detail
            }
        case Fault.LACKS_TERMS:
            return _("Add to the record that is there, before its end: %(terms)s. Make no second record.") % {
                "terms": last.detail
            }
        case Fault.TOO_MANY_LOOKUPS:
            return _(
                "The record asks for %(number)s lookups, and 10 are allowed: take out what is unused."
            ) % {"number": last.detail}
        case Fault.REVOKED:
            return _("The key published there is empty, which means revoked: replace it by this value.")
        case Fault.NO_CERTIFICATE:
            return _("The name leads here, without a certificate for it: your web server must get one.")
        case Fault.ELSEWHERE:
            return _("What answers at this name is not this installation: let the name lead here.")
    if wanted.type == "MX":
        return _("Other servers take the mail of this name: keep this one alone.")
    return _("Another value is published there: replace it by this one.")
