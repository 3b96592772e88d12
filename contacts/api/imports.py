"""`/api/v1/imports/`: a file taken in, previewed, written, and what became of it.

Rejected rows are people who are nobody's yet: the report counts them by reason, the rows themselves are taken
from the page of the import.
"""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db.models import CharField, Count, F, Func, QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.exceptions import PermissionDenied
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from campaign_crm.platform.api import filters
from campaign_crm.platform.api.access import member_of
from campaign_crm.platform.api.chosen import ChosenFields
from campaign_crm.platform.api.views import Conventions, ListView, OneView
from campaign_crm.platform.rights import Right
from campaign_crm.platform.scopes import Scope
from contacts.imports.service import enqueue_preview, enqueue_run, start_import
from contacts.models import Import, ImportReject, Source
from contacts.views.import_upload import stream_to_disk, uploaded_file

REASONS_SHOWN = 50


class CountsField(serializers.DictField):
    """Rows by what happens to them: rows, new, updated, unchanged, duplicate, rejected…"""

    child = serializers.IntegerField()

    def to_representation(self, value: Any) -> dict[str, int]:
        return {name: count for name, count in value.items() if type(count) is int}


class ImportSerializer(ChosenFields, serializers.ModelSerializer[Import]):
    """`preview`: what would happen; `counts`: what has happened."""

    preview = CountsField(read_only=True)
    counts = CountsField(read_only=True)

    class Meta:
        model = Import
        fields = [
            *["id", "kind", "state", "source", "file_name", "file_bytes", "preview", "counts", "error"],
            *["created_at", "writing_began_at", "finished_at", "undone_at"],
        ]
        read_only_fields = fields


class ReasonSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField()
    rows = serializers.IntegerField()


class ImportReportSerializer(ImportSerializer):
    """The same, with why rows were rejected, most frequent reason first."""

    rejected = serializers.SerializerMethodField()

    class Meta(ImportSerializer.Meta):
        fields = [*ImportSerializer.Meta.fields, "rejected"]
        read_only_fields = fields

    @extend_schema_field(ReasonSerializer(many=True))
    def get_rejected(self, run: Import) -> list[dict[str, Any]]:
        reasons = ImportReject.objects.filter(import_run=run).annotate(
            reason=Func(F("reasons"), function="unnest", output_field=CharField())
        )
        counted = reasons.values("reason").annotate(rows=Count("pk")).order_by("-rows", "reason")
        return list(counted[:REASONS_SHOWN])


class NewImportSerializer(serializers.Serializer[Any]):
    """A file, what it is (guessed when left out), and the number of the source it comes from."""

    file = serializers.FileField()
    kind = serializers.ChoiceField(choices=Import.Kind.choices, required=False)
    source = serializers.PrimaryKeyRelatedField(queryset=Source.objects.all(), required=False)


class ImportsApi(ListView[Import]):
    """List imports."""

    scope = Scope.IMPORTS_WRITE
    right = Right.IMPORT_PEOPLE
    serializer_class = ImportSerializer
    parser_classes = (MultiPartParser,)
    narrowed_by = (
        filters.choice("state", Import.State.values, lambda rows, state: rows.filter(state=state)),
        filters.choice("kind", Import.Kind.values, lambda rows, kind: rows.filter(kind=kind)),
    )

    def get_queryset(self) -> QuerySet[Import]:
        return Import.objects.all()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        self._limit = stream_to_disk(request._request)  # before anything reads what was sent
        super().initial(request, *args, **kwargs)

    @extend_schema(
        request={"multipart/form-data": NewImportSerializer}, responses={201: ImportReportSerializer}
    )
    def post(self, request: Request) -> Response:
        """Send a file. When its source is said and its columns are known, its preview begins at once; else a
        member answers the rest on its page."""
        sent = NewImportSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        file: UploadedFile = uploaded_file(request._request, self._limit)
        by = member_of(request)
        run = start_import(
            file=file,
            file_name=file.name or "",
            by=by,
            kind=sent.validated_data.get("kind", ""),
            source=sent.validated_data.get("source"),
        )
        if run.source is not None and run.mapping:
            enqueue_preview(run=run, by=by)
        run.refresh_from_db()
        return Response(ImportReportSerializer(run).data, status=status.HTTP_201_CREATED)


class ImportApi(OneView[Import]):
    """One import: its state, what it would do or did, why rows were rejected."""

    scope = Scope.IMPORTS_WRITE
    right = Right.IMPORT_PEOPLE
    serializer_class = ImportReportSerializer

    def get_queryset(self) -> QuerySet[Import]:
        return Import.objects.all()


class ImportRunApi(Conventions):
    """Have a previewed file written; 422 until its preview is there."""

    scope = Scope.IMPORTS_WRITE
    right = Right.IMPORT_PEOPLE

    @extend_schema(request=None, responses={202: ImportReportSerializer})
    def post(self, request: Request, pk: int) -> Response:
        run = get_object_or_404(Import, pk=pk)
        if run.created_by_id is not None and member_of(request) is None:
            raise PermissionDenied(_("A member sent this file: a member has it written."))
        enqueue_run(run=run, by=member_of(request))
        run.refresh_from_db()
        return Response(ImportReportSerializer(run).data, status=status.HTTP_202_ACCEPTED)
