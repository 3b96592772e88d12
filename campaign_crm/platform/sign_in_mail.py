"""The message with the link of a forgotten password: written and sent by another process."""

from __future__ import annotations

import logging
from functools import partial

from celery import shared_task
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation

from campaign_crm.platform.models import Organisation, User
from campaign_crm.platform.services.team import password_link

logger = logging.getLogger(__name__)
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


def send_soon(user: User) -> None:
    """Once this request is over; without a broker by the request itself: late is better than never."""
    transaction.on_commit(partial(_hand_over, user.pk))


def _hand_over(user_id: int) -> None:
    try:
        send_password_link.apply_async((user_id,), retry=False)
    except Exception as error:
        logger.warning("A password link is sent without the workers (%s)", type(error).__name__)
        send_password_link(user_id)
