"""Pictures of the image library, served to recipients."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.personal_data import keep


class Image(models.Model):
    """An uploaded picture, re-encoded on arrival; `key` is its unguessable public name."""

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    file = models.FileField(upload_to="images/")
    content_type = models.CharField(max_length=20)
    alt = models.CharField(_("description"), max_length=200, blank=True)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(auto_now_add=True)

    personal_data = keep(
        "id", "key", "file", "content_type", "alt", "width", "height", "uploaded_by", "created_at"
    )

    class Meta:
        verbose_name = _("image")

    def __str__(self) -> str:
        return self.alt or str(self.key)

    @property
    def path(self) -> str:
        """Its public address below the site's: in sent messages for ever, so it never changes."""
        return f"/i/{self.key}.{self.file.name.rpartition('.')[2]}"

    @property
    def url(self) -> str:
        """Its whole public address."""
        return f"{settings.PUBLIC_URL}{self.path}"
