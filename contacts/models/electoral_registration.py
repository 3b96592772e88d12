"""Rows of electoral rolls: complete in themselves, never copied to Contact."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models import F, Value
from django.db.models.functions import Concat, Now
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.history import ALL_COLUMNS, kept_history
from campaign_crm.platform.personal_data import erase, keep
from contacts.enums import Gender
from contacts.models.contact import Fold
from contacts.scoped import ScopedManager


class RollKind(models.IntegerChoices):
    """Main list, or a complementary list of European citizens."""

    MAIN = 1, _("Main list")
    MUNICIPAL = 2, _("Municipal complementary list")
    EUROPEAN = 3, _("European complementary list")


class FoldedUsedName(models.Func):
    """What `name_folded` is for the birth name: `fold(used_name || ' ' || first_names)`."""

    function = "fold"
    arg_joiner = " || ' ' || "
    output_field = models.TextField()


class ElectoralRegistrationQuerySet(models.QuerySet["ElectoralRegistration"]):
    def on_the_roll(self) -> ElectoralRegistrationQuerySet:
        """Electors of today: without those whom a newer roll has no more."""
        return self.filter(left_on=None)


class ElectoralRegistration(models.Model):
    """One row of an electoral roll; on screen an *elector*.

    `identity` is a 128-bit digest of what makes the row itself across exports (commune, list, folded names,
    birth date, birthplace hash, and a rank among true homonyms): importing the same roll twice changes
    nothing. It begins with the commune's code and the list, so that one roll stays together in the index.
    `birth_date_raw` keeps a date that is not one ("00/00/1953"). Birthplace is a keyed hash only.

    Its references are held by statement triggers (`migrations/sql/registration_references.sql` and
    `registration_contact.sql`): checking them row by row was more than half of an import.
    """

    identity = models.UUIDField(unique=True)
    source = models.ForeignKey(
        "contacts.Source",
        on_delete=models.PROTECT,
        related_name="registrations",
        db_constraint=False,
        db_index=False,  # one roll is one source: found by its communes
    )
    created_by_import = models.ForeignKey(
        "contacts.Import",
        null=True,
        on_delete=models.SET_NULL,
        related_name="created_registrations",
        db_constraint=False,
        db_index=False,  # one roll is one import: found by its communes, `Import.options["communes"]`
    )
    contact = models.ForeignKey(
        "contacts.Contact",
        null=True,
        on_delete=models.SET_NULL,
        related_name="registrations",
        db_constraint=False,
        db_index=False,  # `registration_contact`: most electors have none
    )
    commune = models.ForeignKey(
        "contacts.Territory",
        on_delete=models.PROTECT,
        related_name="+",
        db_constraint=False,
        db_index=False,  # `registration_place` begins with it
    )
    polling_station = models.ForeignKey(
        "contacts.Territory",
        null=True,
        on_delete=models.PROTECT,
        related_name="registrations",
        db_constraint=False,
        db_index=False,  # by commune: `registration_place`; people by where they vote: `registration_voters`
    )
    roll_kind = models.PositiveSmallIntegerField(_("list"), choices=RollKind.choices, default=RollKind.MAIN)
    order_number = models.PositiveIntegerField(_("order number"), null=True)
    birth_name = models.CharField(_("birth name"), max_length=100)
    used_name = models.CharField(_("used name"), max_length=100, blank=True)
    first_names = models.CharField(_("first names"), max_length=150, blank=True)
    gender = models.CharField(_("sex"), max_length=1, choices=Gender.choices, blank=True)
    birth_date = models.DateField(_("birth date"), null=True)
    birth_date_raw = models.CharField(max_length=20, blank=True)
    birthplace_hash = models.BinaryField(max_length=32, null=True)
    street = models.CharField(_("number and street"), max_length=200, blank=True)
    complement = models.CharField(_("complement"), max_length=200, blank=True)
    locality = models.CharField(_("hamlet or place"), max_length=100, blank=True)
    postcode = models.CharField(_("postcode"), max_length=16, blank=True)
    city = models.CharField(_("city"), max_length=100, blank=True)
    country = models.CharField(_("country"), max_length=60, blank=True)
    left_on = models.DateField(_("left the roll"), null=True)  # a newer roll of the commune has them no more
    name_folded = models.GeneratedField(
        expression=Fold(Concat(F("birth_name"), Value(" "), F("first_names"))),
        output_field=models.TextField(),
        db_persist=True,
    )

    scoped_by = ("commune", "polling_station")
    objects = ScopedManager.from_queryset(ElectoralRegistrationQuerySet)()

    personal_data = keep("id", "identity", "source", "created_by_import", "contact") | erase(
        *[
            "commune",
            "polling_station",
            "roll_kind",
            "order_number",
            "birth_name",
            "used_name",
            "first_names",
            "gender",
            "birth_date",
        ],
        *[
            "birth_date_raw",
            "birthplace_hash",
            "street",
            "complement",
            "locality",
            "postcode",
            "city",
            "country",
            "left_on",
            "name_folded",
        ],
    )

    class Meta:
        triggers = kept_history(
            "U", person="contact_id", unseen=("name_folded", "identity"), unsaid=ALL_COLUMNS
        )
        verbose_name = _("elector")
        indexes = [
            # A birth date beside the name: matching a person reads no row of a namesake.
            models.Index(
                OpClass(F("name_folded"), "text_pattern_ops"),
                F("birth_date"),
                name="registration_name_prefix",
            ),
            models.Index(
                OpClass(FoldedUsedName(F("used_name"), F("first_names")), "text_pattern_ops"),
                F("birth_date"),
                name="registration_used_name",
                condition=~models.Q(used_name=""),
            ),
            models.Index(fields=["commune", "polling_station"], name="registration_place"),
            models.Index(
                fields=["contact"], name="registration_contact", condition=models.Q(contact__isnull=False)
            ),
            # A segment of people who vote in a canton or constituency starts at its stations.
            models.Index(
                fields=["polling_station"],
                name="registration_voters",
                condition=models.Q(contact__isnull=False),
            ),
            # People who are known from a roll only are found by the name that stands there.
            models.Index(
                OpClass(F("name_folded"), "text_pattern_ops"),
                name="registration_linked_name",
                condition=models.Q(contact__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first_names} {self.birth_name}".strip()


class RegistrationMatch(models.Model):
    """A contact and an elector who may be the same person, and what was decided.

    `pending` waits in the review queue; `linked` is in force (`ElectoralRegistration.contact` is set);
    `refused` ("not the same") and `undone` are remembered, so that the pair is not proposed again.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("To review")
        LINKED = "linked", _("Linked")
        REFUSED = "refused", _("Not the same")
        UNDONE = "undone", _("Link undone")

    contact = models.ForeignKey(
        "contacts.Contact", on_delete=models.CASCADE, related_name="registration_matches"
    )
    registration = models.ForeignKey(ElectoralRegistration, on_delete=models.CASCADE, related_name="matches")
    state = models.CharField(max_length=8, choices=State.choices)
    automatic = models.BooleanField(default=True)
    evidence = models.JSONField(default=dict)  # which facts agree: {"names": true, "birth_date": true, ...}
    created_at = models.DateTimeField(db_default=Now())
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    decided_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager[RegistrationMatch]] = ScopedManager()
    personal_data = keep("id", "contact", "registration", "state", "automatic") | erase(
        "evidence", "created_at", "decided_by", "decided_at"
    )

    class Meta:
        triggers = kept_history(person="contact_id", unsaid=("evidence",))
        constraints = [
            models.UniqueConstraint(fields=["contact", "registration"], name="registration_match_pair_unique")
        ]
        indexes = [
            models.Index(
                fields=["id"], name="registration_match_pending", condition=models.Q(state="pending")
            )
        ]

    def __str__(self) -> str:
        return f"{self.contact_id} ~ {self.registration_id} {self.state}"
