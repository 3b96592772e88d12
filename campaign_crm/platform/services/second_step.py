"""The way back for a member of the team who lost the phone of their second step."""

from __future__ import annotations

from functools import partial

from allauth.mfa.models import Authenticator
from django.core.mail import send_mail
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from campaign_crm.platform.models import Organisation, User


class SecondStepError(Exception):
    """The second step stays as it is."""


@transaction.atomic
def remove_second_step(*, user: User, reason: str, by: User | None) -> None:
    """Let somebody sign in with their password alone, and tell them. `by=None` is the command line.

    Recovery codes go too: the person sets everything up anew. Raises SecondStepError when there is nothing to
    remove, and for one's own: that is done on one's own page, which asks for the password first.
    """
    if by is not None and by.pk == user.pk:
        raise SecondStepError(_("Deactivate your own second step under “Sign-in security”."))
    if not reason.strip():
        raise SecondStepError(_("Write why: the reason is kept in the journal."))
    removed, _by_type = Authenticator.objects.filter(user=user).delete()
    if not removed:
        raise SecondStepError(_("This account has no second step."))
    audit.record(action="team.remove_second_step", on=user, by=by, reason=reason.strip())
    transaction.on_commit(partial(_tell, user))


def _tell(user: User) -> None:
    """Write to the person: if they did not ask for it, somebody is trying to get in as them."""
    with translation.override(user.language):
        send_mail(
            subject=_("Your second step was removed"),
            message=_(
                "Hello,\n\nThe second step of your sign-in at %(organisation)s was removed: your password is "
                "enough until you set it up again, under “Sign-in security”.\n\n"
                "If you did not ask for this, tell an administrator at once.\n"
            )
            % {"organisation": Organisation.current().name},
            from_email=None,
            recipient_list=[user.email],
            fail_silently=True,  # the removal stands, and is in the journal
        )
