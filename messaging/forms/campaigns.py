"""Forms of a mailing: beginning it, its audience, sending it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.models import User
from campaign_crm.platform.walls import current_scope
from contacts.enums import MessageKind
from contacts.models import ContactSource, List, Newsletter, Segment, Source, Territory
from contacts.models.contact import BUCKETS
from contacts.segments.audience import LARGEST_SLICE, REST, SLICE, bucket_for
from contacts.selectors import lists_here
from messaging.enums import Moment
from messaging.models import Campaign, Operation, Template
from messaging.services.slices import last_slice

PREVIOUS_OFFERED = 60
PARTS_OF_A_SOURCE = [
    ("", _("The whole source")),
    (SLICE, _("A test slice, drawn by chance")),
    (REST, _("The rest, after the test slice")),
]


class NewCampaignForm(forms.Form):
    """A name and where to begin."""

    name = forms.CharField(
        label=_("Name of the mailing"),
        max_length=150,
        help_text=_("For your team; readers never see it."),
        widget=forms.TextInput({"autofocus": True}),
    )
    start = forms.ChoiceField(
        label=_("Begin with"),
        choices=[
            ("blank", _("A blank message")),
            ("template", _("A template")),
            ("previous", _("An earlier mailing")),
        ],
        initial="blank",
    )
    template = forms.ModelChoiceField(Template.objects.order_by("name"), label=_("Template"), required=False)
    previous = forms.ModelChoiceField(
        Campaign.objects.none(), label=_("Earlier mailing"), required=False, empty_label=_("Choose a mailing")
    )
    territory = forms.ModelChoiceField(
        Territory.objects.none(),
        label=_("Territory"),
        empty_label=None,
        help_text=_("Nobody outside it is written to."),
    )
    operation_name = forms.CharField(
        label=_("Operation"),
        max_length=120,
        required=False,
        help_text=_("Groups mailings about one subject, on several channels: “Rally in Lyon”."),
        widget=forms.TextInput({"list": "operations"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        newest = Campaign.objects.filter(standing_for="").order_by("-pk").values("pk")[:PREVIOUS_OFFERED]
        self.fields["previous"].queryset = Campaign.objects.filter(  # type: ignore[attr-defined]
            pk__in=list(newest.values_list("pk", flat=True)) + self._asked()
        ).order_by("-pk")
        self.fields["template"].empty_label = _("Choose a template")  # type: ignore[attr-defined]
        scope = current_scope()
        if scope is None:
            del self.fields["territory"]
        else:
            places = Territory.objects.filter(pk__in=scope).order_by("name")
            self.fields["territory"].queryset = places  # type: ignore[attr-defined]
            self.fields["territory"].initial = places.first()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        start = cleaned.get("start")
        if start in ("template", "previous") and not cleaned.get(start) and start not in self.errors:
            self.add_error(start, _("Choose one, or begin with a blank message."))
        return cleaned

    def operation(self) -> Operation | None:
        """The operation named, made if it is new; None when none is named."""
        name = " ".join(self.cleaned_data["operation_name"].split())
        return Operation.objects.get_or_create(name=name)[0] if name else None

    def operation_names(self) -> list[str]:
        return list(Operation.objects.order_by("name").values_list("name", flat=True)[:200])

    def _asked(self) -> list[int]:
        """An older mailing that a link on its page names."""
        asked = str(self.data.get("previous") or self.initial.get("previous") or "")
        found = asked.isdecimal() and Campaign.objects.filter(pk=asked, standing_for="").exists()
        return [int(asked)] if found else []


class AudienceForm(forms.Form):
    """Who receives a mailing, and what kind of message it is."""

    TYPES = (
        ("everyone", _("Everyone")),
        ("segment", _("A segment")),
        ("list", _("A fixed list")),
        ("newsletter", _("A newsletter")),
        ("source", _("A whole source")),
    )

    type = forms.ChoiceField(label=_("Who receives it"), choices=TYPES)
    segment = forms.ModelChoiceField(Segment.objects.order_by("name"), label=_("Segment"), required=False)
    list = forms.ModelChoiceField(List.objects.order_by("name"), label=_("Fixed list"), required=False)
    newsletter = forms.ModelChoiceField(
        Newsletter.objects.order_by("name"), label=_("Newsletter"), required=False
    )
    source = forms.ModelChoiceField(Source.objects.order_by("name"), label=_("Source"), required=False)
    part = forms.ChoiceField(label=_("How much of it"), choices=PARTS_OF_A_SOURCE, required=False)
    size = forms.IntegerField(
        label=_("People in the test slice"), required=False, min_value=50, max_value=1_000_000, initial=1000
    )
    kind = forms.ChoiceField(label=_("Kind of message"), choices=MessageKind.choices)

    def __init__(self, *args: Any, by: User, kept: Mapping[str, Any], **kwargs: Any) -> None:
        """`by` sees their own segments and those of the team; what the mailing has (`kept`) stays offered."""
        super().__init__(*args, **kwargs)
        own = Q(pk__in=Segment.objects.visible_to(by).values("pk"))
        if kept.get("type") == "segment":
            own |= Q(pk=kept["id"])
        self.fields["segment"].queryset = Segment.objects.filter(own).order_by("name")  # type: ignore[attr-defined]
        lists = List.objects.filter(Q(pk__in=lists_here(by)) | Q(pk__in=_kept_list(kept)))
        self.fields["list"].queryset = lists.order_by("name")  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        chosen = cleaned.get("type")
        if chosen and chosen != "everyone" and not cleaned.get(chosen) and chosen not in self.errors:
            self.add_error(chosen, _("Choose one."))
        if chosen == "source" and cleaned.get("source") and cleaned.get("part"):
            self._cut(cleaned, cleaned["source"], cleaned["part"])
        return cleaned

    def _cut(self, cleaned: dict[str, Any], source: Source, part: str) -> None:
        """Where the cut between the test slice and the rest is."""
        if part == REST:
            cleaned["below"] = last_slice(source.pk)
            if cleaned["below"] is None:
                self.add_error("part", _("Send a test slice of this source first."))
        else:
            people = ContactSource.objects.filter(source=source).count()
            size, most = cleaned.get("size") or 1000, people * LARGEST_SLICE // BUCKETS
            if size > most:
                message = _("A test slice is a quarter of the file at most. Here: %(most)s people.")
                self.add_error("size", message % {"most": number_format(most, force_grouping=True)})
            cleaned["below"] = bucket_for(people, size)

    def audience(self) -> dict[str, Any]:
        """The choice as `contacts.segments.audience` reads it."""
        chosen = self.cleaned_data["type"]
        if chosen == "everyone":
            return {"type": "everyone"}
        choice = {"type": chosen, "id": self.cleaned_data[chosen].pk}
        if self.cleaned_data.get("below"):
            choice |= {"part": self.cleaned_data["part"], "below": self.cleaned_data["below"]}
        return choice


def _kept_list(kept: Mapping[str, Any]) -> list[int]:
    return [kept["id"]] if kept.get("type") == "list" else []


def audience_initial(audience: dict[str, Any], kind: str) -> dict[str, Any]:
    """A stored audience as the form shows it."""
    chosen = audience.get("type", "")
    initial = {"type": chosen, "kind": kind, "part": audience.get("part", "")}
    return initial | {chosen: audience["id"]} if "id" in audience else initial


class SendForm(forms.Form):
    """When a mailing leaves; above a threshold, the number of recipients typed out."""

    when = forms.ChoiceField(label=_("When"), choices=[("now", _("Now")), ("later", _("Later"))])
    at = forms.DateTimeField(
        label=_("Day and time"),
        required=False,
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    send_until = forms.DateTimeField(
        label=_("Not after"),
        required=False,
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_(
            "What could not leave by then is not sent at all. Empty: two weeks, or until the silence "
            "before a vote."
        ),
    )
    engaged_first = forms.BooleanField(
        label=_("Most engaged people first"),
        required=False,
        help_text=_("Those who agreed to be measured and click most leave first; nobody is left out."),
    )
    moment = forms.ChoiceField(
        label=_("For each person"),
        choices=Moment.choices,
        required=False,
        help_text=_("By place or habits only for those who agreed to it; the others at the hour above."),
    )
    typed = forms.CharField(label=_("Number of recipients"), required=False)

    def __init__(self, *args: Any, recipients: int, confirm: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.recipients, self.confirm = recipients, confirm

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        now, at = timezone.now(), cleaned.get("at")
        if cleaned.get("when") == "later" and "at" not in self.errors:
            if at is None:
                self.add_error("at", _("Say when it leaves."))
            elif at <= now:
                self.add_error("at", _("This moment has passed: choose a later one, or send now."))
        until = cleaned.get("send_until")
        leaves = at if cleaned.get("when") == "later" and at else now
        if until is not None and until <= leaves:
            self.add_error("send_until", _("This is before it leaves."))
        if self.confirm and "".join(filter(str.isdecimal, cleaned.get("typed", ""))) != str(self.recipients):
            self.add_error("typed", _("Type the number of recipients as it is shown now."))
        return cleaned
