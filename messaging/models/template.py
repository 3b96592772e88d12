"""Saved beginnings of messages."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.history import kept_history
from campaign_crm.platform.personal_data import keep


class Template(models.Model):
    """A named block document (`messaging.content.blocks`) to start a mailing from.

    Of a local kit (`is_kit`), territories fill in the open blocks and send it to their own people.
    """

    name = models.CharField(_("name"), max_length=120, unique=True)
    subject = models.CharField(_("subject"), max_length=200, blank=True)
    preview_text = models.CharField(_("preview text"), max_length=200, blank=True)
    blocks = models.JSONField(default=list)
    is_kit = models.BooleanField(_("local kit, shared with territories"), default=False, db_default=False)
    revision = models.PositiveIntegerField(default=1)  # grows with each saved edit
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    updated_at = models.DateTimeField(auto_now=True)

    personal_data = keep(
        *["id", "name", "subject", "preview_text", "blocks", "is_kit", "revision"],
        *["created_by", "updated_at"],
    )

    class Meta:
        triggers = kept_history(unseen=("updated_at",), unsaid=("blocks",))
        verbose_name = _("template")

    def __str__(self) -> str:
        return self.name
