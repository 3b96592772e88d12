"""Households: who lives together, and putting it right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db import connection
from django.db.models import Count, Exists, OuterRef, Subquery
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
from contacts.households.service import forget_correction, join_household, leave_household
from contacts.models import Contact, Household, HouseholdMember
from contacts.selectors import search_contacts
from contacts.views.people import shown
from contacts.views.people_rows import people_page, rows_of

FOUND_SHOWN = 10


@dataclass(frozen=True)
class HouseholdRow:
    """One line of the list."""

    pk: int
    names: str
    address: str
    people: int


class HouseholdList(StaffView, TemplateView):
    """Newest first, those of two people or more."""

    right_required = Right.VIEW_PEOPLE
    in_territory = True
    title = gettext_lazy("Households")
    subtitle = gettext_lazy("People who share an address and a name, a phone or an e-mail.")
    template_name = "contacts/households/list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        several = (
            HouseholdMember.objects.filter(household=OuterRef("pk"))
            .values("household")
            .annotate(people=Count("contact"))
            .filter(people__gt=1)
        )
        found = Household.objects.annotate(people=Subquery(several.values("people"))).filter(people__gt=1)
        page = people_page(self.request, found)
        return super().get_context_data(page=page, rows=household_rows(page.rows), **kwargs)


def household_rows(households: list[Household]) -> list[HouseholdRow]:
    """Lines of households, in the order given: last names, one address, how many people."""
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, {"ids": [household.pk for household in households]})
        told = {pk: (names, address or "", people) for pk, names, address, people in cursor.fetchall()}
    return [HouseholdRow(one.pk, *told[one.pk]) for one in households if one.pk in told]


class HouseholdPage(StaffView, TemplateView):
    """Who lives together, how the base knows, and somebody to add."""

    right_required = Right.VIEW_PEOPLE
    in_territory = True
    template_name = "contacts/households/page.html"

    def get_title(self) -> str:
        rows = household_rows([self._household()])
        return rows[0].names if rows else _("Household")

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(_("Households"), reverse("contacts:households"))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        household = self._household()
        links = list(HouseholdMember.objects.filter(household=household).order_by("contact_id"))
        ids = [link.contact_id for link in links]
        people = shown(Contact.objects.visible().filter(pk__in=ids).order_by("pk"))
        query = line_of(self.request.GET.get("q", ""), at_most=100)
        return super().get_context_data(
            household=household,
            rows=rows_of(list(people)),
            by_hand={link.contact_id for link in links if link.by_hand},
            q=query,
            found=self._found(query, ids),
            may_edit=self.request.user.scope_of(Right.EDIT_PEOPLE) is None,
            **kwargs,
        )

    def _found(self, query: str, members: list[int]) -> list[Any]:
        if not query:
            return []
        others = Contact.objects.visible().exclude(pk__in=members)
        ids = [person.pk for person in search_contacts(query, within=others)][:FOUND_SHOWN]
        people = shown(Contact.objects.filter(pk__in=ids)).in_bulk(ids)
        return rows_of([people[pk] for pk in ids if pk in people])

    def _household(self) -> Household:
        members = HouseholdMember.objects.filter(household=OuterRef("pk"))  # of the scope
        return get_object_or_404(Household, Exists(members), pk=self.kwargs["pk"])


class CorrectHousehold(StaffView, View):
    """`leave`: they do not live there; `join`: they do; `compute`: let it be computed again."""

    right_required = Right.EDIT_PEOPLE

    def post(self, request: HttpRequest, pk: int, act: str) -> HttpResponse:
        contact = get_object_or_404(Contact.objects.visible(), pk=pk)
        try:
            if act == "leave":
                leave_household(contact=contact, by=request.user)
                words = _("%(person)s stands alone now, until somebody says otherwise.")
            elif act == "compute":
                forget_correction(contact=contact, by=request.user)
                words = _("The household of %(person)s is computed again.")
            elif act == "join":
                other = number_of(request.POST.get("other", "")) or 0
                join_household(
                    contact=contact,
                    other=get_object_or_404(Contact.objects.visible(), pk=other),
                    by=request.user,
                )
                words = _("%(person)s is in this household now.")
            else:
                return HttpResponse(status=404)
            messages.success(request, words % {"person": contact})
        except ContactsError as error:
            messages.error(request, str(error))
        return redirect("contacts:person", pk=pk)


_ROWS = """
SELECT member.household_id,
       string_agg(DISTINCT nullif(coalesce(nullif(upper(person.last_name), ''),
                                           upper(elector.birth_name)), ''), ', '),
       (array_agg(concat_ws(', ', nullif(home.line1, ''), concat_ws(' ', home.postcode, home.city))
                  ORDER BY home.is_primary DESC, home.id) FILTER (WHERE home.id IS NOT NULL))[1],
       count(DISTINCT person.id)
FROM contacts_householdmember AS member
JOIN contacts_contact AS person ON person.id = member.contact_id AND person.erased_at IS NULL
LEFT JOIN contacts_postaladdress AS home ON home.contact_id = person.id
LEFT JOIN contacts_electoralregistration AS elector ON elector.contact_id = person.id AND person.is_stub
WHERE member.household_id = ANY(%(ids)s)
GROUP BY member.household_id
"""
