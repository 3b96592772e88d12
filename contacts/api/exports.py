"""`/api/v1/exports/`: people as a file, by the same rules as the pages: a purpose, perhaps a second person.

Members ask, by their token or session; machines cannot: somebody answers for what leaves. The file is made by
a worker and sent as it is opened: neither memory nor time before the first line grows with it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from campaign_crm.platform.api import filters
from campaign_crm.platform.api.access import key_of
from campaign_crm.platform.api.views import Conventions, ListView, OneView
from campaign_crm.platform.asking_again import is_fresh
from campaign_crm.platform.rights import Right
from campaign_crm.platform.scopes import Scope
from contacts.api.segments import segments_for
from contacts.enums import Channel
from contacts.exports.columns import COLUMNS, USUAL
from contacts.exports.making import cells_of
from contacts.models import Export
from contacts.selectors import lists_here
from contacts.services.export_files import take, token_of
from contacts.services.exports import ask_people

LINES_AT_A_TIME = 500
CSV, JSON_LINES = "csv", "jsonl"
FORMATS = {CSV: "text/csv; charset=utf-8", JSON_LINES: "application/jsonl; charset=utf-8"}
WRITTEN_AS = (filters.choice("as", [CSV, JSON_LINES], lambda rows, _one: rows, "csv unless it is said"),)


class ExportSerializer(serializers.ModelSerializer[Export]):
    """One file of people: `rows` were asked for; it can be taken while its state is `ready`."""

    class Meta:
        model = Export
        fields = [
            *["id", "state", "purpose", "words", "columns", "rows", "written", "requested_at", "answer"],
            *["leaves_at", "expires_at", "downloads"],
        ]
        read_only_fields = fields


class NewExportSerializer(serializers.Serializer[Any]):
    """Whom (a `segment`, a `list`, or everybody: `can` be reached by a channel, of a `department`), what is
    said of each, and what for. `words` explain the purpose `other`, and a large file that nobody else can
    agree to."""

    purpose = serializers.ChoiceField(choices=Export.Purpose.choices)
    words = serializers.CharField(max_length=500, allow_blank=True, default="")
    columns = serializers.ListField(
        child=serializers.ChoiceField(choices=list(COLUMNS)), allow_empty=False, default=list(USUAL)
    )
    segment = serializers.IntegerField(required=False, min_value=1, max_value=2**62)
    list = serializers.IntegerField(required=False, min_value=1, max_value=2**62)
    can = serializers.ChoiceField(choices=[*Channel.values, "none"], required=False)
    department = serializers.IntegerField(required=False, min_value=1, max_value=2**62)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "segment" in attrs and "list" in attrs:
            raise serializers.ValidationError({"list": [_("Choose a segment or a list.")]})
        return attrs

    def scope_for(self, request: Request) -> dict[str, Any]:
        """What `exports.scopes` reads; 404 for a segment or list that is not there for this member."""
        asked = self.validated_data
        if "segment" in asked:
            return {"segment": get_object_or_404(segments_for(request), pk=asked["segment"]).pk}
        if "list" in asked:
            return {"list": get_object_or_404(lists_here(request.user), pk=asked["list"]).pk}
        return {name: asked[name] for name in ("can", "department") if name in asked}


class OfExports(Conventions):
    """One's own exports; a browser session is asked to have signed in just now, as on the pages."""

    in_territory = True
    of_members = True
    scope = Scope.PEOPLE_EXPORT
    right = Right.EXPORT_PEOPLE

    def check_permissions(self, request: Request) -> None:
        super().check_permissions(request)
        if key_of(request) is None and not is_fresh(request._request):
            raise PermissionDenied(_("Sign in again first: exports ask for a fresh sign-in."))

    def get_queryset(self) -> QuerySet[Export]:
        return Export.objects.filter(requested_by=self.request.user, kind=Export.Kind.PEOPLE)


class ExportsApi(OfExports, ListView[Export]):
    """One's own exports."""

    serializer_class = ExportSerializer

    @extend_schema(request=NewExportSerializer, responses={201: ExportSerializer})
    def post(self, request: Request) -> Response:
        """Ask for a file. Small ones are made at once; above a number a day, another member agrees first."""
        sent = NewExportSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        export = ask_people(
            scope=sent.scope_for(request),
            columns=sent.validated_data["columns"],
            purpose=sent.validated_data["purpose"],
            words=sent.validated_data["words"],
            by=request.user,
        )
        export.refresh_from_db()
        return Response(ExportSerializer(export).data, status=status.HTTP_201_CREATED)


class ExportApi(OfExports, OneView[Export]):
    """One export."""

    serializer_class = ExportSerializer


class ExportFileApi(OfExports):
    """Take the file of an export: a line a person, and one invented by which a leak is recognised. Each time
    is in the journal."""

    narrowed_by = WRITTEN_AS

    @extend_schema(
        parameters=filters.as_parameters(WRITTEN_AS),
        responses={(200, "text/csv"): OpenApiTypes.BINARY, (200, "application/jsonl"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, pk: int) -> HttpResponseBase:
        export = get_object_or_404(self.get_queryset(), pk=pk)
        written_as = filters.chosen(request, WRITTEN_AS, "as") or CSV
        blocks: Iterable[bytes] = take(export=export, token=token_of(export), by=request.user)
        if written_as == JSON_LINES:
            blocks = _json_lines(cells_of(blocks), export.columns)
        answer = StreamingHttpResponse(blocks, content_type=FORMATS[written_as])
        answer["Content-Disposition"] = f'attachment; filename="export-{export.pk}.{written_as}"'
        answer["Cache-Control"] = "no-store"
        return answer


def _json_lines(rows: Iterator[list[str]], columns: list[str]) -> Iterator[bytes]:
    """An object a person, by the names of the columns; `export` bears the mark of the file."""
    next(rows)  # its headings
    names = [*columns, "export"]
    lines: list[str] = []
    for cells in rows:
        lines.append(json.dumps(dict(zip(names, cells, strict=True)), ensure_ascii=False))
        if len(lines) == LINES_AT_A_TIME:
            yield ("\n".join(lines) + "\n").encode()
            lines = []
    if lines:
        yield ("\n".join(lines) + "\n").encode()
