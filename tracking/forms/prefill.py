"""A form filled in beforehand, for one person, by a signed link only: never by a cookie or by the address."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from contacts.merging.redirects import present_contact
from contacts.models import Contact
from messaging.content.public_links import SIGN_UP_PATH
from messaging.content.tokens import BadToken, FormToken, read_token, sign_form
from tracking.models import Form

LINK_LASTS = timedelta(days=90)
NAMES = ("first_name", "last_name", "gender")


def prefilled_url(form: Form, contact: Contact) -> str:
    """The address of a form that knows one person's name, e-mail and town."""
    token = sign_form(FormToken(form.pk, contact.pk, timezone.now()))
    return f"{settings.PUBLIC_URL}{SIGN_UP_PATH}{form.slug}?for={token}"


def known_of(form: Form, request: HttpRequest) -> dict[str, str]:
    """What the link of a page fills in; nothing for a wrong, old or other form's link.

    Neither a phone number nor a street: the message that held the link may have been passed on.
    """
    try:
        token = read_token(request.GET.get("for", ""))
    except BadToken:
        return {}
    if not isinstance(token, FormToken) or token.form != form.pk:
        return {}
    contact = present_contact(token.contact) if timezone.now() - token.signed_at < LINK_LASTS else None
    if contact is None:
        return {}
    known = {name: getattr(contact, name) for name in NAMES}
    point = contact.emailaddress_set.order_by("-is_primary", "pk").first()
    home = contact.postaladdress_set.order_by("-is_primary", "pk").first()
    if point is not None:
        known["email"] = point.address
    if home is not None:
        known |= {"postcode": home.postcode, "city": home.city}
    return {name: value for name, value in known.items() if value}
