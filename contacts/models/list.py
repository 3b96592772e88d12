"""Fixed, hand-picked sets of people."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.history import ALL_COLUMNS, kept_history
from campaign_crm.platform.personal_data import erase, keep
from contacts.enums import TargetingClass
from contacts.scoped import ScopedManager


class ListQuerySet(models.QuerySet["List"]):
    def picked(self) -> ListQuerySet:
        """Lists that staff and imports put people on; the others only people themselves join."""
        return self.exclude(targeting_class=TargetingClass.SUBSCRIPTION)


class List(models.Model):
    """A fixed list. People who joined it themselves (`subscription`) or whom staff picked (`criterion`)."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    description = models.CharField(_("description"), max_length=300, blank=True)
    targeting_class = models.CharField(
        max_length=16,
        choices=[
            (TargetingClass.SUBSCRIPTION, _("People joined it")),
            (TargetingClass.CRITERION, _("Staff chose")),
        ],
        default=TargetingClass.CRITERION,
    )
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(db_default=Now())

    objects = ListQuerySet.as_manager()

    personal_data = keep("id", "name", "description", "targeting_class", "created_by", "created_at")

    class Meta:
        triggers = kept_history()
        verbose_name = _("fixed list")
        verbose_name_plural = _("fixed lists")

    def __str__(self) -> str:
        return self.name


class ListMembership(models.Model):
    pk = models.CompositePrimaryKey("list_id", "contact_id")
    list = models.ForeignKey(
        List,
        on_delete=models.CASCADE,
        related_name="memberships",
        db_index=False,  # the primary key begins with it
    )
    contact = models.ForeignKey(
        "contacts.Contact",
        on_delete=models.CASCADE,
        related_name="list_memberships",
        db_index=False,  # `list_membership_contact`
    )
    created_by_import = models.ForeignKey("contacts.Import", null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(db_default=Now())

    objects: ClassVar[models.Manager[ListMembership]] = ScopedManager()
    personal_data = keep("pk", "contact", "created_by_import", "created_at") | erase("list")

    class Meta:
        triggers = kept_history(person="contact_id", key=("list_id", "contact_id"), unsaid=ALL_COLUMNS)
        indexes = [models.Index(fields=["contact"], name="list_membership_contact")]

    def __str__(self) -> str:
        return f"{self.list_id} {self.contact_id}"
