"""The list of people: search as you type, quick filters, and acts on the selected."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View
from django.views.generic import TemplateView

from campaign_crm.platform.paging import Page
from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import StaffView
from campaign_crm.platform.typed import line_of, number_of, numbers_of
from contacts.enums import TerritoryKind
from contacts.exports.scopes import people_who
from contacts.models import Contact, List, Territory
from contacts.scoped import own_within
from contacts.selectors import FOUND_AT_MOST, search_contacts
from contacts.services.lists import add_to_list
from contacts.services.people import tag_named, tag_people
from contacts.views.people_rows import people_page, rows_of

FILTERS = (
    ("", gettext_lazy("All")),
    ("email", gettext_lazy("Can get an e-mail")),
    ("sms", gettext_lazy("Can get a text message")),
    ("call", gettext_lazy("Can be called")),
    ("post", gettext_lazy("Can get a letter")),
    ("none", gettext_lazy("Cannot be written to by e-mail")),
)


class PeopleList(StaffView, TemplateView):
    """Newest people first; a search shows the best matches instead."""

    right_required = Right.VIEW_PEOPLE
    in_territory = True
    title = gettext_lazy("People")
    template_name = "contacts/people/list.html"

    def get_template_names(self) -> list[str]:
        return (
            ["contacts/people/rows.html"] if self.request.headers.get("HX-Request") else [self.template_name]
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        query = line_of(self.request.GET.get("q", ""), at_most=100)
        page = self._found(query) if query else people_page(self.request, shown(self._filtered()))
        return super().get_context_data(
            page=page,
            rows=rows_of(page.rows),
            q=query,
            filters=FILTERS,
            chosen=self.request.GET.get("can", ""),
            departments=_departments(),
            department=self.request.GET.get("department", ""),
            found_at_most=FOUND_AT_MOST,
            may_edit=self.request.user.has_right(Right.EDIT_PEOPLE),
            export_url=self._export_url(query),
            all_lists=own_within(List.objects.picked(), self.request.user).order_by("name")[:200],
            **kwargs,
        )

    def _export_url(self, query: str) -> str:
        """Of the people as they are filtered; what a search finds is the best matches, no scope of a file."""
        if query or not self.request.user.has_right(Right.EXPORT_PEOPLE):
            return ""
        kept = {name: value for name in ("can", "department") if (value := self.request.GET.get(name))}
        return f"{reverse('contacts:export_new')}?{urlencode(kept)}"

    def _found(self, query: str) -> Page[Contact]:
        ids = [contact.pk for contact in search_contacts(query, within=self._filtered())]
        people = shown(Contact.objects.filter(pk__in=ids)).in_bulk(ids)
        return Page([people[pk] for pk in ids if pk in people], "", "")

    def _filtered(self) -> QuerySet[Contact]:
        department = number_of(self.request.GET.get("department", ""))
        return people_who(can=self.request.GET.get("can", ""), department=department)


def _departments() -> list[tuple[str, str]]:
    """(value, label) of each department, for the filter: read as two texts, it is drawn on every page."""
    departments = Territory.objects.filter(kind=TerritoryKind.DEPARTMENT).order_by("code")
    return [(str(pk), f"{code} {name}") for pk, code, name in departments.values_list("pk", "code", "name")]


def shown(people: QuerySet[Contact]) -> QuerySet[Contact]:
    """What a line needs of a person itself; the rest is read by `rows_of`."""
    return people.select_related("commune").only("first_name", "last_name", "created_at", "commune__name")


class SelectedPeople(StaffView, View):
    """Put a tag on the selected people, or add them to a list."""

    right_required = Right.EDIT_PEOPLE
    in_territory = True

    def post(self, request: HttpRequest) -> HttpResponse:
        ids = numbers_of(request.POST.getlist("person"))
        people = list(Contact.objects.visible().filter(pk__in=ids).order_by("pk"))
        tag_name = line_of(request.POST.get("tag", ""), at_most=60)
        list_id = number_of(request.POST.get("list", ""))
        if tag_name:
            tag = tag_named(tag_name)
            number = tag_people(contacts=people, tag=tag, by=request.user)
            messages.success(
                request, _("Tagged “%(tag)s”: %(number)s.") % {"tag": tag.name, "number": number}
            )
        elif list_id is not None:
            chosen = get_object_or_404(own_within(List.objects.picked(), request.user), pk=list_id)
            number = add_to_list(to=chosen, contacts=people, by=request.user)
            text = _("Added to “%(list)s”: %(number)s.")
            messages.success(request, text % {"list": chosen.name, "number": number})
        else:
            messages.error(request, _("Choose a list or write a tag."))
        return redirect(_back(request))


def _back(request: HttpRequest) -> str:
    """The list as the person saw it, filters and all."""
    wanted = request.POST.get("back", "")
    people = reverse("contacts:people")
    safe = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) and wanted.startswith(people)
    return wanted if safe else people
