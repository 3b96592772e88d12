"""Roles given to members of the team in a territory, or until a day."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.history import kept_history
from campaign_crm.platform.personal_data import keep
from campaign_crm.platform.rights import NATIONAL_ONLY, Role


class GrantQuerySet(models.QuerySet["Grant"]):
    def in_force(self, day: date) -> GrantQuerySet:
        """Without those whose last day is over."""
        return self.filter(models.Q(ends_on__isnull=True) | models.Q(ends_on__gte=day))


class Grant(models.Model):
    """A role of a member: in a territory and all that it contains, or in the whole country (null).

    `ends_on` is its last day. What a member holds in the whole country without an end is `User.role`.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="grants")
    role = models.CharField(_("role"), max_length=32, choices=Role.choices)
    territory = models.ForeignKey(
        "contacts.Territory", verbose_name=_("where"), null=True, blank=True, on_delete=models.PROTECT
    )
    ends_on = models.DateField(_("until"), null=True, blank=True)
    given_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="grants_given"
    )
    created_at = models.DateTimeField(db_default=Now())

    objects: ClassVar[models.Manager[Grant]] = GrantQuerySet.as_manager()
    personal_data = keep("id", "user", "role", "territory", "ends_on", "given_by", "created_at")

    class Meta:
        triggers = kept_history()
        verbose_name = _("role in a territory")
        verbose_name_plural = _("roles in territories")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "role", "territory"], nulls_distinct=False, name="grant_once"
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=sorted(set(Role.values) - NATIONAL_ONLY)), name="grant_role_known"
            ),
            models.CheckConstraint(
                condition=models.Q(territory__isnull=False) | models.Q(ends_on__isnull=False),
                name="grant_of_the_country_ends",
            ),
        ]

    def __str__(self) -> str:
        where = str(self.territory) if self.territory else _("the whole country")
        return f"{self.get_role_display()}, {where}"
