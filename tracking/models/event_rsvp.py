"""Who registered for an event, who waits, who came."""

from __future__ import annotations

import secrets
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from campaign_crm.platform.personal_data import keep, scrub
from contacts.scoped import ScopedManager
from tracking.models.event import MOST_GUESTS, Event
from tracking.models.event_slot import EventSlot

TICKET_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # of a QR code's dense alphabet, none like another
TICKET_LENGTH = 16


def new_ticket() -> str:
    """80 random bits."""
    return "".join(secrets.choice(TICKET_LETTERS) for _place in range(TICKET_LENGTH))


class RsvpQuerySet(models.QuerySet["Rsvp"]):
    def active(self) -> RsvpQuerySet:
        """Without those who cancelled."""
        return self.exclude(state=Rsvp.State.CANCELLED)

    def registered(self) -> RsvpQuerySet:
        return self.filter(state=Rsvp.State.REGISTERED)

    def waiting(self) -> RsvpQuerySet:
        """The waiting list, the first one first."""
        return self.filter(state=Rsvp.State.WAITING).order_by("queued_at", "pk")


class Rsvp(models.Model):
    """One person's place in one time slot.

    Whoever registers for an event of a territory tells it to its team, wherever they live: these rows stand
    behind the wall of the event's territory, with the name and address that were typed for it. `contact` is
    who they are in the base, and empty once they are erased. `consents` are the wordings whose boxes they
    ticked, in force once they confirm (`confirmed_at`). `came_at` follows the newest CheckIn.
    """

    class State(models.TextChoices):
        REGISTERED = "registered", pgettext_lazy("for an event", "Registered")
        WAITING = "waiting", pgettext_lazy("for an event", "On the waiting list")
        CANCELLED = "cancelled", pgettext_lazy("for an event", "Cancelled")

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="rsvps")
    slot = models.ForeignKey(EventSlot, on_delete=models.CASCADE, related_name="rsvps")
    contact = models.ForeignKey(
        "contacts.Contact", null=True, on_delete=models.SET_NULL, related_name="rsvps"
    )
    name = models.CharField(_("name"), max_length=200)
    email = models.EmailField(_("e-mail"), max_length=254, blank=True)
    phone = models.CharField(_("phone"), max_length=30, blank=True)
    address_hash = models.BinaryField(max_length=32, null=True)  # keyed; of the e-mail typed
    language = models.CharField(max_length=8, default="fr")
    guests = models.PositiveSmallIntegerField(_("guests"), default=0)
    state = models.CharField(_("state"), max_length=16, choices=State.choices)
    ticket = models.CharField(max_length=TICKET_LENGTH, default=new_ticket, unique=True, editable=False)
    consents = models.JSONField(default=list)
    came_from = models.CharField(max_length=80, blank=True)
    is_walk_in = models.BooleanField(default=False)
    at = models.DateTimeField(db_default=Now())
    queued_at = models.DateTimeField(db_default=Now())  # of its place on the waiting list
    confirmed_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    came_at = models.DateTimeField(null=True)
    missed_at = models.DateTimeField(null=True)

    scoped_by = ("event__territory",)
    objects = ScopedManager.from_queryset(RsvpQuerySet)()
    personal_data: ClassVar = keep(
        *["id", "event", "slot", "contact", "language", "guests", "state", "ticket", "consents"],
        *["came_from", "is_walk_in", "at", "queued_at", "confirmed_at", "cancelled_at", "came_at"],
        "missed_at",
    ) | scrub("name", "email", "phone", "address_hash")

    class Meta:
        verbose_name = _("registration")
        verbose_name_plural = _("registrations")
        constraints = [
            models.UniqueConstraint(
                fields=["slot", "contact"],
                condition=Q(contact__isnull=False) & ~Q(state="cancelled"),
                name="rsvp_once",
            ),
            models.CheckConstraint(condition=Q(guests__lte=MOST_GUESTS), name="rsvp_few_guests"),
        ]
        indexes = [
            models.Index(fields=["slot", "state", "queued_at"], name="rsvp_waiting"),
            models.Index(fields=["event", "-at"], name="rsvp_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.slot_id} {self.pk}"

    @property
    def seats(self) -> int:
        """The person and who comes with them."""
        return 1 + self.guests

    @property
    def is_registered(self) -> bool:
        return self.state == Rsvp.State.REGISTERED

    @property
    def is_waiting(self) -> bool:
        return self.state == Rsvp.State.WAITING

    @property
    def is_cancelled(self) -> bool:
        return self.state == Rsvp.State.CANCELLED


class CheckIn(models.Model):
    """One mark at the door, under the number that the phone gave it: sent twice, it is one row.

    `came` False takes a mark back. `at` is the phone's moment, never later than its arrival here.
    """

    id = models.UUIDField(primary_key=True)
    rsvp = models.ForeignKey(Rsvp, on_delete=models.CASCADE, related_name="check_ins")
    came = models.BooleanField(default=True)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    received_at = models.DateTimeField(db_default=Now())

    scoped_by = ("rsvp__event__territory",)
    objects: ClassVar[models.Manager[CheckIn]] = ScopedManager()
    personal_data: ClassVar = keep("id", "rsvp", "came", "at", "by", "received_at")

    class Meta:
        verbose_name = _("mark at the door")

    def __str__(self) -> str:
        return f"{self.rsvp_id} {self.came}"
