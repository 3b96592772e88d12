"""`/api/v1/people/<id>/messages/`: each message to a person, and why it left or waits, rule by rule."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from campaign_crm.platform.api.views import Conventions
from campaign_crm.platform.rights import Right
from campaign_crm.platform.scopes import Scope
from contacts.api.person import person_of
from messaging.why.asked import Answer
from messaging.why.finding import messages_of
from messaging.why.reasons import Reason, reasons_of


class AnswerSerializer(serializers.Serializer[object]):
    """`rule`: key of the rule of law, empty where none is behind it; `why`: for what reason not asked."""

    rule = serializers.CharField(allow_blank=True)
    sentence = serializers.CharField()
    why = serializers.CharField(allow_blank=True)


class MessageSerializer(serializers.Serializer[object]):
    """One message. `held`: what keeps it from leaving; `passed` and `not_asked`: the questions of the last
    moment, null where they were not kept yet; `content`: what its text told the reader."""

    mailing = serializers.IntegerField()
    subject = serializers.CharField(allow_blank=True)
    channel = serializers.CharField()
    state = serializers.CharField()
    left_at = serializers.DateTimeField(allow_null=True)
    basis = serializers.CharField(allow_blank=True)
    came_from = serializers.CharField(allow_blank=True)
    agreed_at = serializers.DateTimeField(allow_null=True)
    chosen_by = serializers.ListField(child=serializers.CharField())
    rulebook = serializers.CharField(allow_blank=True)
    held = AnswerSerializer(allow_null=True)
    passed = AnswerSerializer(many=True, allow_null=True)
    not_asked = AnswerSerializer(many=True, allow_null=True)
    content = AnswerSerializer(many=True)


class PersonMessagesApi(Conventions):
    """The newest fifty messages to one person: what the page “Why did you write to me?” shows."""

    scope = Scope.PEOPLE_READ
    right = Right.VIEW_COMPLIANCE

    @extend_schema(responses=MessageSerializer(many=True))
    def get(self, request: Request, pk: int) -> Response:
        contact = person_of(request, pk)
        told = [_message(reason) for reason in reasons_of(messages_of(contact))]
        return Response(MessageSerializer(told, many=True).data)


def _message(reason: Reason) -> dict[str, Any]:
    kept = reason.left and reason.answered.kept
    return {
        "mailing": reason.delivery.campaign_id,
        "subject": reason.subject,
        "channel": reason.channel.value,
        "state": reason.delivery.state,
        "left_at": reason.at,
        "basis": reason.delivery.basis,
        "came_from": str(reason.source or ""),
        "agreed_at": reason.consent.at if reason.consent else None,
        "chosen_by": reason.criteria,
        "rulebook": reason.delivery.rulebook_version,
        "held": _answer(reason.held) if reason.held else None,
        "passed": [_answer(one) for one in reason.answered.passed] if kept else None,
        "not_asked": [_answer(one) for one in reason.answered.not_asked] if kept else None,
        "content": [_answer(one) for one in reason.said],
    }


def _answer(answer: Answer) -> dict[str, str]:
    return {"rule": answer.rule, "sentence": answer.words, "why": answer.why}
