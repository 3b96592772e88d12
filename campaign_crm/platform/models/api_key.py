"""Machine keys of the REST API."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.history import kept_history
from campaign_crm.platform.personal_data import keep
from campaign_crm.platform.walls import Scope


class ApiKey(models.Model):
    """A key of the party's website; only its hash is kept. `prefix` finds it, `scopes` limit it.

    `territory`: the number of the one whose people it reads, behind the walls of a member's scope; null: the
    whole country. No foreign key: territories stand in the app above, and one that is gone holds nobody.
    """

    name = models.CharField(_("name"), max_length=100)
    prefix = models.CharField(max_length=12, unique=True)
    secret_hash = models.BinaryField(max_length=32)
    scopes = ArrayField(models.CharField(max_length=64), default=list)
    territory = models.BigIntegerField(_("territory"), null=True, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    personal_data = keep(
        *[
            "id",
            "name",
            "prefix",
            "secret_hash",
            "scopes",
            "territory",
            "created_by",
            "created_at",
            "expires_at",
            "revoked_at",
            "last_used_at",
        ]
    )

    class Meta:
        triggers = kept_history(unseen=("last_used_at",), unsaid=("prefix", "secret_hash"))
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def reaches(self) -> Scope:
        """Where it may see people: None in the whole country."""
        return None if self.territory is None else frozenset({self.territory})

    @property
    def is_over(self) -> bool:
        """True once the day it was made to end on is past."""
        return self.expires_at is not None and self.expires_at <= timezone.now()
