"""Saved mappings: what the columns of a supplier's files hold, to look at, change and delete."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView

from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import Breadcrumb, StaffView
from contacts.imports.columns.shipped_profiles import SHIPPED
from contacts.imports.errors import ImportProblem
from contacts.imports.fields import Field, fields_of, label_of
from contacts.imports.profiles import change_profile, delete_profile
from contacts.imports.remembered import in_words
from contacts.models import Import, MappingProfile


@dataclass(frozen=True)
class ShownMapping:
    """One line of the list; `pk` is None for a mapping that comes with the product."""

    name: str
    kind: str
    columns: str
    pk: int | None = None
    by: str = ""


class MappingList(StaffView, TemplateView):
    right_required = Right.IMPORT_PEOPLE
    title = gettext_lazy("Saved mappings")
    subtitle = gettext_lazy("Files whose columns are known: the next delivery is recognised by their names.")
    template_name = "contacts/imports/mappings.html"

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(_("Imports"), reverse("contacts:imports"))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        saved = MappingProfile.objects.select_related("created_by").order_by("name")
        shown = [
            ShownMapping(
                one.name,
                _kind_label(one.kind),
                ", ".join(
                    str(label_of(field, is_roll=_is_roll(one))) for field in one.columns.values() if field
                ),
                one.pk,
                str(one.created_by or ""),
            )
            for one in saved
        ]
        shipped = [
            ShownMapping(
                one.name,
                _kind_label(Import.Kind.ROLL),
                ", ".join(str(label_of(field, is_roll=True)) for field in one.columns.values()),
            )
            for one in SHIPPED
        ]
        return super().get_context_data(mappings=shown, shipped=shipped, **kwargs)


class EditMapping(StaffView, TemplateView):
    """Change what the columns hold, rename or delete."""

    right_required = Right.IMPORT_PEOPLE
    template_name = "contacts/imports/mapping.html"

    def get_title(self) -> str:
        return self._profile().name

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [
            (_("Imports"), reverse("contacts:imports")),
            (_("Saved mappings"), reverse("contacts:import_mappings")),
        ]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        profile = self._profile()
        if request.POST.get("action") == "delete":
            delete_profile(profile=profile, by=request.user)
            messages.success(request, _("Deleted. Imports that used it stay as they are."))
            return redirect("contacts:import_mappings")
        try:
            change_profile(
                profile=profile,
                name=request.POST.get("name", ""),
                columns=self._posted(profile),
                month_first=request.POST.get("month_first") == "yes",
                forget_reading=request.POST.get("forget_reading") == "yes",
                by=request.user,
            )
        except ImportProblem as problem:
            return render(
                request, self.template_name, self.get_context_data(problem=str(problem)), status=422
            )
        messages.success(request, _("Saved."))
        return redirect("contacts:import_mappings")

    def _posted(self, profile: MappingProfile) -> dict[str, str]:
        known = {"", *(field.key for field in self._fields(profile))}
        posted = {
            key: self.request.POST.get(f"column_{place}", "") for place, key in enumerate(profile.columns)
        }
        return {key: field for key, field in posted.items() if field in known}

    def _fields(self, profile: MappingProfile) -> list[Field]:
        """What a column can hold, and whatever the mapping says already, such as an extra field."""
        fields = list(fields_of(profile.kind))
        known = {field.key for field in fields}
        own = [key for key in profile.columns.values() if key and key not in known]
        return fields + [
            Field(key, label_of(key, is_roll=_is_roll(profile)), fields[-1].group) for key in own
        ]

    def _profile(self) -> MappingProfile:
        found: MappingProfile = get_object_or_404(MappingProfile, pk=self.kwargs["pk"])
        return found

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        profile = self._profile()
        return super().get_context_data(
            profile=profile,
            kind=_kind_label(profile.kind),
            reading=in_words(profile.reading),
            columns=list(profile.columns.items()),
            fields=self._fields(profile),
            **kwargs,
        )


def _is_roll(profile: MappingProfile) -> bool:
    return profile.kind == Import.Kind.ROLL


def _kind_label(kind: str) -> str:
    return str(Import.Kind(kind).label)
