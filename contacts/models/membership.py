"""When people joined the organisation and left it: the recorded act behind "member" and "former member"."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.history import kept_history
from campaign_crm.platform.personal_data import erase, keep
from contacts.scoped import ScopedManager


class Membership(models.Model):
    """One membership; `left_on` is empty while it lasts, `joined_on` where nobody knows the day.

    Whoever came by a source of members is one without a row here. `created_by_import`: the file that told it;
    empty once the team wrote something of it down. `proof`: how they said it and where it can
    be read again, as in the consent ledger; {"how": "label"}: somebody called them so before acts were asked.
    """

    contact = models.ForeignKey("contacts.Contact", on_delete=models.CASCADE, related_name="memberships")
    joined_on = models.DateField(_("joined on"), null=True)
    left_on = models.DateField(_("left on"), null=True)
    proof = models.JSONField(_("proof"), default=dict)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    created_by_import = models.ForeignKey("contacts.Import", null=True, on_delete=models.SET_NULL)
    at = models.DateTimeField(_("moment"), db_default=Now())

    objects: ClassVar[models.Manager[Membership]] = ScopedManager()
    personal_data = keep("id", "contact", "recorded_by", "created_by_import") | erase(
        "joined_on", "left_on", "proof", "at"
    )

    class Meta:
        triggers = kept_history(person="contact_id")
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [
            models.UniqueConstraint(
                fields=["contact"],
                condition=models.Q(left_on__isnull=True),
                name="membership_one_at_a_time",
                violation_error_message=_("This person is a member already."),
            ),
            models.CheckConstraint(
                condition=models.Q(left_on__isnull=True)
                | models.Q(joined_on__isnull=True)
                | models.Q(left_on__gte=models.F("joined_on")),
                name="membership_ends_after_it_begins",
                violation_error_message=_("Nobody leaves before they joined: look at the two days."),
            ),
        ]

    def __str__(self) -> str:
        return f"membership of {self.contact_id}"
