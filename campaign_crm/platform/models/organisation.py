"""The organisation that runs this installation: one row."""

from __future__ import annotations

import uuid

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.history import kept_history
from campaign_crm.platform.personal_data import keep

THE_ROW = 1
colour = RegexValidator(r"^#[0-9a-fA-F]{6}$", _("Write a colour as # and six hexadecimal digits."))


class Organisation(models.Model):
    """Name, legal identity and look; also what ties a database to its keys.

    `sending_enabled` is switched off by a restore: a restored database sends nothing until a person confirms.
    `lineage` numbers the marks kept outside the database, by which any other copy is known (`high_water`);
    none before the first, and after a person has confirmed.
    Without `counting_enabled` no message that leaves has a pixel or a link of its own, and no open or click
    is kept.
    """

    id = models.SmallAutoField(primary_key=True)
    installation_id = models.UUIDField(default=uuid.uuid4, editable=False)
    hash_key_fingerprint = models.CharField(max_length=12, blank=True, editable=False)
    first_admin_digest = models.CharField(max_length=64, blank=True, editable=False)
    sending_enabled = models.BooleanField(_("sending allowed"), default=True)
    lineage = models.PositiveIntegerField(_("number of its marks"), null=True, editable=False)
    counting_enabled = models.BooleanField(_("opens and clicks counted"), default=True, db_default=True)
    name = models.CharField(_("name shown to people"), max_length=120, default="Campaign CRM")
    legal_name = models.CharField(_("legal name (data controller)"), max_length=200, blank=True)
    postal_address = models.TextField(_("postal address"), blank=True)
    contact_email = models.EmailField(_("contact e-mail"), blank=True)
    dpo_contact = models.CharField(_("data-protection contact"), max_length=200, blank=True)
    privacy_url = models.URLField(_("privacy page"), blank=True)
    primary_colour = models.CharField(_("main colour"), max_length=7, default="#1d4ed8", validators=[colour])
    logo = models.FileField(_("logo"), upload_to="organisation/", blank=True)
    default_language = models.CharField(_("default language"), max_length=8, default="fr")

    personal_data = keep(
        *[
            "id",
            "installation_id",
            "hash_key_fingerprint",
            "first_admin_digest",
            "sending_enabled",
            "lineage",
            "counting_enabled",
            "name",
            "legal_name",
            "postal_address",
        ],
        *["contact_email", "dpo_contact", "privacy_url", "primary_colour", "logo", "default_language"],
    )

    class Meta:
        triggers = kept_history(unseen=("hash_key_fingerprint", "first_admin_digest"))
        verbose_name = _("organisation")
        constraints = [models.CheckConstraint(condition=models.Q(id=THE_ROW), name="organisation_single_row")]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def current(cls) -> Organisation:
        """The one row, created with defaults on first use."""
        return cls.objects.get_or_create(id=THE_ROW)[0]
