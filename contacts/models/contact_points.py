"""Where a person can be reached: e-mail addresses, phone numbers, postal addresses.

`address_hash` is what the do-not-contact list compares: `keyed_hash("email", normalised)` or
`keyed_hash("phone", e164)`. `save()` keeps it; set-based writers compute it by `crm_keyed_hash` (after
`platform.database.lend_hash_key()`); the database refuses a row without it.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models import F
from django.db.models.functions import Now
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.crypto import keyed_hash
from campaign_crm.platform.history import kept_history
from campaign_crm.platform.personal_data import erase, keep
from contacts.enums import PointStatus
from contacts.mail_domains import likely_address
from contacts.scoped import ScopedManager

HASH_BYTES = 32


class HashLength(models.Func):
    """Bytes of a hash: a CHECK on it refuses a row written without one."""

    function = "octet_length"
    output_field = models.IntegerField()


class ContactPoint(models.Model):
    """What every contact point has: its owner, its state and where it came from."""

    contact = models.ForeignKey(
        "contacts.Contact",
        on_delete=models.CASCADE,
        related_name="%(class)s_set",
        db_index=False,  # "once a person" begins with it, for each kind
    )
    status = models.CharField(
        _("state"), max_length=16, choices=PointStatus.choices, default=PointStatus.ACTIVE
    )
    is_primary = models.BooleanField(_("main"), default=True)
    source = models.ForeignKey(
        "contacts.Source", verbose_name=_("where it came from"), null=True, on_delete=models.PROTECT
    )
    created_by_import = models.ForeignKey("contacts.Import", null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        abstract = True


_OWN = keep("id", "contact", "status", "is_primary", "source", "created_by_import", "created_at")


class EmailAddress(ContactPoint):
    """An e-mail address as it was given; `normalised` is lower case with an ASCII domain (IDNA)."""

    address = models.CharField(_("e-mail"), max_length=254)
    normalised = models.CharField(max_length=254)
    address_hash = models.BinaryField(max_length=HASH_BYTES)
    verified_at = models.DateTimeField(_("confirmed"), null=True)

    objects: ClassVar[models.Manager[EmailAddress]] = ScopedManager()
    personal_data = _OWN | erase("address", "normalised", "address_hash", "verified_at")

    class Meta:
        triggers = kept_history(person="contact_id", unseen=("address_hash", "normalised"))
        verbose_name = _("e-mail address")
        verbose_name_plural = _("e-mail addresses")
        constraints = [
            models.UniqueConstraint(
                fields=["contact", "normalised"],
                name="email_once_per_contact",
                violation_error_message=_("This person already has this e-mail address."),
            ),
            models.UniqueConstraint(
                fields=["contact"], condition=models.Q(is_primary=True), name="email_one_primary"
            ),
            models.CheckConstraint(
                condition=Exact(HashLength("address_hash"), HASH_BYTES), name="email_hashed"
            ),
        ]
        indexes = [
            models.Index(OpClass(F("normalised"), "varchar_pattern_ops"), name="email_normalised"),
            models.Index(fields=["address_hash"], name="email_hash"),
        ]

    def __str__(self) -> str:
        return self.address

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.address_hash = keyed_hash("email", self.normalised)
        super().save(*args, **kwargs)

    @property
    def perhaps_meant(self) -> str | None:
        """Another address when the domain looks misspelt; nothing changes it but a person."""
        return likely_address(self.normalised)


class PhoneLine(models.TextChoices):
    MOBILE = "mobile", _("Mobile")
    FIXED = "fixed", _("Landline")
    OTHER = "other", _("Other")


class PhoneNumber(ContactPoint):
    """A phone number in E.164 form, such as +33639980000."""

    e164 = models.CharField(_("phone"), max_length=16)
    line = models.CharField(_("line"), max_length=8, choices=PhoneLine.choices, default=PhoneLine.OTHER)
    address_hash = models.BinaryField(max_length=HASH_BYTES)
    verified_at = models.DateTimeField(_("confirmed"), null=True)

    objects: ClassVar[models.Manager[PhoneNumber]] = ScopedManager()
    personal_data = _OWN | erase("e164", "line", "address_hash", "verified_at")

    class Meta:
        triggers = kept_history(person="contact_id", unseen=("address_hash",))
        verbose_name = _("phone number")
        verbose_name_plural = _("phone numbers")
        constraints = [
            models.UniqueConstraint(
                fields=["contact", "e164"],
                name="phone_once_per_contact",
                violation_error_message=_("This person already has this phone number."),
            ),
            models.UniqueConstraint(
                fields=["contact"], condition=models.Q(is_primary=True), name="phone_one_primary"
            ),
            models.CheckConstraint(
                condition=models.Q(e164__regex=r"^\+[1-9][0-9]{5,14}$"),
                name="phone_is_e164",
                violation_error_message=_("Write the number in international form, such as +33639980000."),
            ),
            models.CheckConstraint(
                condition=Exact(HashLength("address_hash"), HASH_BYTES), name="phone_hashed"
            ),
        ]
        indexes = [
            models.Index(OpClass(F("e164"), "varchar_pattern_ops"), name="phone_e164"),
            models.Index(fields=["address_hash"], name="phone_hash"),
        ]

    def __str__(self) -> str:
        return self.e164

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.address_hash = keyed_hash("phone", self.e164)
        super().save(*args, **kwargs)


class PostalAddress(ContactPoint):
    """A postal address; `commune` is set when it could be recognised."""

    line1 = models.CharField(_("number and street"), max_length=200, blank=True)
    line2 = models.CharField(_("complement"), max_length=200, blank=True)
    locality = models.CharField(_("hamlet or place"), max_length=100, blank=True)
    postcode = models.CharField(_("postcode"), max_length=16, blank=True)
    city = models.CharField(_("city"), max_length=100, blank=True)
    country = models.CharField(_("country"), max_length=60, blank=True)
    commune = models.ForeignKey("contacts.Territory", null=True, on_delete=models.SET_NULL)
    folded = models.GeneratedField(
        # The first line, postcode and city; with the hamlet where no street is named.
        expression=models.Func("line1", "line2", "locality", "postcode", "city", function="home_key"),
        output_field=models.TextField(),
        db_persist=True,
    )

    objects: ClassVar[models.Manager[PostalAddress]] = ScopedManager()
    personal_data = _OWN | erase(
        "line1", "line2", "locality", "postcode", "city", "country", "commune", "folded"
    )

    class Meta:
        triggers = kept_history(person="contact_id", unseen=("folded",))
        verbose_name = _("postal address")
        verbose_name_plural = _("postal addresses")
        constraints = [
            models.UniqueConstraint(
                fields=["contact"], condition=models.Q(is_primary=True), name="postal_one_primary"
            ),
            models.UniqueConstraint(fields=["contact", "folded"], name="postal_once_per_contact"),
        ]
        indexes = [models.Index(fields=["folded"], name="postal_folded")]  # who lives at one address

    def __str__(self) -> str:
        place = self.line1 or self.locality
        return ", ".join(part for part in (place, f"{self.postcode} {self.city}".strip()) if part)
