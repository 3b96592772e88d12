"""Segments: the list, one segment's page with its figures, and why a person is in it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View
from django.views.generic import TemplateView

from campaign_crm.platform.caching import remembered
from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import Breadcrumb, StaffView
from contacts.errors import ContactsError
from contacts.models import Contact, Segment
from contacts.scoped import own_within
from contacts.segments.compile import people_matching
from contacts.segments.counting import Estimate, count_estimate
from contacts.segments.errors import SegmentInvalid
from contacts.segments.explain import explain
from contacts.segments.nesting import read_segment
from contacts.segments.tree import parse_tree, rules_of
from contacts.selectors import search_contacts
from contacts.services.segments import delete_segment
from contacts.views.segment_figures import channels_of, exact_count, picture_of

COUNT_KEPT = 600  # seconds that a list remembers how many people a segment has
PEOPLE_FOUND = 6


class SegmentPageMixin(StaffView):
    """Pages of one segment that the person may see."""

    right_required = Right.VIEW_SEGMENTS
    in_territory = True

    def segment(self) -> Segment:
        if not hasattr(self, "_segment"):
            visible = Segment.objects.visible_to(self.request.user)
            self._segment: Segment = get_object_or_404(visible, pk=self.kwargs["pk"])
        return self._segment

    def get_title(self) -> str:
        return self.segment().name

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(_("Segments"), reverse("contacts:segments"))]


class SegmentList(StaffView, TemplateView):
    right_required = Right.VIEW_SEGMENTS
    in_territory = True
    title = gettext_lazy("Dynamic lists (segments)")
    subtitle = gettext_lazy("Conditions on people, worked out anew each time they are used.")
    template_name = "contacts/segments/list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        visible = Segment.objects.visible_to(self.request.user)
        return super().get_context_data(
            segments=[_row(segment) for segment in visible.select_related("created_by").order_by("name")],
            may_edit=self.request.user.has_right(Right.EDIT_SEGMENTS),
            **kwargs,
        )


class SegmentCount(SegmentPageMixin, View):
    """How many people a segment has, for its line in the list; remembered for some minutes."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        segment = self.segment()
        key = f"segment-count:{segment.pk}:{segment.version}"
        try:
            estimate: Estimate | None = remembered(key, seconds=COUNT_KEPT, compute=lambda: _count(segment))
        except SegmentInvalid:
            estimate = None
        return render(request, "contacts/segments/count.html", {"estimate": estimate})


class SegmentPage(SegmentPageMixin, TemplateView):
    """One segment: its conditions, how many people, some of them, and what can be done with it."""

    template_name = "contacts/segments/page.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        segment = self.segment()
        context = person_asked(self.request, segment)
        try:
            tree = read_segment(segment.pk)
            context |= {"tree": tree, "picture": picture_of(tree, inside=(segment.pk,))}
        except SegmentInvalid as error:
            context["problems"] = error.problems
        return super().get_context_data(
            may_edit=self.request.user.has_right(Right.EDIT_SEGMENTS)
            and own_within(Segment.objects.filter(pk=segment.pk), self.request.user).exists(),
            may_export=self.request.user.has_right(Right.EXPORT_PEOPLE),
            **context,
            **kwargs,
        )


class SegmentFigures(SegmentPageMixin, View):
    """The exact count and the four channels, as a fragment that the page asks for once it is shown."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        inside = (self.segment().pk,)
        try:
            tree = read_segment(pk)
            estimate = exact_count(people_matching(tree, inside=inside))
            channels = channels_of(tree, estimate, inside=inside, exactly=True)
        except SegmentInvalid as error:
            return render(request, "contacts/segments/problems.html", {"problems": error.problems})
        context = {"estimate": estimate, "channels": channels}
        return render(request, "contacts/segments/figures.html", context)


class SegmentPerson(SegmentPageMixin, View):
    """Why a person is in the segment or not: a search, then the tree with each part's answer."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return render(request, "contacts/segments/person.html", person_asked(request, self.segment()))


def person_asked(request: HttpRequest, segment: Segment) -> dict[str, Any]:
    """People found for `?q=`, or the answer for `?person=<id>`."""
    chosen, query = request.GET.get("person", ""), request.GET.get("q", "").strip()[:100]
    context: dict[str, Any] = {"segment": segment, "q": query}
    if chosen.isdecimal():
        person = get_object_or_404(Contact.objects.visible(), pk=int(chosen))
        try:
            context |= {"person": person, "answer": explain(read_segment(segment.pk), person)}
        except SegmentInvalid as error:
            context["problems"] = error.problems
    elif query:
        context["found"] = search_contacts(query, limit=PEOPLE_FOUND)
    return context


class DeleteSegment(SegmentPageMixin, View):
    right_required = Right.EDIT_SEGMENTS
    in_territory = True

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        segment = get_object_or_404(own_within(Segment.objects.all(), request.user), pk=self.segment().pk)
        try:
            delete_segment(segment=segment, by=request.user)
        except ContactsError as error:
            messages.error(request, str(error))
            return redirect("contacts:segment", pk=pk)
        messages.success(request, _("“%(name)s” is deleted.") % {"name": segment.name})
        return redirect("contacts:segments")


def _row(segment: Segment) -> dict[str, Any]:
    """One line of the list; a segment that can no longer be read says so."""
    try:
        return {"segment": segment, "rules": [str(rule) for rule in rules_of(parse_tree(segment.tree))]}
    except SegmentInvalid:
        return {"segment": segment, "broken": True}


def _count(segment: Segment) -> Estimate:
    return count_estimate(people_matching(read_segment(segment.pk), inside=(segment.pk,)))
