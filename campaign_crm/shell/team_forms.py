"""Forms of the team: inviting somebody, giving a role somewhere."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.models import User
from campaign_crm.platform.rights import NATIONAL_ONLY, Right, Role
from campaign_crm.shell.forms import LANGUAGES, PLACES, ROLE_HELP
from contacts.services.grants import roles_to_offer
from contacts.views.place_field import PlaceField


class PlaceOfRole(forms.Form):
    """Where a role is held, and until when: both are asked of whoever manages a territory only."""

    territory = PlaceField(
        label=_("Where"),
        kinds=PLACES,
        required=False,
        help_text=_("A region, department, constituency, canton or commune, with all that it contains."),
    )
    ends_on = forms.DateField(
        label=_("Last day"), required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by = by
        is_local = by.scope_of(Right.MANAGE_TEAM) is not None
        self.fields["territory"].required = self.fields["ends_on"].required = is_local
        if not is_local:
            self.fields["territory"].help_text = _(
                "A region, department, constituency, canton or commune, with all that it contains. "
                "Empty: the whole country."
            )

    def offered(self) -> list[Role]:
        """The roles that this person may give somewhere; the service says whether there, and until then."""
        return roles_to_offer(self.by)


class GrantForm(PlaceOfRole):
    """One more role for a member."""

    role = forms.ChoiceField(label=_("Role"))
    field_order = ("role", "territory", "ends_on")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, auto_id="grant_%s", **kwargs)
        self.fields["role"].choices = [
            (role.value, role.label) for role in self.offered() if role not in NATIONAL_ONLY
        ]
        self.fields["role"].initial = Role.LOCAL_COORDINATOR


class InvitationForm(PlaceOfRole):
    """Somebody new in the team."""

    full_name = forms.CharField(label=_("Name"), max_length=150)
    email = forms.EmailField(label=_("E-mail"))
    role = forms.ChoiceField(label=_("Role"), help_text=ROLE_HELP)
    language = forms.ChoiceField(label=_("Language"), choices=LANGUAGES)
    field_order = ("full_name", "email", "role", "territory", "ends_on", "language")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = [(role.value, role.label) for role in self.offered()]
        is_local = self.fields["territory"].required
        self.fields["role"].initial = Role.LOCAL_COORDINATOR if is_local else Role.READ_ONLY

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        is_local = self.by.scope_of(Right.MANAGE_TEAM) is not None
        if not is_local and User.objects.filter(email__iexact=email).exists():
            raise forms.ValidationError(_("Somebody with this e-mail is in the team already."))
        return email
