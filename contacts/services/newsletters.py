"""Writing down newsletters and topics; what forms say of them is public."""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from campaign_crm.platform.models import User
from contacts.errors import ContactsError
from contacts.models import Newsletter
from contacts.services.silence import silence_of_page

READ_BY_EVERYBODY = frozenset({"name", "description", "territory", "is_open"})


class NewsletterIsPublic(ContactsError):
    """Before a vote, what forms say of a newsletter stays as it is (Code électoral, art. L49)."""


@transaction.atomic
def save_newsletter(*, newsletter: Newsletter, changed: Collection[str], by: User) -> Newsletter:
    """Write a newsletter of which these fields were changed.

    During the silence before a vote, one that forms offer stays as it is: it may be taken off them, and
    nothing else of it changes. Raises NewsletterIsPublic.
    """
    before = Newsletter.objects.filter(pk=newsletter.pk).first()
    was_offered = before is not None and before.is_open
    public = set(changed) & READ_BY_EVERYBODY
    only_taken_off = public == {"is_open"} and not newsletter.is_open
    if (was_offered or newsletter.is_open) and public and not only_taken_off:
        _ask_not_silent([one for one in (before, newsletter) if one is not None])
    newsletter.save()
    action = "newsletter.create" if before is None else "newsletter.update"
    audit.record(action=action, on=newsletter, by=by, fields=list(changed))
    return newsletter


def _ask_not_silent(versions: Collection[Newsletter]) -> None:
    for one in versions:
        places = None if one.territory_id is None else [one.territory_id]
        if (silence := silence_of_page(places, timezone.now())) is not None:
            raise NewsletterIsPublic(
                _(
                    "The silence before “%(election)s” holds until %(end)s: what forms offer stays as it is. "
                    "A newsletter may be taken off them, or prepared and offered afterwards."
                )
                % {"election": silence.election, "end": silence.until}
            )
