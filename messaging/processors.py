"""Who sends for the organisation, and where: what the register of processing tells."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from messaging.models import ProviderAccount

Kind = ProviderAccount.Kind
# Seat of the company behind each service, as it says on its legal pages; where its servers stand may be a
# setting of the account. The organisation writes beside it what its contract says.
SEATS: dict[str, str | Promise] = {
    Kind.SMTP: gettext_lazy("server chosen by the organisation"),
    Kind.BREVO: gettext_lazy("Brevo, France"),
    Kind.MAILJET: gettext_lazy("Mailjet (Sinch), France and Sweden"),
    Kind.SENDGRID: gettext_lazy("Twilio SendGrid, United States"),
    Kind.MAILGUN: gettext_lazy("Mailgun (Sinch), United States and Sweden"),
    Kind.SES: gettext_lazy("Amazon Web Services, United States and Luxembourg"),
}
OUTSIDE = (Kind.SENDGRID, Kind.MAILGUN, Kind.SES)


def processors() -> list[str]:
    """Each way out that is in use, with who stands behind it."""
    return [
        _("%(name)s: %(seat)s (sends e-mail)") % {"name": account.name, "seat": SEATS[account.kind]}
        for account in _in_use()
    ]


def transfers() -> list[str]:
    """Those whose company has a seat outside the European Union."""
    return [
        _("%(name)s: %(seat)s. Say what covers it: adequacy decision or standard clauses.")
        % {"name": account.name, "seat": SEATS[account.kind]}
        for account in _in_use()
        if account.kind in OUTSIDE
    ]


def _in_use() -> list[ProviderAccount]:
    return list(ProviderAccount.objects.filter(is_active=True).order_by("name"))
