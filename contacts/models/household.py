"""People who live together, as far as the base can tell."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.history import ALL_COLUMNS, kept_history
from campaign_crm.platform.personal_data import keep
from contacts.scoped import ScopedManager


class Household(models.Model):
    """People who share an address and a name, a phone or an e-mail; see `contacts.households`."""

    created_at = models.DateTimeField(db_default=Now())

    personal_data = keep("id", "created_at")

    class Meta:
        triggers = kept_history(unsaid=ALL_COLUMNS)
        verbose_name = _("household")
        verbose_name_plural = _("households")

    def __str__(self) -> str:
        return f"#{self.pk}"


class HouseholdMember(models.Model):
    """A person of a household. What was put right by hand (`by_hand`) is never computed again."""

    contact = models.OneToOneField(
        "contacts.Contact", primary_key=True, on_delete=models.CASCADE, related_name="household_link"
    )
    household = models.ForeignKey(Household, on_delete=models.CASCADE, related_name="members")
    by_hand = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now())

    objects: ClassVar[models.Manager[HouseholdMember]] = ScopedManager()
    personal_data = keep("contact", "household", "by_hand", "created_at")

    class Meta:
        triggers = kept_history(person="contact_id", key=("contact_id",), unsaid=ALL_COLUMNS)
        verbose_name = _("member of a household")

    def __str__(self) -> str:
        return f"{self.contact_id} in {self.household_id}"
