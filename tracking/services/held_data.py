"""What is held of a person, told on the page of their link: enough to recognise it, too little to learn it.

A message may be passed on, and its links with it: addresses and numbers are shown by their ends. The whole is
given to whoever asks for it and proves who they are.
"""

from __future__ import annotations

from django.utils.translation import gettext as _

from contacts.models import Contact, ContactSource, PostalAddress
from messaging.models import Delivery
from tracking.models import Submission

Fact = tuple[str, str]


def held_data(contact: Contact) -> list[Fact]:
    """(label, value) of what is known, in the active language."""
    facts: list[Fact] = [
        (_("First name"), contact.first_name),
        (_("Last name"), f"{contact.last_name[:1]}…" if contact.last_name else ""),
        (_("Commune"), contact.commune.name if contact.commune is not None else ""),
        (_("Birth date"), _("known") if contact.birth_date or contact.birth_year else ""),
    ]
    facts += [(_("E-mail"), _masked(one)) for one in _values(contact.emailaddress_set, "address")]
    facts += [(_("Phone"), f"… {one[-2:]}") for one in _values(contact.phonenumber_set, "e164")]
    letters = PostalAddress.objects.filter(contact=contact).order_by("pk")
    facts += [(_("Postal address"), f"{one.postcode} {one.city}".strip()) for one in letters]
    sources = ContactSource.objects.filter(contact=contact).select_related("source").order_by("first_seen_at")
    facts += [(_("Where it comes from"), _origin(link)) for link in sources]
    facts += [
        (
            _("Messages sent to you"),
            _number(Delivery.objects.filter(contact=contact, handed_at__isnull=False)),
        ),
        (_("Forms that you filled in"), _number(Submission.objects.filter(contact=contact))),
    ]
    return [(label, value) for label, value in facts if value]


def _origin(link: ContactSource) -> str:
    return str(link.source.origin_text or link.source.get_kind_display())


def _masked(address: str) -> str:
    local, _at, domain = address.rpartition("@")
    return f"{local[:2]}…@{domain}"


def _values(points: object, field: str) -> list[str]:
    found: list[str] = list(points.order_by("pk").values_list(field, flat=True))  # type: ignore[attr-defined]
    return found


def _number(rows: object) -> str:
    count = rows.count()  # type: ignore[attr-defined]
    return str(count) if count else ""
