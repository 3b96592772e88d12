"""Where each value of a person comes from: a fragment of the person's page, read when it is opened."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views import View

from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import StaffView
from contacts.merging.fields import FIELDS
from contacts.models import Contact
from contacts.provenance import origins_of


class PersonOrigins(StaffView, View):
    right_required = Right.VIEW_PEOPLE

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        people = Contact.objects.visible().select_related("created_by_import__source")
        contact = get_object_or_404(people, pk=pk)
        lines = [(_label(name), origin) for name, origin in origins_of(contact).items()]
        return render(request, "contacts/people/origins.html", {"lines": lines})


def _label(name: str) -> str | Promise:
    if name == "custom":
        return _("Extra fields")
    return FIELDS["commune_id" if name == "commune" else name]
