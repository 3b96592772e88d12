"""Where data came from, and what that allows."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.history import kept_history
from campaign_crm.platform.personal_data import erase, keep
from contacts.enums import BROKER_KINDS, Channel, LawfulBasis, SourceKind
from contacts.scoped import ScopedManager

# Sources that the program makes by itself keep one name in the database, whoever reads.
OWN_NAMES = {
    "Preference page": _("Preference page"),
    "Typed by hand": _("Typed by hand"),
    "Sent by the API": _("Sent by the API"),
}


class Source(models.Model):
    """One origin of data: a roll, an address book, a broker's file, a form, the API, or hand.

    `channels` are those that the basis opens; `rank` orders sources when two disagree (lower is better).
    `proof` says where the evidence is kept; `balance` is the written balance of a legitimate interest.
    """

    name = models.CharField(_("name"), max_length=150, unique=True)
    kind = models.CharField(_("kind"), max_length=20, choices=SourceKind.choices)
    lawful_basis = models.CharField(_("what allows you"), max_length=24, choices=LawfulBasis.choices)
    channels = ArrayField(
        models.CharField(max_length=8, choices=Channel.choices),
        verbose_name=_("channels allowed"),
        default=list,
        blank=True,
    )
    supplier = models.CharField(_("supplier"), max_length=150, blank=True)
    licence_ends_on = models.DateField(_("licence ends on"), null=True, blank=True)
    consent_wording = models.TextField(_("wording people agreed to"), blank=True)
    proof = models.TextField(_("proof"), blank=True)
    balance = models.TextField(_("balance of interests"), blank=True)
    origin_text = models.CharField(
        _("origin, as told to people"),
        max_length=300,
        blank=True,
        help_text=_("Completes “We write to you because…”, in every message."),
    )
    # Its data goes after the last of them: rolls serve a vote (`contacts.retention`).
    elections = models.ManyToManyField(
        "contacts.Election",
        verbose_name=_("elections it is kept for"),
        blank=True,
        related_name="sources",
        help_text=_("A roll goes some days after the last of them: tick none, and nothing says when."),
    )
    rank = models.PositiveSmallIntegerField(_("rank"), default=50)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(db_default=Now())

    personal_data = keep(
        *[
            "id",
            "name",
            "kind",
            "lawful_basis",
            "channels",
            "supplier",
            "licence_ends_on",
            "consent_wording",
            "proof",
            "balance",
        ],
        *["origin_text", "elections", "rank", "created_by", "created_at"],
    )

    class Meta:
        triggers = kept_history()
        verbose_name = _("source")
        constraints = [
            models.CheckConstraint(condition=models.Q(kind__in=SourceKind.values), name="source_kind_known"),
            models.CheckConstraint(
                condition=models.Q(lawful_basis__in=LawfulBasis.values), name="source_basis_known"
            ),
            models.CheckConstraint(
                condition=~models.Q(kind__in=BROKER_KINDS) | ~models.Q(supplier=""),
                name="source_broker_has_supplier",
                violation_error_message=_("Name the supplier of this file."),
            ),
            models.CheckConstraint(
                condition=~models.Q(kind="broker_rental") | models.Q(licence_ends_on__isnull=False),
                name="source_rental_has_end",
                violation_error_message=_("Say when the licence of this rented file ends."),
            ),
        ]

    def __str__(self) -> str:
        """Its name, in the reader's language where the program gave it."""
        return str(OWN_NAMES.get(self.name, self.name))

    @property
    def is_broker(self) -> bool:
        return self.kind in BROKER_KINDS

    @property
    def channel_labels(self) -> list[str]:
        return [str(Channel(channel).label) for channel in self.channels]


class ContactSourceQuerySet(models.QuerySet["ContactSource"]):
    def opening(self, source: Source, channel: str) -> ContactSourceQuerySet:
        """The people to whom this source opens the channel, as far as its files say of each.

        Where consent is what allows it, whoever has an empty or a negative cell did not agree.
        """
        links = self.filter(source=source)
        if source.lawful_basis != LawfulBasis.CONSENT:
            return links
        return links.exclude(**{"said__-1__not__contains": [channel]})


class ContactSource(models.Model):
    """A source that named a person: two files naming the same person give one contact, two rows here.

    `said`: what the files of the source say of their agreement, one entry a file, the newest last:
    {"import", "on": newest day of collection or null, "not": [channels whose cell is empty or says no],
    "rows": [{"cells": {channel: as written}, "words", "proof", "on"}]}. Null when they say nothing of it.
    """

    pk = models.CompositePrimaryKey("contact_id", "source_id")
    contact = models.ForeignKey(
        "contacts.Contact",
        on_delete=models.CASCADE,
        related_name="source_links",
        db_index=False,  # the primary key begins with it
    )
    source = models.ForeignKey(
        Source,
        on_delete=models.PROTECT,
        related_name="contact_links",
        db_index=False,  # `contact_source_by_source` begins with it
    )
    created_by_import = models.ForeignKey("contacts.Import", null=True, on_delete=models.SET_NULL)
    first_seen_at = models.DateTimeField(db_default=Now())
    collected_on = models.DateField(null=True)
    said = models.JSONField(null=True)

    personal_data = keep(
        *["pk", "contact", "source", "created_by_import", "first_seen_at", "collected_on"]
    ) | erase("said")

    objects = ScopedManager.from_queryset(ContactSourceQuerySet)()

    class Meta:
        triggers = kept_history(person="contact_id", key=("contact_id", "source_id"))
        indexes = [models.Index(fields=["source", "contact"], name="contact_source_by_source")]

    def __str__(self) -> str:
        return f"{self.contact_id} from {self.source_id}"


class SourceRow(models.Model):
    """A row that a source once gave, and who it became: the same row, given again, is the same person.

    `digest` stands for the normalised values of the row. Without it a name alone, with no address to know the
    person by, would come in again with every import, and so would people whom staff renamed since.
    """

    pk = models.CompositePrimaryKey("source_id", "digest")
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+", db_index=False)
    digest = models.UUIDField()
    contact = models.ForeignKey("contacts.Contact", on_delete=models.CASCADE, related_name="source_rows")
    created_by_import = models.ForeignKey("contacts.Import", null=True, on_delete=models.SET_NULL)

    objects: ClassVar[models.Manager[SourceRow]] = ScopedManager()
    personal_data = keep("pk", "source", "created_by_import") | erase("digest", "contact")

    def __str__(self) -> str:
        return f"row of source {self.source_id}, contact {self.contact_id}"
