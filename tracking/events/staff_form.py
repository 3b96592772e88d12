"""The team's form about an event and its time slots. Times are those of the place."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import Q, QuerySet
from django.forms import formset_factory
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform import walls
from campaign_crm.platform.models import User
from campaign_crm.platform.rights import RIGHTS_OF, Right
from contacts.enums import TerritoryKind
from contacts.models import Territory
from contacts.territories.lookup import resolve_commune
from contacts.views.place_field import PlaceField
from tracking.events.places import zone_of
from tracking.events.slots import SlotPlan
from tracking.forms.block_types import CONSENT_BOXES
from tracking.models import Event, EventSeries, EventSlot

TERRITORIES = (TerritoryKind.REGION, TerritoryKind.DEPARTMENT, TerritoryKind.COMMUNE,
               TerritoryKind.MUNICIPAL_ARRONDISSEMENT)  # fmt: skip
WELCOMING = [role for role, rights in RIGHTS_OF.items() if Right.CHECK_IN in rights]
MOST_SLOTS = 60


class EventForm(forms.ModelForm[Event]):
    """What the page says, and who welcomes people. `by`: whose territories it may be of."""

    territory = PlaceField(
        kinds=TERRITORIES,
        label=_("Territory"),
        required=False,
        help_text=_("Whose event it is: its team prepares it and sees who registers."),
    )
    map_url = forms.URLField(
        label=_("Link to a map"),
        max_length=500,
        required=False,
        assume_scheme="https",
        help_text=_("Leave it empty for a map that finds the address by itself."),
    )
    online_url = forms.URLField(
        label=_("Link to take part online"),
        max_length=500,
        required=False,
        assume_scheme="https",
        help_text=_("Told to registered people only."),
    )
    boxes = forms.MultipleChoiceField(
        label=_("Boxes to tick"),
        choices=[(key, label) for key, (_channel, _purpose, label) in CONSENT_BOXES.items()],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Each is separate and never ticked beforehand; the exact wording is kept as proof."),
    )

    class Meta:
        model = Event
        fields = [
            *["kind", "title", "title_en", "text", "text_en"],
            *["venue", "street", "postcode", "city", "access", "map_url", "online_url"],
            *["territory", "hosts", "guests_allowed", "is_listed", "thank_you", "thank_you_en"],
        ]
        widgets = {
            "kind": forms.RadioSelect,
            "text": forms.Textarea({"rows": 5}),
            "text_en": forms.Textarea({"rows": 5}),
            "thank_you": forms.Textarea({"rows": 3}),
            "thank_you_en": forms.Textarea({"rows": 3}),
            "hosts": forms.CheckboxSelectMultiple,
            "postcode": forms.TextInput({"class": "short"}),
        }
        help_texts = {
            "access": _("The entrance, the floor, a bus line, a way in for wheelchairs."),
            "hosts": _("They see this event alone, and who comes to it."),
            "guests_allowed": _("0 to 9."),
            "thank_you": _("Sent after it, to those who came. Leave it empty to send nothing."),
        }

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.scope = by.scope_of(Right.EDIT_EVENTS)
        self.fields["hosts"].queryset = hosts_for(self.scope)  # type: ignore[attr-defined]
        boxes = [f"{box['channel']}:{box['purpose']}" for box in self.instance.consents]
        self.initial["boxes"] = boxes if self.instance.pk else list(CONSENT_BOXES)[:1]
        if self.scope is not None:
            self.fields["territory"].required = True
            if self.instance.pk is None and len(self.scope) == 1:
                self.initial["territory"] = next(iter(self.scope))

    def clean_territory(self) -> Territory | None:
        chosen: Territory | None = self.cleaned_data["territory"]
        if chosen is not None and not walls.covers(self.scope, frozenset({chosen.pk})):
            raise forms.ValidationError(_("This place is not in your territory."))
        return chosen

    def clean(self) -> dict[str, Any]:
        """A host must hold the right where the event is: else they would find its page closed."""
        cleaned = super().clean() or {}
        territory = cleaned.get("territory")
        where = None if territory is None else frozenset({territory.pk})
        closed = [
            str(host)
            for host in cleaned.get("hosts", [])
            if not walls.covers(host.scope_of(Right.CHECK_IN), where)
        ]
        if closed and "territory" in cleaned:
            message = _("They hold no role in this territory that welcomes people: %(names)s")
            self.add_error("hosts", message % {"names": ", ".join(closed)})
        return cleaned

    def chosen(self) -> dict[str, Any]:
        """Values of the model's fields, hosts beside; call after `is_valid()`."""
        names = [name for name in self.Meta.fields if name != "hosts"]
        values = {name: self.cleaned_data[name] for name in names}
        ticked = self.cleaned_data["boxes"]
        values["consents"] = [
            {"channel": channel.value, "purpose": purpose.value}
            for key, (channel, purpose, _label) in CONSENT_BOXES.items()
            if key in ticked
        ]
        return values | {"commune": commune_of(values["postcode"], values["city"])}


