"""Merging two people whom somebody chose, and undoing a merge from a person's page."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View
from django.views.generic import TemplateView

from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import Breadcrumb, StaffView
from campaign_crm.platform.typed import line_of, number_of
from contacts.errors import ContactsError
from contacts.merging.answers import decision_on, merge_chosen
from contacts.merging.service import unmerge
from contacts.models import Contact, Merge
from contacts.selectors import search_contacts
from contacts.services.openings import note_person_opened
from contacts.views.merge_choices import chosen_sides, in_chosen_order
from contacts.views.merge_facts import compare_records
from contacts.views.people import shown
from contacts.views.people_rows import rows_of

FOUND_SHOWN = 20


class MergePeople(StaffView, TemplateView):
    """`?with=<id>` is the other record; without it, a search for it."""

    right_required = Right.EDIT_PEOPLE
    title = gettext_lazy("Merge with another record")
    template_name = "contacts/duplicates/merge.html"

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        contact = self._person(self.kwargs["pk"])
        return [
            (_("People"), reverse("contacts:people")),
            (str(contact), reverse("contacts:person", args=[contact.pk])),
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        contact = self._person(self.kwargs["pk"])
        other = number_of(self.request.GET.get("with", ""))
        if other is not None and other != contact.pk:
            kept, absorbed = in_chosen_order(self.request, contact, self._person(other))
            return super().get_context_data(
                contact=contact,
                records=compare_records(kept, absorbed),
                decided=decision_on(kept, absorbed),
                **kwargs,
            )
        query = line_of(self.request.GET.get("q", str(contact)), at_most=100)
        people = Contact.objects.visible().exclude(pk=contact.pk)
        ids = [person.pk for person in search_contacts(query, within=people)][:FOUND_SHOWN] if query else []
        found = shown(Contact.objects.filter(pk__in=ids)).in_bulk(ids)
        rows = rows_of([found[pk] for pk in ids if pk in found])
        return super().get_context_data(contact=contact, q=query, rows=rows, **kwargs)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        answer = super().get(request, *args, **kwargs)
        for number in (self.kwargs["pk"], number_of(request.GET.get("with", ""))):
            if number is not None:
                note_person_opened(number, by=request.user)
        return answer

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        pair = (self._person(pk), self._person(number_of(request.POST.get("with", "")) or 0))
        stays = number_of(request.POST.get("kept", ""))
        kept, absorbed = pair if stays == pair[0].pk else pair[::-1]
        try:
            merge_chosen(
                kept=kept,
                absorbed=absorbed,
                by=request.user,
                fields=chosen_sides(request),
                despite=number_of(request.POST.get("despite", "")),
            )
        except ContactsError as error:
            messages.error(request, str(error))
            here = reverse("contacts:person_merge", args=[pk])
            return redirect(f"{here}?with={pair[1].pk}")  # nosemgrep - a number
        messages.success(request, _("The two records are one. It can be undone on this page, at any time."))
        return redirect("contacts:person", pk=kept.pk)

    def _person(self, pk: int) -> Contact:
        return get_object_or_404(Contact.objects.visible().select_related("commune"), pk=pk)


class UndoMerge(StaffView, View):
    """Make two records of one again."""

    right_required = Right.EDIT_PEOPLE

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        done = get_object_or_404(Merge, pk=pk)
        try:
            restored = unmerge(merge=done, by=request.user)
        except ContactsError as error:
            messages.error(request, str(error))
            return redirect("contacts:person", pk=done.kept_id)
        words = _("%(person)s has a record of their own again. The two will not be proposed as one.")
        messages.success(request, words % {"person": restored})
        if request.POST.get("back") == "review":
            pair = decision_on(restored, done.kept)
            return redirect(f"{reverse('contacts:duplicate_review')}?apart={pair.pk if pair else ''}")
        return redirect("contacts:person", pk=restored.pk)
