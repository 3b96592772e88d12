"""`/api/v1/segments/`: saved segments, and how many people each has now."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from campaign_crm.platform.api import filters
from campaign_crm.platform.api.access import member_of
from campaign_crm.platform.api.chosen import ChosenFields
from campaign_crm.platform.api.views import Conventions, ListView, OneView
from campaign_crm.platform.rights import Right
from campaign_crm.platform.scopes import Scope
from contacts.models import Segment
from contacts.segments.compile import people_matching
from contacts.segments.counting import TooSlow, count_estimate, count_exactly
from contacts.segments.nesting import read_segment

EXACT_SECONDS = 5.0  # that an answer waits for the exact number
EXACTLY = (filters.yes_or_no("exact", lambda rows, _wanted: rows, "Wait for the exact number"),)


class SegmentSerializer(ChosenFields, serializers.ModelSerializer[Segment]):
    """`tree`: the conditions; `version` grows with each change of them."""

    class Meta:
        model = Segment
        fields = ["id", "name", "description", "tree", "version", "is_shared", "created_at", "updated_at"]
        read_only_fields = fields


class CountSerializer(serializers.Serializer[Any]):
    """`exact`: false for an estimate from a sample."""

    people = serializers.IntegerField()
    exact = serializers.BooleanField()


def segments_for(request: Request) -> QuerySet[Segment]:
    """Those a member sees; for a machine, shared ones that tell nothing of opinions."""
    member = member_of(request)
    if member is not None:
        return Segment.objects.visible_to(member)
    return Segment.objects.filter(is_shared=True, tells_support=False)


class SegmentsApi(ListView[Segment]):
    """List segments."""

    in_territory = True
    scope = Scope.SEGMENTS_READ
    right = Right.VIEW_SEGMENTS
    serializer_class = SegmentSerializer
    narrowed_by = (
        filters.words("q", lambda rows, text: rows.filter(name__icontains=text), "Words in the name"),
    )

    def get_queryset(self) -> QuerySet[Segment]:
        return segments_for(self.request)


class SegmentApi(OneView[Segment]):
    """One segment."""

    in_territory = True
    scope = Scope.SEGMENTS_READ
    right = Right.VIEW_SEGMENTS
    serializer_class = SegmentSerializer

    def get_queryset(self) -> QuerySet[Segment]:
        return segments_for(self.request)


class SegmentCountApi(Conventions):
    """How many people a segment has now, of those whom the key or the member may see.

    An estimate comes within a fraction of a second; `?exact=true` waits some seconds for every one counted.
    """

    in_territory = True
    scope = Scope.SEGMENTS_READ
    right = Right.VIEW_SEGMENTS
    narrowed_by = EXACTLY

    @extend_schema(parameters=filters.as_parameters(EXACTLY), responses=CountSerializer)
    def get(self, request: Request, pk: int) -> Response:
        segment = get_object_or_404(segments_for(request), pk=pk)
        people = people_matching(read_segment(segment.pk), inside=(segment.pk,))
        found = None
        if filters.chosen(request, EXACTLY, "exact"):
            try:
                found = count_exactly(people, seconds=EXACT_SECONDS)
            except TooSlow:
                found = None
        found = found or count_estimate(people)
        return Response(CountSerializer({"people": found.value, "exact": found.exact}).data)
