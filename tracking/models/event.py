"""What takes place: meetings, canvassing, phone banks, online, each with its public page."""

from __future__ import annotations

from typing import ClassVar
from urllib.parse import urlencode

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.history import kept_history
from campaign_crm.platform.personal_data import keep
from contacts.scoped import ScopedManager

MOST_GUESTS = 9
MAP = "https://www.openstreetmap.org/search"
ENGLISH = "en"


class EventQuerySet(models.QuerySet["Event"]):
    def public(self) -> EventQuerySet:
        """Those whose page answers strangers; a cancelled one says so there."""
        return self.filter(state__in=[Event.State.PUBLISHED, Event.State.CANCELLED])

    def listed(self) -> EventQuerySet:
        """Those that public lists and feeds name."""
        return self.filter(state=Event.State.PUBLISHED, is_listed=True)


class EventSeries(models.Model):
    """A rule by which events were made, each with a page of its own."""

    class Rule(models.TextChoices):
        WEEKLY = "weekly", _("Every week")
        FORTNIGHTLY = "fortnightly", _("Every two weeks")
        MONTHLY = "monthly", _("Every month, the same weekday of the month")

    rule = models.CharField(_("repeats"), max_length=16, choices=Rule.choices)
    until = models.DateField(_("until"))
    created_at = models.DateTimeField(db_default=Now())

    personal_data = keep("id", "rule", "until", "created_at")

    class Meta:
        triggers = kept_history()
        verbose_name = _("series of events")

    def __str__(self) -> str:
        return f"{self.get_rule_display()} – {self.until}"


class Event(models.Model):
    """One event: its words in French and English, its place, who welcomes people, what its form asks.

    `territory` None: the whole country's. `consents` lists the boxes of its form as `Form.consents` does,
    never ticked beforehand. `sequence` counts what calendars of registered people must learn (RFC 5545
    §3.8.7.4). `online_url` is told to registered people only.
    """

    class Kind(models.TextChoices):
        MEETING = "meeting", pgettext_lazy("kind of event", "Meeting")
        CANVASSING = "canvassing", pgettext_lazy("kind of event", "Canvassing")
        PHONE_BANK = "phone_bank", pgettext_lazy("kind of event", "Phone bank")
        ONLINE = "online", pgettext_lazy("kind of event", "Online")

    class State(models.TextChoices):
        DRAFT = "draft", pgettext_lazy("of an event", "Draft")
        PUBLISHED = "published", pgettext_lazy("of an event", "Published")
        CANCELLED = "cancelled", pgettext_lazy("of an event", "Cancelled")

    slug = models.SlugField(_("address of the page"), max_length=80, unique=True)
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices, default=Kind.MEETING)
    state = models.CharField(max_length=16, choices=State.choices, default=State.DRAFT)
    title = models.CharField(_("title"), max_length=150)
    title_en = models.CharField(_("title in English"), max_length=150, blank=True)
    text = models.TextField(_("what happens there"), blank=True)
    text_en = models.TextField(_("what happens there, in English"), blank=True)
    venue = models.CharField(_("name of the place"), max_length=150, blank=True)
    street = models.CharField(_("number and street"), max_length=200, blank=True)
    postcode = models.CharField(_("postcode"), max_length=16, blank=True)
    city = models.CharField(_("town"), max_length=100, blank=True)
    commune = models.ForeignKey(
        "contacts.Territory",
        verbose_name=_("commune"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    map_url = models.URLField(_("link to a map"), max_length=500, blank=True)
    access = models.CharField(_("how to get in"), max_length=300, blank=True)
    online_url = models.URLField(_("link to take part online"), max_length=500, blank=True)
    territory = models.ForeignKey(
        "contacts.Territory",
        verbose_name=_("territory"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="events",
    )
    time_zone = models.CharField(max_length=40, default=settings.TIME_ZONE)
    guests_allowed = models.PositiveSmallIntegerField(_("guests that one person may bring"), default=2)
    hosts = models.ManyToManyField(
        settings.AUTH_USER_MODEL, verbose_name=_("hosts"), blank=True, related_name="hosted_events"
    )
    consents = models.JSONField(default=list)
    is_listed = models.BooleanField(_("shown in the public list"), default=True)
    thank_you = models.TextField(_("thank-you message"), blank=True)
    thank_you_en = models.TextField(_("thank-you message in English"), blank=True)
    cancelled_because = models.CharField(_("why it is cancelled"), max_length=300, blank=True)
    sequence = models.PositiveIntegerField(default=0)
    series = models.ForeignKey(EventSeries, null=True, on_delete=models.SET_NULL, related_name="events")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    scoped_by = ("territory",)
    objects = ScopedManager.from_queryset(EventQuerySet)()
    personal_data: ClassVar = keep(
        *["id", "slug", "kind", "state", "title", "title_en", "text", "text_en"],
        *["venue", "street", "postcode", "city", "commune", "map_url", "access", "online_url"],
        *["territory", "time_zone", "guests_allowed", "hosts", "consents", "is_listed"],
        *["thank_you", "thank_you_en", "cancelled_because", "sequence", "series"],
        *["created_by", "created_at", "updated_at"],
    )

    class Meta:
        triggers = kept_history(unseen=("updated_at",), unsaid=("text", "text_en", "online_url"))
        verbose_name = _("event")
        verbose_name_plural = _("events")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(guests_allowed__lte=MOST_GUESTS), name="event_few_guests"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def shown_title(self) -> str:
        """In the active language, as far as it was written."""
        return (self.title_en if get_language() == ENGLISH else "") or self.title

    @property
    def shown_text(self) -> str:
        return (self.text_en if get_language() == ENGLISH else "") or self.text

    @property
    def shown_thank_you(self) -> str:
        return (self.thank_you_en if get_language() == ENGLISH else "") or self.thank_you

    @property
    def is_online(self) -> bool:
        return self.kind == Event.Kind.ONLINE

    @property
    def is_cancelled(self) -> bool:
        return self.state == Event.State.CANCELLED

    @property
    def address(self) -> str:
        """Where it takes place, on one line; empty online."""
        town = f"{self.postcode} {self.city}".strip()
        return ", ".join(part for part in (self.venue, self.street, town) if part)

    @property
    def short_address(self) -> str:
        """The place and its town, for lists."""
        return ", ".join(part for part in (self.venue, self.city) if part)

    @property
    def map_link(self) -> str:
        """The map that the team chose, else one that finds the address."""
        where = ", ".join(part for part in (self.street, f"{self.postcode} {self.city}".strip()) if part)
        return self.map_url or f"{MAP}?{urlencode({'query': where or self.address})}"
