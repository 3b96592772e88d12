"""Messages about signing in, written and sent by another process: the link of a forgotten password, and a
word to the owner of an account whose ways in have changed.
"""

from __future__ import annotations

import logging
from enum import StrEnum
from functools import partial
from typing import Any

from celery import shared_task
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaign_crm.platform.models import Organisation, User
from campaign_crm.platform.services.team import password_link

logger = logging.getLogger(__name__)


class Change(StrEnum):
    """What of an account's ways in changed."""

    SECOND_STEP_SET_UP = "second_step_set_up"
    SECOND_STEP_GONE = "second_step_gone"
    PASSWORD = "password"  # noqa: S105 - the name of a change
    LINKED = "linked"


CHANGES = {
    Change.SECOND_STEP_SET_UP: gettext_lazy("a second step or a passkey was added to your sign-in."),
    Change.SECOND_STEP_GONE: gettext_lazy("a second step or a passkey was taken away from your sign-in."),
    Change.PASSWORD: gettext_lazy("your password was changed."),
    Change.LINKED: gettext_lazy("your account was linked to single sign-on."),
}
PATIENCE = 3600  # seconds after which nobody waits for it any more


@shared_task(name="platform.send_password_link", expires=PATIENCE)
def send_password_link(user_id: int) -> None:
    """Write to a member of the team; the link is made here, so that no broker ever holds it."""
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is None:
        return
    values = {"password_reset_url": password_link(user), "organisation": Organisation.current()}
    with translation.override(user.language):
        subject = render_to_string("account/email/password_reset_key_subject.txt", values)
        send_mail(
            subject=" ".join(subject.split()),
            message=render_to_string("account/email/password_reset_key_message.txt", values).strip(),
            from_email=None,
            recipient_list=[user.email],
        )


@shared_task(name="platform.send_security_notice", expires=PATIENCE)
def send_security_notice(user_id: int, change: str) -> None:
    """Tell a member of the team what changed: if it was not them, somebody is in their account."""
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is None:
        return
    with translation.override(user.language):
        organisation = Organisation.current().name
        send_mail(
            subject=_("A way into your account has changed"),
            message=_(
                "Hello,\n\nAt %(organisation)s: %(change)s\n\nIf it was you, there is nothing to do. If it "
                "was not, choose another password at once and tell an administrator.\n"
            )
            % {"organisation": organisation, "change": CHANGES[Change(change)]},
            from_email=None,
            recipient_list=[user.email],
        )


def send_link_soon(user: User) -> None:
    """The link of a forgotten password, once this request is over."""
    transaction.on_commit(partial(_hand_over, send_password_link, user.pk))


def tell_soon(user: User, change: Change) -> None:
    """A word about a change, once it is in force."""
    transaction.on_commit(partial(_hand_over, send_security_notice, user.pk, change.value))


def _hand_over(task: Any, *arguments: Any) -> None:
    """To the workers; without a broker it is sent by the request itself: late is better than never."""
    try:
        task.apply_async(arguments, retry=False)
    except Exception as error:
        logger.warning("Sign-in mail is sent without the workers (%s)", type(error).__name__)
        task(*arguments)
