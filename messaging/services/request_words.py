"""Word to a person of what they asked of their data: service messages, each with their own link."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from contacts.models import PersonRequest
from messaging.content.tokens import RequestToken, sign_request
from messaging.services.service_messages import send_service_message


def link_of(request: PersonRequest) -> str:
    """Where the person reads what became of their request; whoever has it reads the mail of their address."""
    token = RequestToken(request.pk, bytes(request.address_hash or b""), timezone.now())
    return f"{settings.PUBLIC_URL}/d/{sign_request(token)}"


def _in_their_language(send: Callable[[PersonRequest], None]) -> Callable[[PersonRequest], None]:
    def sent(request: PersonRequest) -> None:
        with override(request.language[:2] or settings.LANGUAGE_CODE):
            send(request)

    return sent


def _ask_identity(request: PersonRequest) -> None:
    _send(
        request,
        "identity",
        subject=_("Please confirm your request"),
        paragraphs=[
            _("Somebody asked us about the data that we keep with this address:"),
            str(request.get_kind_display()),
            _("If it was you, confirm it. We answer within one month, by %(day)s at the latest.")
            % {"day": _day(request)},
        ],
        button=_("I confirm my request"),
        closing=_("If it was not you, do nothing: nobody is told anything and nothing changes."),
    )


def _tell_extended(request: PersonRequest) -> None:
    _send(
        request,
        "extended",
        subject=_("Your request takes longer"),
        paragraphs=[
            _("We cannot answer your request within one month, for this reason:"),
            request.extension_reason,
            _("You will have our answer by %(day)s at the latest.") % {"day": _day(request)},
        ],
        button=_("See my request"),
        closing=_complaint(),
    )


def _tell_answered(request: PersonRequest) -> None:
    _send(
        request,
        "answered",
        subject=_("The answer to your request"),
        paragraphs=[_("You asked us about the data that we keep of you. Our answer is ready.")],
        button=_("Read the answer"),
        closing=_("The link is yours alone: do not pass it on. It opens for thirty days."),
    )


def _tell_refused(request: PersonRequest) -> None:
    _send(
        request,
        "refused",
        subject=_("About your request"),
        paragraphs=[_("We cannot do what you asked, for this reason:"), request.answer],
        button=_("See my request"),
        closing=_complaint(),
    )


STEPS: dict[str, Callable[[PersonRequest], None]] = {
    "identity": _in_their_language(_ask_identity),
    "extended": _in_their_language(_tell_extended),
    "answered": _in_their_language(_tell_answered),
    "refused": _in_their_language(_tell_refused),
}


def _send(
    request: PersonRequest, step: str, *, subject: str, paragraphs: list[str], button: str, closing: str
) -> None:
    """Nobody's message when the person is not known: the address may be anybody's."""
    known = (
        request.contact is not None
        and request.contact.emailaddress_set.filter(address_hash=request.address_hash).exists()
    )
    send_service_message(
        standing_for=f"request-{step}",
        contact=request.contact if known else None,
        address=request.address,
        occasion=f"{request.pk}:{step}:{timezone.now():%y%m%d%H%M%S}",
        subject=subject,
        paragraphs=paragraphs,
        button=(button, link_of(request)),
        closing=closing,
        language=request.language,
    )


def _complaint() -> str:
    return _("You can complain to the CNIL (www.cnil.fr).")


def _day(request: PersonRequest) -> str:
    return date_format(request.due_on, "DATE_FORMAT")
