"""What is typed to make follow-ups."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.models import User
from campaign_crm.platform.rights import Right
from contacts.models import List, Segment
from tracking.follow_ups.batches import MOST
from tracking.whose import members_with

SOON = timedelta(days=7)


class MemberField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """Members of the team who may see people, the one at work chosen beforehand."""

    def __init__(self, **options: Any) -> None:
        super().__init__(queryset=User.objects.none(), empty_label=None, **options)

    def offer(self, user: User) -> None:
        ids = [member.pk for member in members_with(Right.VIEW_PEOPLE)]
        self.queryset = User.objects.filter(pk__in=ids).order_by("full_name", "email")
        self.initial = self.initial or user.pk


class TaskForm(forms.Form):
    title = forms.CharField(label=_("What to do"), max_length=150)
    due_on = forms.DateField(label=_("By"), widget=forms.DateInput(attrs={"type": "date"}))
    owner = MemberField(label=_("By whom"))
    note = forms.CharField(
        label=_("Note"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].offer(user)  # type: ignore[attr-defined]
        self.fields["due_on"].initial = timezone.localdate() + SOON


class GiveForm(forms.Form):
    """People of a segment or a fixed list, each a follow-up of one member."""

    title = forms.CharField(
        label=_("What to do"), max_length=150, help_text=_("For example: call to invite to the meeting")
    )
    people = forms.ChoiceField(label=_("Whom"))
    most = forms.IntegerField(label=_("How many people"), min_value=1, max_value=MOST, initial=30)
    owner = MemberField(label=_("By whom"))
    due_on = forms.DateField(label=_("By"), widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].offer(user)  # type: ignore[attr-defined]
        self.fields["due_on"].initial = timezone.localdate() + SOON
        segments = Segment.objects.filter(is_shared=True) | Segment.objects.filter(created_by=user)
        self.fields["people"].choices = [  # type: ignore[attr-defined]
            (_("Segments"), [(f"segment-{one.pk}", one.name) for one in segments.order_by("name")[:300]]),
            (_("Fixed lists"), [(f"list-{one.pk}", one.name) for one in List.objects.order_by("name")[:300]]),
        ]

    def audience(self) -> dict[str, Any]:
        """What was chosen, as a mailing says it."""
        kind, _dash, pk = str(self.cleaned_data["people"]).partition("-")
        return {"type": kind, "id": int(pk)}


class PostponeForm(forms.Form):
    until = forms.DateField(label=_("Until"), widget=forms.DateInput(attrs={"type": "date"}))
