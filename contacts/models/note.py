"""Free words about a person."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.history import kept_history
from campaign_crm.platform.personal_data import erase, keep
from campaign_crm.platform.sealed import SealedText
from contacts.scoped import ScopedManager


class Note(models.Model):
    contact = models.ForeignKey(
        "contacts.Contact",
        on_delete=models.CASCADE,
        related_name="notes",
        db_index=False,  # `note_newest` begins with it
    )
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    body = SealedText(_("note"))  # what people confide may be of any kind: it stands sealed
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[models.Manager[Note]] = ScopedManager()
    personal_data = keep("id", "contact", "author", "created_at") | erase("body")

    class Meta:
        triggers = kept_history(person="contact_id", unsaid=("body",))
        verbose_name = _("note")
        indexes = [models.Index(fields=["contact", "-created_at"], name="note_newest")]

    def __str__(self) -> str:
        return f"note {self.pk}"
