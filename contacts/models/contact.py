"""A person the campaign has a relation with."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models import F, Func, Value
from django.db.models.functions import Concat, Left, Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from campaign_crm.platform.history import kept_history, keys_go_with_the_person
from campaign_crm.platform.personal_data import erase, keep
from contacts.enums import Channel, Gender, MessageKind, Relationship
from contacts.scoped import ScopedManager

if TYPE_CHECKING:
    from contacts.models.source import Source

BUCKETS = 1024
BIRTH_YEARS = (1880, 2100)


class Fold(Func):
    """The SQL function `fold(text)`: no case, no accents, no punctuation."""

    function = "fold"
    output_field = models.TextField()


class ContactQuerySet(models.QuerySet["Contact"]):
    def visible(self) -> ContactQuerySet:
        """People who may be shown: all but those being erased."""
        return self.filter(erased_at__isnull=True)

    def reachable(
        self,
        *,
        channel: Channel,
        kind: MessageKind,
        targeted: bool,
        source: Source | None = None,
        scope: Collection[int] | None = None,
        at: datetime | None = None,
    ) -> ContactQuerySet:
        """The people of this queryset who may be written to: the only way to an audience.

        `targeted` comes from the classes of the audience's conditions, never from a view. `source` is given
        when a whole source is written to, which alone opens the people of a broker's file. `scope`: ids of
        the territories outside which nobody is written to.
        """
        from contacts.segments.reachability import reachable  # the definition lives with its "why not" twin

        return reachable(
            self, channel=channel, kind=kind, targeted=targeted, source=source, scope=scope, at=at
        )


class Contact(models.Model):
    """A person. A stub (`is_stub`) reads its name and address from its electoral registration.

    `bucket` is fixed and random: the same queryset on some buckets estimates a count. `search_text` is
    projected by `contacts.services.projections` from names, contact points and commune, and `votes_in` from
    the rolls: the polling station, else the commune. A member of the team sees whoever lives (`commune`) or
    votes in their territory.
    """

    civility = models.CharField(pgettext_lazy("of a person", "title"), max_length=8, blank=True)
    first_name = models.CharField(_("first name"), max_length=100, blank=True)
    last_name = models.CharField(_("last name"), max_length=100, blank=True)
    birth_name = models.CharField(_("birth name"), max_length=100, blank=True)
    gender = models.CharField(_("gender"), max_length=1, choices=Gender.choices, blank=True)
    birth_date = models.DateField(_("birth date"), null=True, blank=True)
    # The year alone, while nobody knows the day: `birth_date` goes before it.
    birth_year = models.SmallIntegerField(_("year of birth"), null=True, blank=True)
    birthplace_hash = models.BinaryField(max_length=32, null=True)  # keyed; only ever compared
    language = models.CharField(_("language"), max_length=8, default="fr")
    relationship = models.CharField(
        _("relationship"), max_length=16, choices=Relationship.choices, default=Relationship.OCCASIONAL
    )
    is_stub = models.BooleanField(default=False)
    commune = models.ForeignKey(
        "contacts.Territory",
        verbose_name=_("commune"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        db_index=False,  # `contact_commune` begins with it
    )
    votes_in = models.ForeignKey(
        "contacts.Territory",
        null=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,  # `contact_votes_in`: most people are linked to no elector
    )
    custom = models.JSONField(_("extra fields"), default=dict, blank=True)
    bucket = models.PositiveSmallIntegerField(
        db_default=Func(
            function="floor", template="floor(random() * 1024)", output_field=models.IntegerField()
        ),
        editable=False,
    )
    search_text = models.TextField(blank=True, default="", editable=False)
    name_folded = models.GeneratedField(
        expression=Fold(Concat(F("last_name"), Value(" "), F("first_name"))),
        output_field=models.TextField(),
        db_persist=True,
    )
    created_by_import = models.ForeignKey(
        "contacts.Import", null=True, on_delete=models.SET_NULL, related_name="created_contacts"
    )
    created_at = models.DateTimeField(_("created"), db_default=Now())
    updated_at = models.DateTimeField(_("updated"), db_default=Now())
    erased_at = models.DateTimeField(null=True)

    scoped_by = ("commune", "votes_in")
    objects = ScopedManager.from_queryset(ContactQuerySet)()
    personal_data = keep(
        "id", "bucket", "created_by_import", "created_at", "updated_at", "erased_at"
    ) | erase(
        *[
            "civility",
            "first_name",
            "last_name",
            "birth_name",
            "gender",
            "birth_date",
            "birth_year",
            "birthplace_hash",
            "language",
            "relationship",
        ],
        *["is_stub", "commune", "votes_in", "custom", "search_text", "name_folded"],
    )

    class Meta:
        triggers = [
            *kept_history(
                person="id",
                unseen=("updated_at", "search_text", "name_folded", "bucket"),
                unsaid=("birthplace_hash",),
            ),
            keys_go_with_the_person(),
        ]
        verbose_name = _("person")
        verbose_name_plural = _("people")
        indexes = [
            GinIndex(SearchVector("search_text", config="simple"), name="contact_search"),
            models.Index(OpClass(F("name_folded"), "text_pattern_ops"), F("id"), name="contact_name_prefix"),
            models.Index(fields=["commune", "id"], name="contact_commune"),
            models.Index(
                fields=["votes_in"], name="contact_votes_in", condition=models.Q(votes_in__isnull=False)
            ),
            models.Index(fields=["created_at", "id"], name="contact_created"),
            models.Index(fields=["bucket", "id"], name="contact_bucket"),
            # Who may be one person is looked for by these two; see `contacts.duplicates.candidates`.
            models.Index(
                F("birth_date"),
                Left(Fold("first_name"), 1),
                name="contact_birth_letter",
                condition=models.Q(birth_date__isnull=False),
            ),
            models.Index(
                F("commune"),
                Left("name_folded", 4),
                Left(Fold("first_name"), 1),
                name="contact_place_name",
                condition=models.Q(commune__isnull=False),
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(bucket__lt=BUCKETS), name="contact_bucket_range"),
            models.CheckConstraint(
                condition=models.Q(birth_year__isnull=True) | models.Q(birth_year__range=BIRTH_YEARS),
                name="contact_birth_year_plausible",
                violation_error_message=_("Write a year of birth with four digits, such as 1961."),
            ),
            models.CheckConstraint(
                condition=models.Q(gender__in=["", *Gender.values]), name="contact_gender_known"
            ),
            models.CheckConstraint(
                condition=models.Q(relationship__in=Relationship.values), name="contact_relationship_known"
            ),
        ]

    def __str__(self) -> str:
        return self.full_name or f"#{self.pk}"

    @property
    def year_of_birth(self) -> int | None:
        """Of the day if it is known, else the year alone."""
        return self.birth_date.year if self.birth_date else self.birth_year

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()