def hosts_for(scope: walls.Scope) -> QuerySet[User]:
    """Who may welcome people: of one's own territory, for whoever prepares events there."""
    national = Q(role__in=WELCOMING)
    granted = Q(grants__role__in=WELCOMING)
    if scope is not None:
        granted &= Q(grants__territory__in=walls.contents(scope))
        national = Q(pk__in=[])
    found: QuerySet[User] = User.objects.filter(national | granted, is_active=True)
    return found.distinct().order_by("full_name", "email")


def commune_of(postcode: str, city: str) -> Territory | None:
    found = resolve_commune(postcode=postcode, name=city) if postcode or city else None
    return Territory.objects.get(pk=found.territory_id) if found else None


class SlotForm(forms.Form):
    """One time slot; an empty line is none. What ends before it begins ends the day after."""

    pk = forms.IntegerField(required=False, widget=forms.HiddenInput)
    day = forms.DateField(label=_("Day"), widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"))
    begins = forms.TimeField(label=_("From"), widget=forms.TimeInput({"type": "time"}, format="%H:%M"))
    ends = forms.TimeField(label=_("To"), widget=forms.TimeInput({"type": "time"}, format="%H:%M"))
    capacity = forms.IntegerField(
        label=_("Seats"), required=False, min_value=1, max_value=1_000_000, help_text=_("Empty: no limit.")
    )

    def plan(self, zone: str) -> SlotPlan:
        data = self.cleaned_data
        starts_at = _moment(data["day"], data["begins"], zone)
        ends_at = _moment(data["day"], data["ends"], zone)
        if ends_at <= starts_at:
            ends_at = _moment(data["day"] + timedelta(days=1), data["ends"], zone)
        return SlotPlan(starts_at, ends_at, data["capacity"], data["pk"])


SlotForms = formset_factory(SlotForm, extra=2, can_delete=True, max_num=MOST_SLOTS, absolute_max=MOST_SLOTS)


def slot_initial(event: Event) -> list[dict[str, Any]]:
    """What the lines of the slots hold at first; of a new event, next week's evening."""
    if event.pk is None:
        return [{"day": timezone.localdate() + timedelta(days=7), "begins": time(19), "ends": time(21)}]
    return [_line(slot) for slot in event.slots.select_related("event").order_by("starts_at")]


def plans_of(event: Event, forms_of_slots: Any) -> list[SlotPlan]:
    """The slots that were written, on the clock of the event's place; numbers of others' slots are none."""
    zone = zone_of(event)
    own = set(event.slots.values_list("pk", flat=True)) if event.pk else set()
    written = [one for one in forms_of_slots if one.has_changed() or one.initial]
    plans = [one.plan(zone) for one in written if not one.cleaned_data.get("DELETE")]
    return [
        plan if plan.pk in own else SlotPlan(plan.starts_at, plan.ends_at, plan.capacity) for plan in plans
    ]


def _line(slot: EventSlot) -> dict[str, Any]:
    return {
        "pk": slot.pk,
        "day": slot.local_start.date(),
        "begins": slot.local_start.time(),
        "ends": slot.local_end.time(),
        "capacity": slot.capacity,
    }


def _moment(day: date, hour: time, zone: str) -> datetime:
    return datetime.combine(day, hour, tzinfo=ZoneInfo(zone))


class RepeatForm(forms.Form):
    """By which rule an event repeats, and as what."""

    rule = forms.ChoiceField(label=_("Repeats"), choices=EventSeries.Rule.choices)
    until = forms.DateField(label=_("Until"), widget=forms.DateInput({"type": "date"}))
    makes = forms.ChoiceField(
        label=_("Each date is"),
        choices=[
            ("events", _("An event of its own, with its page (as a draft)")),
            ("slots", _("A time slot of this page")),
        ],
        widget=forms.RadioSelect,
        initial="events",
    )
