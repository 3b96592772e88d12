"""`/api/v1/forms/<slug>/sign-ups/`: the party's website sends a sign-up, through the page's own form."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict
from django.shortcuts import get_object_or_404
from django.utils import translation
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from campaign_crm.platform.rights import Right
from campaign_crm.platform.scopes import Scope
from tracking.forms.public import PublicForm
from tracking.models import Form
from tracking.services.sign_ups import WITHIN_SECONDS, may_sign_up_from, receive_sign_up


class SignUpSerializer(serializers.Serializer[Any]):
    """Answers by the names of the form's questions, and the boxes ticked: "email:messages".

    The address of the request is the website's, never the person's.
    """

    answers = serializers.DictField(child=serializers.CharField(allow_blank=True, max_length=300))
    consents = serializers.ListField(child=serializers.CharField(max_length=40), default=list)
    newsletters = serializers.ListField(child=serializers.IntegerField(), default=list)
    ip = serializers.IPAddressField(
        default=None, help_text="Where the person wrote from, as the website saw it: part of the proof."
    )


class SignUpAnswer(serializers.Serializer[Any]):
    id = serializers.UUIDField()


class SignUpApi(APIView):
    """Send one sign-up. What concerns e-mail holds once the person confirms by the link they receive."""

    scope = Scope.SIGN_UPS_WRITE
    right = Right.EDIT_FORMS

    @extend_schema(
        request=SignUpSerializer,
        responses={
            201: SignUpAnswer,
            400: OpenApiResponse(description="What is wrong, by field"),
            429: OpenApiResponse(
                description="Too many sign-ups from this `ip`; Retry-After says for how long"
            ),
        },
    )
    def post(self, request: Request, slug: str) -> Response:
        form = get_object_or_404(Form, slug=slug, is_open=True)
        sent = SignUpSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        with translation.override(form.language):
            answers = PublicForm(form, _as_posted(sent.validated_data, form))
            if not answers.is_valid():
                raise serializers.ValidationError(answers.errors)
            address = sent.validated_data["ip"]
            if address and not may_sign_up_from(address):
                raise Throttled(wait=WITHIN_SECONDS)
            submission = receive_sign_up(form=form, sign_up=answers.sign_up(), ip=address)
        return Response({"id": submission.pk}, status=status.HTTP_201_CREATED)


def _as_posted(data: dict[str, Any], form: Form) -> QueryDict:
    """The same fields a browser would post; questions and boxes the form does not have are refused."""
    offered = {f"{box['channel']}:{box['purpose']}" for box in form.consents}
    unknown = [*(set(data["answers"]) - set(form.fields)), *(set(data["consents"]) - offered)]
    if unknown:
        text = _("This form does not ask for: %(names)s.") % {"names": ", ".join(sorted(unknown))}
        raise serializers.ValidationError({"unknown": [text]})
    posted = QueryDict(mutable=True)
    posted.update(data["answers"])
    for consent in data["consents"]:
        posted[f"consent_{consent.replace(':', '_')}"] = "on"
    posted.setlist("newsletters", [str(pk) for pk in data["newsletters"]])
    return posted
