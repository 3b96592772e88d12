"""What to write back to somebody who asks why they were written to: facts of their message, no more."""

from __future__ import annotations

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from campaign_crm.platform.models import Organisation
from contacts.enums import LawfulBasis
from contacts.rules.channels import BROKER_BASIS
from messaging.services.origins import origins_of
from messaging.why.reasons import Reason

LANGUAGES = ("fr", "en")


def answer_text(reason: Reason, language: str) -> str:
    """A whole answer, ready to be copied into a letter or an e-mail."""
    organisation = Organisation.current()
    with override(language):
        parts = [_("Hello,"), _opening(reason), *_because(reason, language), _chosen(reason)]
        page = reverse("tracking:ask" if language == "fr" else "tracking:ask_en")
        parts.append(
            _("See all that we keep of you, have it corrected or erased, or end our messages: %(url)s")
            % {"url": f"{settings.PUBLIC_URL}{page}"}
        )
        contact = organisation.dpo_contact or organisation.contact_email
        if contact:
            parts.append(_("Our contact for data protection: %(contact)s.") % {"contact": contact})
        parts.append(_("You can also complain to the CNIL (www.cnil.fr)."))
        parts.append(organisation.legal_name or organisation.name)
        return "\n\n".join(part for part in parts if part)


def _opening(reason: Reason) -> str:
    told = {"subject": reason.subject, "address": reason.delivery.address, "day": _day(reason)}
    if reason.left and told["address"]:
        return _("On %(day)s we sent the message “%(subject)s” to %(address)s.") % told
    if reason.left:
        return _("On %(day)s we sent the message “%(subject)s”.") % told
    return _("The message “%(subject)s” did not leave.") % told


def _because(reason: Reason, language: str) -> list[str]:
    """The facts that allowed it, the person's own word first."""
    if reason.is_service:
        return [_("It answers something you did or asked; it is no political message.")]
    found = []
    if reason.consent is not None:
        told = {"day": date_format(timezone.localtime(reason.consent.at), "DATE_FORMAT")}
        wording = reason.consent.wording.text if reason.consent.wording else ""
        found.append(
            _("You agreed to it on %(day)s, in these words: “%(words)s”") % {**told, "words": wording}
            if wording
            else _("You agreed to it on %(day)s.") % told
        )
    if reason.subscription is not None:
        found.append(
            _("You chose to receive “%(name)s” on %(day)s.")
            % {
                "name": reason.subscription.newsletter.name,
                "day": date_format(timezone.localtime(reason.subscription.started_at), "DATE_FORMAT"),
            }
        )
    if reason.source is not None:
        origin = origins_of([reason.source.pk], languages=[language]).get((reason.source.pk, language))
        found += [origin.sentence, origin.notice] if origin else []
        if reason.consent is None:
            found.append(_basis_sentence(reason))
    return found


def _basis_sentence(reason: Reason) -> str:
    match reason.delivery.basis:
        case LawfulBasis.MEMBER:
            return _("The law lets us write to our members and former members.")
        case LawfulBasis.LEGITIMATE_INTEREST:
            return _("We rely on our legitimate interest in informing you; you may object at any time.")
        case LawfulBasis.CONSENT:
            return _("You gave your consent to whoever passed your address on to us.")
        case value if value == BROKER_BASIS:
            return _("The whole file was written to, without choosing anybody.")
    return ""


def _chosen(reason: Reason) -> str:
    if not reason.left or not reason.criteria:
        return ""
    told = {"criteria": "; ".join(reason.criteria)}
    return _("The message went to people chosen by: %(criteria)s.") % told


def _day(reason: Reason) -> str:
    moment = reason.at or reason.delivery.due_at
    return date_format(timezone.localtime(moment), "DATE_FORMAT")
