"""Words that staff put on people."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.history import ALL_COLUMNS, kept_history
from campaign_crm.platform.personal_data import erase, keep
from contacts.models.contact import Fold
from contacts.scoped import ScopedManager


class Tag(models.Model):
    name = models.CharField(_("name"), max_length=60)
    created_at = models.DateTimeField(db_default=Now())

    personal_data = keep("id", "name", "created_at")

    class Meta:
        triggers = kept_history()
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        constraints = [
            models.UniqueConstraint(
                Fold(F("name")), name="tag_name_unique", violation_error_message=_("This tag exists already.")
            )
        ]

    def __str__(self) -> str:
        return self.name


class ContactTag(models.Model):
    pk = models.CompositePrimaryKey("contact_id", "tag_id")
    contact = models.ForeignKey(
        "contacts.Contact",
        on_delete=models.CASCADE,
        related_name="tag_links",
        db_index=False,  # the primary key begins with it
    )
    tag = models.ForeignKey(
        Tag,
        on_delete=models.CASCADE,
        related_name="contact_links",
        db_index=False,  # `contact_tag_by_tag` begins with it
    )
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    created_by_import = models.ForeignKey("contacts.Import", null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(db_default=Now())

    objects: ClassVar[models.Manager[ContactTag]] = ScopedManager()
    personal_data = keep("pk", "contact", "added_by", "created_by_import", "created_at") | erase("tag")

    class Meta:
        triggers = kept_history(person="contact_id", key=("tag_id", "contact_id"), unsaid=ALL_COLUMNS)
        indexes = [models.Index(fields=["tag", "contact"], name="contact_tag_by_tag")]

    def __str__(self) -> str:
        return f"{self.contact_id} {self.tag_id}"
