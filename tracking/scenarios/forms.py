"""What is typed to write a scenario: its beginning, and one form for each kind of step."""

from __future__ import annotations

from html import unescape
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from contacts.enums import Channel
from contacts.models import Newsletter, Segment, Tag
from messaging.models import SenderIdentity, Template
from tracking.follow_ups.forms import MemberField
from tracking.models import Scenario, ScenarioStep
from tracking.scenarios.presets import HINTS, LABELS, WELCOME, blocks_of
from tracking.scenarios.steps import SKIP, STOP, StepRefused
from tracking.scenarios.triggers import all_triggers

Kind = ScenarioStep.Kind


def _senders() -> Any:
    senders = SenderIdentity.objects.filter(channel=Channel.EMAIL, is_active=True, territory=None)
    return senders.order_by("from_name", "address")


class ScenarioForm(forms.Form):
    """Name, beginning and sender; a new one begins from a preset."""

    name = forms.CharField(label=_("Name"), max_length=120)
    trigger = forms.ChoiceField(label=_("What brings people in"))
    day = forms.DateField(
        label=_("On the day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("Only for a segment on a day: its people come in at nine in the morning."),
    )
    sender = forms.ModelChoiceField(label=_("Sender"), queryset=None, required=False)

    def __init__(self, *args: Any, scenario: Scenario | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["sender"].queryset = _senders()  # type: ignore[attr-defined]
        self.fields["trigger"].choices = [("", "–")] + [  # type: ignore[attr-defined]
            (str(one.label), [(f"{one.key}:{pk}", name) for pk, name in one.offered()])
            if one.key != "first_click"
            else (f"{one.key}:0", str(one.label))
            for one in all_triggers()
        ]
        if scenario is None:
            self.fields["preset"] = forms.ChoiceField(
                label=_("Begin with"), choices=list(LABELS.items()), initial=WELCOME, widget=forms.RadioSelect
            )
        else:
            value = scenario.trigger.get("value") or {}
            self.initial = {
                "name": scenario.name,
                "trigger": f"{scenario.trigger.get('type', '')}:{value.get('id', 0)}",
                "day": value.get("day"),
                "sender": scenario.sender_id,
            }
            self.fields["trigger"].disabled = scenario.state != Scenario.State.DRAFT
            self.fields["day"].disabled = scenario.state != Scenario.State.DRAFT
            self.held = scenario.trigger

    @property
    def preset_hints(self) -> list[tuple[str, Any, Any]]:
        return [(key, label, HINTS[key]) for key, label in LABELS.items()]

    def beginning(self) -> dict[str, Any]:
        """The trigger as a scenario keeps it."""
        if self.fields["trigger"].disabled:
            return dict(self.held)
        kind, _colon, pk = self.cleaned_data["trigger"].partition(":")
        value: dict[str, Any] = {"id": int(pk)}
        if kind == "date" and self.cleaned_data.get("day"):
            value["day"] = self.cleaned_data["day"].isoformat()
        return {"type": kind, "value": value}


class StepForm(forms.Form):
    """One kind of step; `data()` is what the step keeps, which the service checks."""

    kind = ""

    def __init__(self, *args: Any, user: Any, held: dict[str, Any] | None = None, **kwargs: Any) -> None:
        self.held = held or {}
        super().__init__(*args, initial=self.from_data(self.held), auto_id=f"{self.kind}_%s", **kwargs)
        self.offer(user)

    def offer(self, user: Any) -> None:
        """Fill in what may be chosen."""

    def from_data(self, data: dict[str, Any]) -> dict[str, Any]:
        return data

    def data_of_step(self) -> dict[str, Any]:
        return dict(self.cleaned_data)


class WaitForm(StepForm):
    kind = Kind.WAIT
    days = forms.IntegerField(label=_("Days"), min_value=0, max_value=365, required=False, initial=3)
    hours = forms.IntegerField(label=_("Hours"), min_value=0, max_value=23, required=False)
    at = forms.TypedChoiceField(
        label=_("Then until"),
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", _("at once")), *((hour, f"{hour:02d}:00") for hour in range(7, 22))],
    )


class ConditionForm(StepForm):
    kind = Kind.CONDITION
    segment = forms.ModelChoiceField(label=_("Only people of the segment"), queryset=None)
    otherwise = forms.ChoiceField(
        label=_("The others"),
        choices=[(STOP, _("stop here")), (SKIP, _("skip the next step"))],
    )

    def offer(self, user: Any) -> None:
        shared = Segment.objects.filter(is_shared=True) | Segment.objects.filter(created_by=user)
        self.fields["segment"].queryset = shared.order_by("name")  # type: ignore[attr-defined]

    def from_data(self, data: dict[str, Any]) -> dict[str, Any]:
        rules = (data.get("tree") or {}).get("all") or [{}]
        named = rules[0].get("value") if rules[0].get("condition") == "segment" else None
        return {"segment": named[0] if named else None, "otherwise": data.get("otherwise", STOP)}

    def data_of_step(self) -> dict[str, Any]:
        rule = {"condition": "segment", "operator": "any", "value": [self.cleaned_data["segment"].pk]}
        return {"tree": {"all": [rule]}, "otherwise": self.cleaned_data["otherwise"]}


class SendForm(StepForm):
    """A simple text written here, or the message of a template, taken as it is now."""

    kind = Kind.SEND
    subject = forms.CharField(label=_("Subject"), max_length=200, required=False)
    text = forms.CharField(
        label=_("Text"), required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 8})
    )
    label = forms.CharField(label=pgettext_lazy("of a button", "Button"), max_length=60, required=False)
    url = forms.URLField(label=_("Leads to"), max_length=500, required=False, assume_scheme="https")
    template = forms.ModelChoiceField(
        label=_("Or the message of a template"),
        queryset=None,
        required=False,
        help_text=_("It is copied as it is now; change the template and choose it again to renew it."),
    )

    def offer(self, user: Any) -> None:
        self.fields["template"].queryset = Template.objects.filter(is_kit=False).order_by("name")  # type: ignore[attr-defined]

    @property
    def is_simple(self) -> bool:
        """True for a message that can be changed here, not one of a template."""
        blocks = self.held.get("blocks") or []
        return not blocks or [block.get("id") for block in blocks] in (["text"], ["text", "button"])

    def from_data(self, data: dict[str, Any]) -> dict[str, Any]:
        blocks = {block.get("id"): block for block in data.get("blocks") or []}
        html = str(blocks.get("text", {}).get("html", ""))
        text = unescape(html.replace("</p>", "\n\n").replace("<p>", "").replace("<br>", "\n")).strip()
        button = blocks.get("button", {})
        found = {"subject": data.get("subject", ""), "text": text or "{{ greeting }}\n\n"}
        return found | {"label": button.get("label", ""), "url": button.get("url", "")}

    def data_of_step(self) -> dict[str, Any]:
        given = self.cleaned_data
        if (template := given.get("template")) is not None:
            subject = given["subject"] or template.subject
            return {"subject": subject, "preview_text": template.preview_text, "blocks": template.blocks}
        if not self.is_simple:
            return self.held | {"subject": given["subject"]}
        if not given["text"].strip():
            raise StepRefused(str(_("Write a text, or choose a template.")))
        blocks = blocks_of(given["text"], label=given["label"], url=given["url"])
        return {"subject": given["subject"], "preview_text": "", "blocks": blocks}


