"""Where each value of a person comes from: a fragment of the person's page, read when it is opened."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.functional import Promise
from django.views import View

from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import StaffView
from contacts.merging.fields import EXTRA, FIELDS
from contacts.models import Contact, CustomField
from contacts.provenance import origins_of
from contacts.services.openings import note_person_opened


class PersonOrigins(StaffView, View):
    right_required = Right.VIEW_PEOPLE

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        people = Contact.objects.visible().select_related("created_by_import__source")
        contact = get_object_or_404(people, pk=pk)
        note_person_opened(contact.pk, by=request.user)
        origins = origins_of(contact)
        labels = dict(CustomField.objects.filter(key__in=list(contact.custom)).values_list("key", "label"))
        lines = [(_label(name, labels), origin) for name, origin in origins.items()]
        return render(request, "contacts/people/origins.html", {"lines": lines})


def _label(name: str, extra: dict[str, str]) -> str | Promise:
    key = name.removeprefix(EXTRA)
    if key != name:
        return extra.get(key, key)
    return FIELDS["commune_id" if name == "commune" else name]
