"""Fixed, hand-picked lists."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View
from django.views.generic import TemplateView

from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import Breadcrumb, StaffView
from campaign_crm.platform.typed import numbers_of
from contacts.enums import TargetingClass
from contacts.models import Contact, List
from contacts.scoped import own_within
from contacts.selectors import lists_here, people_on_lists
from contacts.services.lists import create_list, remove_from_list
from contacts.views.people_rows import people_page


class ListForm(forms.ModelForm[List]):
    class Meta:
        model = List
        fields = ["name", "description"]

    def clean_name(self) -> str:
        """As it is kept, so that a name taken but for its spaces is seen to be taken."""
        return " ".join(self.cleaned_data["name"].split())


class Lists(StaffView, TemplateView):
    right_required = Right.VIEW_SEGMENTS
    in_territory = True
    title = gettext_lazy("Fixed lists")
    subtitle = gettext_lazy("People picked one by one; a segment, by contrast, is always computed.")
    template_name = "contacts/lists/list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        people = people_on_lists()
        lists = lists_here(self.request.user).order_by("name")
        return super().get_context_data(
            lists=[(found, people.get(found.pk, 0)) for found in lists],
            may_edit=self.request.user.has_right(Right.EDIT_SEGMENTS),
            **kwargs,
        )


class NewList(StaffView, TemplateView):
    right_required = Right.EDIT_SEGMENTS
    in_territory = True
    title = gettext_lazy("New fixed list")
    template_name = "contacts/lists/new.html"

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(_("Fixed lists"), reverse("contacts:lists"))]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return render(request, self.template_name, self.get_context_data(form=ListForm()))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = ListForm(request.POST)
        if not form.is_valid():
            return render(request, self.template_name, self.get_context_data(form=form), status=422)
        data = form.cleaned_data
        created = create_list(
            name=data["name"],
            description=data["description"],
            targeting_class=TargetingClass.CRITERION,
            by=request.user,
        )
        messages.success(request, _("The list is ready. Add people from the list of people."))
        return redirect("contacts:list", pk=created.pk)


class ListPage(StaffView, TemplateView):
    """The people on a list."""

    right_required = Right.VIEW_SEGMENTS
    in_territory = True
    template_name = "contacts/lists/page.html"

    def get_title(self) -> str:
        return self._list().name

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(_("Fixed lists"), reverse("contacts:lists"))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = self._list()
        people = Contact.objects.visible().filter(list_memberships__list=found)
        return super().get_context_data(
            list=found,
            page=people_page(self.request, people.select_related("commune")),
            may_export=self.request.user.has_right(Right.EXPORT_PEOPLE),
            may_edit=self.request.user.has_right(Right.EDIT_SEGMENTS)
            and own_within(List.objects.filter(pk=found.pk), self.request.user).exists(),
            **kwargs,
        )

    def _list(self) -> List:
        if not hasattr(self, "_found"):
            self._found = get_object_or_404(lists_here(self.request.user), pk=self.kwargs["pk"])
        return self._found


class RemoveFromList(StaffView, View):
    right_required = Right.EDIT_SEGMENTS
    in_territory = True

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        found = get_object_or_404(own_within(List.objects.all(), request.user), pk=pk)
        ids = numbers_of(request.POST.getlist("person"))
        removed = remove_from_list(of=found, contacts=ids, by=request.user)
        messages.success(request, _("Taken off the list: %(number)s.") % {"number": removed})
        return redirect("contacts:list", pk=pk)
