"""`/api/v1/forms/<slug>/sign-ups/`: the party's website sends a sign-up, through the page's own form."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid5

from django.http import QueryDict
from django.shortcuts import get_object_or_404
from django.utils import translation
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import NotFound, Throttled
from rest_framework.request import Request
from rest_framework.response import Response

from campaign_crm.platform.addresses import client_address
from campaign_crm.platform.api.access import key_of
from campaign_crm.platform.api.idempotency import HEADER
from campaign_crm.platform.api.problems import Conflict
from campaign_crm.platform.api.views import Conventions
from campaign_crm.platform.rights import Right
from campaign_crm.platform.scopes import Scope
from tracking.forms.public import PublicForm, boxes_offered, question_names
from tracking.forms.questions import LONGEST_WORDS, answer_name
from tracking.models import Form
from tracking.services.sign_up_limits import WITHIN_SECONDS, may_send_with, may_sign_up
from tracking.services.sign_ups import FormIsFull, SentBefore, receive_sign_up

NAMESPACE = UUID("6d0a4f0e-9a0b-4d57-8f0c-8f4d5f0c2b51")  # of ours alone: any would do, once and for all
OWN_QUESTIONS = ("age", "choice", "scale", "words", "hidden")


class SignUpSerializer(serializers.Serializer[Any]):
    """Answers by the names of the form's questions, and the boxes ticked: "email:messages".

    The address of the request is the website's, never the person's.
    """

    answers = serializers.DictField(child=serializers.CharField(allow_blank=True, max_length=LONGEST_WORDS))
    consents = serializers.ListField(child=serializers.CharField(max_length=40), default=list)
    newsletters = serializers.ListField(child=serializers.IntegerField(), default=list)
    ip = serializers.IPAddressField(
        default=None, help_text="Where the person wrote from, as the website saw it: part of the proof."
    )


class SignUpAnswer(serializers.Serializer[Any]):
    id = serializers.UUIDField()


class SignUpApi(Conventions):
    """Send one sign-up. On a soft form choices about e-mail hold at once; the rest, and all of a strict form,
    once the person confirms by the link they get. Several options of one question are joined by commas.

    With a header `Idempotency-Key`, a request that is sent again (no answer came, the page was reloaded) is
    the same sign-up: one person, one confirmation, the same answer, also after days.
    """

    public_methods = frozenset({"POST"})
    scope = Scope.SIGN_UPS_WRITE
    right = Right.EDIT_FORMS

    @extend_schema(request=SignUpSerializer, responses={201: SignUpAnswer})
    def post(self, request: Request, slug: str) -> Response:
        form = get_object_or_404(Form.objects.select_related("published"), slug=slug)
        if not form.takes_answers:
            raise NotFound
        key = key_of(request)
        if key is not None and not may_send_with(key.pk):
            raise Throttled(wait=WITHIN_SECONDS)
        sent = SignUpSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        with translation.override(form.language):
            answers = PublicForm(form, _as_posted(sent.validated_data, form))
            if not answers.is_valid():
                raise serializers.ValidationError({"answers": answers.errors})
            sign_up, address = answers.sign_up(), sent.validated_data["ip"]
            if (
                key is not None and key.is_public
            ):  # the person's own browser: what it says of itself is no proof
                address = client_address(request._request) or None
            if not may_sign_up(ip=address or "", email=sign_up.values.get("email", "")):
                raise Throttled(wait=WITHIN_SECONDS)
            try:
                submission = receive_sign_up(
                    form=form,
                    sign_up=sign_up,
                    ip=address,
                    submission_id=_submission_id(request, form),
                )
            except (SentBefore, FormIsFull) as error:
                raise Conflict(str(error)) from None
        return Response({"id": submission.pk}, status=status.HTTP_201_CREATED)


def _submission_id(request: Request, form: Form) -> UUID | None:
    """The id that a key of idempotency stands for; keys of two websites do not meet."""
    sent_again = request.headers.get(HEADER, "")
    if not sent_again:
        return None
    key = key_of(request)
    sender = key.pk if key is not None else f"user {request.user.pk}"
    return uuid5(NAMESPACE, f"{sender} {form.pk} {sent_again}")


def _as_posted(data: dict[str, Any], form: Form) -> QueryDict:
    """The same fields a browser would post; questions and boxes the form does not have are refused."""
    content = form.content
    asked = {*question_names(content), *(answer_name(block) for block in content.of_type(*OWN_QUESTIONS))}
    unknown = [*(set(data["answers"]) - asked), *(set(data["consents"]) - set(boxes_offered(content)))]
    if unknown:
        text = _("This form does not ask for: %(names)s.") % {"names": ", ".join(sorted(unknown))}
        raise serializers.ValidationError({"unknown": [text]})
    posted = QueryDict(mutable=True)
    posted.update(data["answers"])
    for block in content.of_type("choice"):
        name = answer_name(block)
        if block.values["several"] == "several" and name in posted:
            posted.setlist(name, posted[name].split(","))
    for consent in data["consents"]:
        posted[f"consent_{consent.replace(':', '_')}"] = "on"
    posted.setlist("newsletters", [str(pk) for pk in data["newsletters"]])
    return posted
