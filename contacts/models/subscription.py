"""Newsletters and topics that people choose to receive."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.history import kept_history
from campaign_crm.platform.personal_data import erase, keep
from contacts.scoped import ScopedManager


class Newsletter(models.Model):
    """A newsletter or topic, possibly local ("Lettre de l'Oise")."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    description = models.CharField(_("description"), max_length=300, blank=True)
    territory = models.ForeignKey(
        "contacts.Territory", verbose_name=_("territory"), null=True, blank=True, on_delete=models.PROTECT
    )
    is_open = models.BooleanField(_("offered on forms"), default=True)
    created_at = models.DateTimeField(db_default=Now())

    personal_data = keep("id", "name", "description", "territory", "is_open", "created_at")

    class Meta:
        triggers = kept_history()
        verbose_name = _("newsletter")

    def __str__(self) -> str:
        return self.name


class Subscription(models.Model):
    """A person chose a newsletter; `ended_at` is set when they leave it."""

    contact = models.ForeignKey("contacts.Contact", on_delete=models.CASCADE, related_name="subscriptions")
    newsletter = models.ForeignKey(
        Newsletter,
        on_delete=models.PROTECT,
        related_name="subscriptions",
        db_index=False,  # `subscription_by_newsletter` begins with it
    )
    source = models.ForeignKey("contacts.Source", null=True, on_delete=models.PROTECT)
    started_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager[Subscription]] = ScopedManager()
    personal_data = keep("id", "contact") | erase("newsletter", "source", "started_at", "ended_at")

    class Meta:
        triggers = kept_history(person="contact_id")
        verbose_name = _("subscription")
        constraints = [
            models.UniqueConstraint(
                fields=["contact", "newsletter"],
                condition=models.Q(ended_at__isnull=True),
                name="subscription_once",
                violation_error_message=_("This person already receives this newsletter."),
            )
        ]
        indexes = [models.Index(fields=["newsletter", "contact"], name="subscription_by_newsletter")]

    def __str__(self) -> str:
        return f"{self.contact_id} {self.newsletter_id}"
