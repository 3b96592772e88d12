"""Building a segment: a form that the server redraws at each change of shape, and its live figures.

Everything works without a script (buttons send the whole form); with htmx only the changed part is redrawn.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View
from django.views.generic import TemplateView

from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import Breadcrumb, StaffView
from contacts.models import Segment
from contacts.scoped import own_within
from contacts.segments.compile import people_matching
from contacts.segments.conditions import find_condition
from contacts.segments.drafts import DraftGroup, change, draft_of, new_draft, read_draft
from contacts.segments.errors import Problem, SegmentInvalid
from contacts.segments.rights import check_rights
from contacts.segments.tree import Group, parse_tree, without_incomplete
from contacts.segments.values import NOTHING
from contacts.services.segments import SegmentInUse, create_segment, update_segment
from contacts.views.segment_figures import channels_of, exact_count, picture_of
from contacts.views.segment_form import condition_choices, group_kinds, option_list, shown

PREVIEW_SECONDS = 5.0  # people change conditions faster than everybody is counted


class SegmentBuilder(StaffView, TemplateView):
    """New segment, copy of one (`?copy=<id>`) or edit of one."""

    right_required = Right.EDIT_SEGMENTS
    in_territory = True
    template_name = "contacts/segments/edit.html"

    def get_title(self) -> str:
        segment = self._segment()
        return _("Edit “%(name)s”") % {"name": segment.name} if segment else _("New segment")

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        segment = self._segment()
        above = [(_("Segments"), reverse("contacts:segments"))]
        return [*above, (segment.name, reverse("contacts:segment", args=[segment.pk]))] if segment else above

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        start = self._segment() or self._copied()
        draft = draft_of(start.tree) if start else new_draft()
        fields = {"description": start.description, "is_shared": start.is_shared} if start else {}
        if self._segment():
            fields["name"] = self._segment().name
        return self._page(draft, fields={"is_shared": True, "name": ""} | fields)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        draft = read_draft(_texts(request.POST))
        act = request.POST.get("act", "")
        if act:
            focus = change(draft, act) or request.POST.get("at", "")
            return self._page(draft, focus=focus, fields=_fields(request.POST))
        try:
            segment = self._save(draft)
        except SegmentInvalid as error:
            messages.error(request, _("Some conditions are not complete."))
            return self._page(draft, error.problems, fields=_fields(request.POST), status=422)
        except SegmentInUse as error:
            return self._page(
                draft, fields=_fields(request.POST), errors={"is_shared": [str(error)]}, status=422
            )
        except ValidationError as error:
            errors = {name: list(texts) for name, texts in error.message_dict.items()}
            return self._page(draft, fields=_fields(request.POST), errors=errors, status=422)
        messages.success(request, _("“%(name)s” is saved.") % {"name": segment.name})
        return redirect("contacts:segment", pk=segment.pk)

    def _save(self, draft: DraftGroup) -> Segment:
        segment, fields = self._segment(), _fields(self.request.POST)
        if segment is None:
            return create_segment(tree=draft.as_tree(), by=self.request.user, **fields)
        return update_segment(segment=segment, tree=draft.as_tree(), by=self.request.user, **fields)

    def _page(
        self,
        draft: DraftGroup,
        problems: tuple[Problem, ...] = (),
        *,
        fields: dict[str, Any],
        focus: str = "",
        errors: dict[str, list[str]] | None = None,
        status: int = 200,
    ) -> HttpResponse:
        context = {
            "root": shown(draft, problems, focus),
            "kinds": group_kinds(),
            "conditions": condition_choices(self.request.user),
            "segment": self._segment(),
            "fields": fields,
            "errors": errors or {},
        }
        if self.request.headers.get("HX-Request") and not self.request.headers.get("HX-Boosted"):
            return render(self.request, "contacts/segments/rules.html", context, status=status)
        return render(self.request, self.template_name, self.get_context_data(**context), status=status)

    def _segment(self) -> Segment | None:
        if "pk" not in self.kwargs:
            return None
        if not hasattr(self, "_found"):
            mine = own_within(self._visible(), self.request.user)
            self._found: Segment = get_object_or_404(mine, pk=self.kwargs["pk"])
        return self._found

    def _copied(self) -> Segment | None:
        wanted = self.request.GET.get("copy", "")
        return self._visible().filter(pk=int(wanted)).first() if wanted.isdecimal() else None

    def _visible(self) -> Any:
        return Segment.objects.visible_to(self.request.user)


class SegmentPreview(StaffView, View):
    """Figures of the conditions now on the page: first an estimate, then (`exact`) everything counted."""

    right_required = Right.VIEW_SEGMENTS
    in_territory = True
    title = gettext_lazy("Preview")

    def post(self, request: HttpRequest) -> HttpResponse:
        data, lacking = without_incomplete(read_draft(_texts(request.POST)).as_tree())
        own = request.POST.get("segment", "")
        inside = (int(own),) if own.isdecimal() else ()
        try:
            tree = parse_tree(data, may_be_empty=True)
            check_rights(tree, request.user)
            context = self._exact(tree, inside) if "exact" in request.POST else self._first(tree, inside)
        except SegmentInvalid as error:
            return render(request, "contacts/segments/problems.html", {"problems": error.problems})
        template = "contacts/segments/" + ("figures.html" if "exact" in request.POST else "preview.html")
        return render(request, template, context | {"lacking": lacking})

    def _first(self, tree: Group, inside: tuple[int, ...]) -> dict[str, Any]:
        picture = picture_of(tree, inside=inside)
        return {"picture": picture, "estimate": picture.estimate}

    def _exact(self, tree: Group, inside: tuple[int, ...]) -> dict[str, Any]:
        estimate = exact_count(people_matching(tree, inside=inside), seconds=PREVIEW_SECONDS)
        return {"estimate": estimate, "channels": channels_of(tree, estimate, inside=inside)}


class SegmentOptions(StaffView, View):
    """Boxes to tick for a condition's value: those ticked already, then what fits what was typed."""

    right_required = Right.VIEW_SEGMENTS
    in_territory = True

    def get(self, request: HttpRequest) -> HttpResponse:
        place = request.GET.get("place", "")[:40]
        definition = find_condition(request.GET.get("condition", ""))
        operator = request.GET.get("operator", "")
        kind = definition.operators.get(operator, NOTHING) if definition else NOTHING
        chosen = request.GET.getlist(f"{place}.value")
        typed = request.GET.get(f"{place}.search", "").strip()[:60]
        context = {"place": place, "options": option_list(kind, chosen, typed), "typed": typed}
        return render(request, "contacts/segments/values/options.html", context)


def _texts(fields: QueryDict) -> dict[str, list[str]]:
    return {name: fields.getlist(name) for name in fields}


def _fields(posted: QueryDict) -> dict[str, Any]:
    return {
        "name": posted.get("name", "").strip(),
        "description": posted.get("description", "").strip(),
        "is_shared": "is_shared" in posted,
    }
