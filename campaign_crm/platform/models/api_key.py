"""Keys of the REST API: of machines, of the browser, of members of the team."""

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
    """A key of the API; only its hash is kept. `prefix` finds it, `scopes` limit it.

    A machine's key is a program's that keeps it secret. A public one stands in a website's pages, for
    everybody to read: it sends what people send by the public pages, from the `origins` it is for. A personal
    token is of a member (`owner`): what it may do is what the member may, where and as long as they may.

    `territory`: the number of the one whose people it reads, behind the walls of a member's scope; null: the
    whole country. No foreign key: territories stand in the app above, and one that is gone holds nobody.
    `earlier_hash`: the secret that was replaced, good until `earlier_until`.
    """

    class Kind(models.TextChoices):
        MACHINE = "machine", _("Of a program")
        PUBLIC = "public", _("Of web pages, public")
        PERSONAL = "personal", _("Of a member")

    kind = models.CharField(
        _("kind"), max_length=8, choices=Kind.choices, default=Kind.MACHINE, db_default=Kind.MACHINE
    )
    name = models.CharField(_("name"), max_length=100)
    prefix = models.CharField(max_length=12, unique=True)
    secret_hash = models.BinaryField(max_length=32)
    earlier_hash = models.BinaryField(max_length=32, null=True)
    earlier_until = models.DateTimeField(null=True)
    scopes = ArrayField(models.CharField(max_length=64), default=list)
    origins = ArrayField(models.CharField(max_length=200), default=list, db_default=[])
    territory = models.BigIntegerField(_("territory"), null=True, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="tokens"
    )
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    personal_data = keep(
        *["id", "kind", "name", "prefix", "secret_hash", "earlier_hash", "earlier_until", "scopes"],
        *["origins", "territory", "owner", "created_by", "created_at"],
        *["expires_at", "revoked_at", "last_used_at"],
    )

    class Meta:
        triggers = kept_history(unseen=("last_used_at",), unsaid=("prefix", "secret_hash", "earlier_hash"))
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind="personal") ^ models.Q(owner__isnull=True),
                name="api_key_personal_has_owner",
            ),
            models.CheckConstraint(
                condition=~models.Q(kind="public") | models.Q(origins__len__gt=0, territory__isnull=True),
                name="api_key_public_has_origins",
                violation_error_message=_("Say on which websites a public key is used."),
            ),
            models.CheckConstraint(
                condition=models.Q(earlier_hash__isnull=True) ^ models.Q(earlier_until__isnull=False),
                name="api_key_earlier_has_end",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def is_public(self) -> bool:
        return self.kind == self.Kind.PUBLIC

    @property
    def reaches(self) -> Scope:
        """Where it may see people: None in the whole country."""
        return None if self.territory is None else frozenset({self.territory})

    @property
    def is_over(self) -> bool:
        """True once the day it was made to end on is past."""
        return self.expires_at is not None and self.expires_at <= timezone.now()

    @property
    def is_in_force(self) -> bool:
        return self.revoked_at is None and not self.is_over

    @property
    def earlier_is_good(self) -> bool:
        """True while the replaced secret still opens what the key opens."""
        return self.earlier_until is not None and self.earlier_until > timezone.now()