class TagForm(StepForm):
    kind = Kind.TAG
    tag = forms.ModelChoiceField(label=_("Tag"), queryset=None)

    def offer(self, user: Any) -> None:
        self.fields["tag"].queryset = Tag.objects.order_by("name")  # type: ignore[attr-defined]

    def data_of_step(self) -> dict[str, Any]:
        return {"tag": self.cleaned_data["tag"].pk}


class SubscribeForm(StepForm):
    kind = Kind.SUBSCRIBE
    newsletter = forms.ModelChoiceField(
        label=_("Newsletter"),
        queryset=None,
        help_text=_("It opens no channel: whoever may not be written to receives nothing more."),
    )

    def offer(self, user: Any) -> None:
        self.fields["newsletter"].queryset = Newsletter.objects.order_by("name")  # type: ignore[attr-defined]

    def data_of_step(self) -> dict[str, Any]:
        return {"newsletter": self.cleaned_data["newsletter"].pk}


class TaskStepForm(StepForm):
    kind = Kind.TASK
    title = forms.CharField(label=_("What to do"), max_length=150)
    owner = MemberField(label=_("By whom"))
    days = forms.IntegerField(label=_("Within days"), min_value=0, max_value=365, initial=3)

    def offer(self, user: Any) -> None:
        self.fields["owner"].offer(user)  # type: ignore[attr-defined]

    def data_of_step(self) -> dict[str, Any]:
        given = self.cleaned_data
        return {"title": given["title"], "owner": given["owner"].pk, "days": given["days"]}


STEP_FORMS: dict[str, type[StepForm]] = {
    str(form.kind): form for form in (SendForm, WaitForm, ConditionForm, TagForm, SubscribeForm, TaskStepForm)
}
