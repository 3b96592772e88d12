"""`/api/v1/forms/`: public forms, how many people sent them, and what was sent."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import Count, Q, QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from campaign_crm.platform.api import filters
from campaign_crm.platform.api.access import key_of
from campaign_crm.platform.api.chosen import ChosenFields
from campaign_crm.platform.api.pages import LatestSent
from campaign_crm.platform.api.reads import check_reading, count_read
from campaign_crm.platform.api.views import ListView, OneView
from campaign_crm.platform.rights import Right
from campaign_crm.platform.scopes import Scope
from tracking.api.sign_ups import OWN_QUESTIONS
from tracking.enums import SubmissionState
from tracking.forms.public import consent_box, question_names
from tracking.forms.questions import answer_name
from tracking.models import Form, Submission


class BoxSerializer(serializers.Serializer[Any]):
    """One box, never ticked beforehand: show `wording` beside it, send `name` when it is ticked."""

    name = serializers.CharField()
    wording = serializers.CharField()


class OfferedNewsletterSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()


class FormSerializer(ChosenFields, serializers.ModelSerializer[Form]):
    """A form: its questions by their names, its boxes, the newsletters it offers. `sign_ups` counts what was
    accepted; `confirmed`, those who confirmed, or whose welcome did not come back in 48 hours."""

    introduction = serializers.SerializerMethodField()
    url = serializers.SerializerMethodField()
    consents = serializers.SerializerMethodField()
    newsletters = serializers.SerializerMethodField()
    sign_ups = serializers.IntegerField(read_only=True)
    confirmed = serializers.IntegerField(read_only=True)

    class Meta:
        model = Form
        fields = [
            *["slug", "title", "introduction", "language", "consents", "newsletters"],
            *["is_open", "url", "sign_ups", "confirmed"],
        ]
        read_only_fields = fields

    def get_fields(self) -> Any:
        """`fields` is a word of serializers too."""
        found = super().get_fields()
        found["fields"] = serializers.SerializerMethodField("get_questions")
        return found

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_questions(self, form: Form) -> list[str]:
        own = (answer_name(block) for block in form.content.of_type(*OWN_QUESTIONS))
        return [*question_names(form.content), *own]

    def get_introduction(self, form: Form) -> str:
        return form.content.say("introduction", form.language)

    def get_url(self, form: Form) -> str:
        return settings.PUBLIC_URL + reverse("tracking:sign_up", args=[form.slug])

    @extend_schema_field(BoxSerializer(many=True))
    def get_consents(self, form: Form) -> list[dict[str, str]]:
        boxes = [consent_box(block, form.language) for block in form.content.of_type("consent")]
        return [{"name": f"{box.channel}:{box.purpose}", "wording": box.wording.text} for box in boxes]

    @extend_schema_field(OfferedNewsletterSerializer(many=True))
    def get_newsletters(self, form: Form) -> list[dict[str, Any]]:
        offered = (one for one in form.newsletters.all() if one.is_open)
        return [{"id": one.pk, "name": one.name} for one in offered]


class SubmissionSerializer(ChosenFields, serializers.ModelSerializer[Submission]):
    """What one person sent; `contact`: who they are, null while it is not known."""

    answers = serializers.SerializerMethodField()

    class Meta:
        model = Submission
        fields = ["id", "contact", "state", "answers", "at", "confirmed_at"]
        read_only_fields = fields

    def get_answers(self, sent: Submission) -> dict[str, str]:
        """By the names of the form's questions; several options of one are joined by commas."""
        own = {
            f"q_{name}": ",".join(given) if isinstance(given, list) else given
            for name, given in sent.data.get("answers", {}).items()
        }
        return {**sent.data.get("values", {}), **own}


def forms_for(request: Request) -> QuerySet[Form]:
    """Every form; for a public key, those that are open: what their pages show anybody."""
    accepted = Q(submissions__state=SubmissionState.ACCEPTED)
    counts = Q(submissions__confirmed_at__isnull=False) | Q(submissions__counted_at__isnull=False)
    counted = Form.objects.filter(published__isnull=False).annotate(
        sign_ups=Count("submissions", filter=accepted),
        confirmed=Count("submissions", filter=accepted & counts),
    )
    key = key_of(request)
    shown = counted.filter(is_open=True) if key is not None and key.is_public else counted
    return shown.select_related("published").prefetch_related("newsletters")


class FormsApi(ListView[Form]):
    """List forms."""

    scope = Scope.FORMS_READ
    right = Right.VIEW_CAMPAIGNS
    public_methods = frozenset({"GET"})
    serializer_class = FormSerializer
    narrowed_by = (filters.yes_or_no("is_open", lambda forms, wanted: forms.filter(is_open=wanted)),)

    def get_queryset(self) -> QuerySet[Form]:
        return forms_for(self.request)


class FormApi(OneView[Form]):
    """One form, with its counts."""

    scope = Scope.FORMS_READ
    right = Right.VIEW_CAMPAIGNS
    public_methods = frozenset({"GET"})
    serializer_class = FormSerializer
    lookup_field = "slug"

    def get_queryset(self) -> QuerySet[Form]:
        return forms_for(self.request)


class SubmissionsApi(ListView[Submission]):
    """What was sent by a form, newest first; counted in the journal as people read."""

    scope = Scope.SUBMISSIONS_READ
    right = Right.EDIT_FORMS
    serializer_class = SubmissionSerializer
    pagination_class = LatestSent
    narrowed_by = (
        filters.yes_or_no("confirmed", lambda rows, wanted: rows.filter(confirmed_at__isnull=not wanted)),
        filters.moment("since", lambda rows, at: rows.filter(at__gte=at), "Sent at this moment or later"),
    )

    def get_queryset(self) -> QuerySet[Submission]:
        form = get_object_or_404(Form, slug=self.kwargs["slug"])
        return Submission.objects.filter(form=form)

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        check_reading(request)
        answer = super().list(request, *args, **kwargs)
        count_read(request, len(answer.data["results"]))
        return answer
