"""What each provider's own answers mean: one row an answer that its documentation names."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from email.utils import formatdate
from typing import Any

import pytest

from messaging.providers.base import Fault, Outcome, Result
from messaging.providers.brevo import answers as brevo
from messaging.providers.errors import ProviderRefused, ProviderUnavailable
from messaging.providers.http import answers as generic
from messaging.providers.http.answers import MessagesRefused
from messaging.providers.http.transport import Answer
from messaging.providers.mailgun import answers as mailgun
from messaging.providers.mailjet import answers as mailjet
from messaging.providers.reports import blame
from messaging.providers.sendgrid import answers as sendgrid
from messaging.providers.ses import answers as ses
from messaging.providers.smtp.answers import Stage, fault_of
from tests.messaging.providers.slotted import make_message

MESSAGES = [make_message(number) for number in range(3)]


def answer(
    status: int, body: Any = None, headers: Mapping[str, str] | None = None, whole: bool = True
) -> Answer:
    return Answer(status, headers or {}, json.dumps(body).encode(), whole)


def fates(results: list[Result]) -> list[tuple[str, str, str]]:
    return [(one.outcome.value, one.message_id, one.fault.value) for one in results]


def test_retry_after_is_a_number_or_a_moment() -> None:
    assert generic.retry_after(answer(429, headers={"Retry-After": "2.5"})) == 2.5
    later = formatdate(time.time() + 90, usegmt=True)
    assert generic.retry_after(answer(429, headers={"Retry-After": later})) == pytest.approx(90, abs=2)
    assert generic.retry_after(answer(429, headers={"Retry-After": "soon"})) is None
    assert generic.retry_after(answer(429, headers={"Retry-After": "nan"})) is None
    assert generic.retry_after(answer(429, headers={"Retry-After": "1e9"})) == generic.LONGEST_WAIT


@pytest.mark.parametrize("read", [brevo.read, sendgrid.read, mailgun.read, mailjet.read, ses.read])
@pytest.mark.parametrize("status", [500, 502, 503, 504, 599])
def test_a_server_that_fails_leaves_all_unknown(read: Any, status: int) -> None:
    assert {one.outcome for one in read(answer(status, {}), MESSAGES)} == {Outcome.UNKNOWN}


@pytest.mark.parametrize("read", [brevo.read, sendgrid.read, mailgun.read, mailjet.read, ses.read])
@pytest.mark.parametrize(
    ("status", "error"),
    [
        (301, ProviderRefused),
        (401, ProviderRefused),
        (402, ProviderRefused),
        (403, ProviderRefused),
        (404, ProviderRefused),
        (408, ProviderUnavailable),
        (429, ProviderUnavailable),
        (400, MessagesRefused),
        (413, MessagesRefused),
        (422, MessagesRefused),
    ],
)
def test_what_says_that_nothing_was_taken(read: Any, status: int, error: type[Exception]) -> None:
    with pytest.raises(error):
        read(answer(status, {}), MESSAGES)


def test_brevo_ids_in_the_order_of_versions() -> None:
    found = brevo.read(answer(201, {"messageIds": ["<a@b>", "<c@b>", "<e@b>"]}), MESSAGES)
    assert fates(found) == [("accepted", "a@b", ""), ("accepted", "c@b", ""), ("accepted", "e@b", "")]
    assert fates(brevo.read(answer(201, {"messageId": "<a@b>"}), MESSAGES[:1])) == [("accepted", "a@b", "")]
    cut = brevo.read(answer(201, {"messageIds": ["<a@b>"]}, whole=False), MESSAGES)
    assert fates(cut) == [("accepted", "", "")] * 3


def test_brevo_has_the_call_already() -> None:
    found = brevo.read(answer(400, {"code": "duplicate_parameter", "message": "used"}), MESSAGES)
    assert {(one.outcome, one.text) for one in found} == {(Outcome.UNKNOWN, brevo.ALREADY_HAS)}


def test_brevo_says_when_its_rate_starts_again() -> None:
    with pytest.raises(ProviderUnavailable) as error:
        brevo.read(answer(429, {}, {"x-sib-ratelimit-reset": "42"}), MESSAGES)
    assert error.value.retry_after == 42


def test_brevo_without_credit_is_for_a_person() -> None:
    with pytest.raises(ProviderRefused) as error:
        brevo.read(answer(400, {"code": "not_enough_credits", "message": "no"}), MESSAGES)
    assert error.value.text == generic.NO_CREDIT


@pytest.mark.parametrize(
    ("status", "outcome", "fault", "wait"),
    [
        ("SUCCESS", "accepted", Fault.NONE, None),
        ("MESSAGE_REJECTED", "refused", Fault.MESSAGE, None),
        ("MAIL_FROM_DOMAIN_NOT_VERIFIED", "refused", Fault.SENDER, None),
        ("CONFIGURATION_SET_NOT_FOUND", "refused", Fault.ACCOUNT, None),
        ("TEMPLATE_NOT_FOUND", "refused", Fault.ACCOUNT, None),
        ("ACCOUNT_SUSPENDED", "refused", Fault.ACCOUNT, None),
        ("ACCOUNT_THROTTLED", "retry", Fault.ACCOUNT, 1.0),
        ("ACCOUNT_DAILY_QUOTA_EXCEEDED", "retry", Fault.ACCOUNT, 3600.0),
        ("INVALID_SENDING_POOL_NAME", "refused", Fault.ACCOUNT, None),
        ("ACCOUNT_SENDING_PAUSED", "refused", Fault.ACCOUNT, None),
        ("CONFIGURATION_SET_SENDING_PAUSED", "refused", Fault.ACCOUNT, None),
        ("INVALID_PARAMETER", "refused", Fault.MESSAGE, None),
        ("TRANSIENT_FAILURE", "retry", Fault.ACCOUNT, 1.0),
        ("FAILED", "unknown", Fault.ACCOUNT, None),
        ("SOMETHING_NEW", "unknown", Fault.ACCOUNT, None),
    ],
)
def test_ses_gives_each_entry_its_own_fate(
    status: str, outcome: str, fault: Fault, wait: float | None
) -> None:
    entries = [{"Status": "SUCCESS", "MessageId": "1"}, {"Status": status, "Error": "of person@example.com"}]
    first, second = ses.read(answer(200, {"BulkEmailEntryResults": entries}), MESSAGES[:2])
    assert first == Result(Outcome.ACCEPTED, "1", 200)
    assert (second.outcome.value, second.fault, second.retry_after) == (outcome, fault, wait)
    assert "person@" not in second.text


def test_every_status_of_the_service_model_is_known() -> None:
    from tests.support.http_fakes.ses import operation

    model = operation().service_model.shape_for("BulkEmailStatus")
    assert set(model.enum) == {"SUCCESS", "FAILED", *ses._REFUSED, *ses._RETRY}


@pytest.mark.parametrize(
    ("name", "status", "message", "error", "wait"),
    [
        ("TooManyRequestsException", 429, "slow", ProviderUnavailable, 1.0),
        ("ThrottlingException", 400, "Maximum sending rate exceeded.", ProviderUnavailable, 1.0),
        ("ThrottlingException", 400, "Daily message quota exceeded.", ProviderUnavailable, 3600.0),
        ("LimitExceededException", 400, "too many", ProviderUnavailable, 1.0),
        ("AccountSuspendedException", 400, "shut", ProviderRefused, None),
        ("SendingPausedException", 400, "paused", ProviderRefused, None),
        ("NotFoundException", 404, "no set", ProviderRefused, None),
        ("SignatureDoesNotMatch", 403, "key", ProviderRefused, None),
        ("UnrecognizedClientException", 403, "key", ProviderRefused, None),
        ("BadRequestException", 400, "bad", MessagesRefused, None),
        ("MailFromDomainNotVerifiedException", 400, "mail from", MessagesRefused, None),
    ],
)
def test_ses_errors_of_a_whole_call(
    name: str, status: int, message: str, error: type[Exception], wait: float | None
) -> None:
    told = answer(status, {"message": message}, {"x-amzn-ErrorType": f"{name}:http://internal"})
    with pytest.raises(error) as raised:
        ses.read(told, MESSAGES)
    assert getattr(raised.value, "retry_after", None) == wait


def test_an_answer_of_ses_that_was_cut_or_counts_wrong_is_unknown() -> None:
    entries = [{"Status": "SUCCESS", "MessageId": "1"}]
    for told in (
        answer(200, {"BulkEmailEntryResults": entries}),
        answer(200, {"BulkEmailEntryResults": entries * 3}, whole=False),
        answer(200, "?"),
    ):
        assert {one.outcome for one in ses.read(told, MESSAGES)} == {Outcome.UNKNOWN}


def test_sendgrid_names_the_personalization() -> None:
    errors = [{"message": "Does not contain a valid address.", "field": "personalizations.1.to.0.email"}]
    with pytest.raises(MessagesRefused) as error:
        sendgrid.read(answer(400, {"errors": errors}), MESSAGES)
    assert error.value.indexes == {1}
    with pytest.raises(MessagesRefused) as error:
        sendgrid.read(answer(400, {"errors": [{"message": "no", "field": "personalizations.7"}]}), MESSAGES)
    assert error.value.indexes is None


def test_sendgrid_without_credit_or_with_a_rate_that_starts_again() -> None:
    with pytest.raises(ProviderRefused) as refused:
        sendgrid.read(answer(401, {"errors": [{"message": "Maximum credits exceeded"}]}), MESSAGES)
    assert refused.value.text == generic.NO_CREDIT
    with pytest.raises(ProviderUnavailable) as error:
        sendgrid.read(answer(429, {}, {"X-RateLimit-Reset": str(int(time.time()) + 60)}), MESSAGES)
    assert error.value.retry_after == pytest.approx(60, abs=2)


def test_sendgrids_id_is_the_calls() -> None:
    found = sendgrid.read(Answer(202, {"X-Message-Id": "14c5d75ce93"}, b""), MESSAGES)
    assert fates(found) == [("accepted", "14c5d75ce93", "")] * 3


def test_mailjet_gives_each_message_its_own_fate() -> None:
    error = {
        "ErrorCode": "mj-0013",
        "StatusCode": 400,
        "ErrorMessage": '"a@b.c" is an invalid email address.',
    }
    sender = {**error, "ErrorCode": "send-0008", "ErrorRelatedTo": ["From"]}
    entries = [
        {"Status": "success", "To": [{"MessageID": 456, "Email": "x@example.com"}]},
        {"Status": "error", "Errors": [error | {"ErrorRelatedTo": ["To[0].Email"]}]},
        {"Status": "error", "Errors": [sender]},
    ]
    found = mailjet.read(answer(400, {"Messages": entries}), MESSAGES)
    assert fates(found) == [("accepted", "456", ""), ("refused", "", "message"), ("refused", "", "sender")]
    assert "a@b.c" not in found[1].text


def test_an_answer_of_mailjet_without_entries_is_unknown() -> None:
    for told in (answer(200, {"Messages": []}), answer(200, {"Messages": [{}] * 3}, whole=False)):
        assert {one.outcome for one in mailjet.read(told, MESSAGES)} == {Outcome.UNKNOWN}


def test_mailguns_other_answers() -> None:
    with pytest.raises(ProviderRefused):
        mailgun.read(Answer(200, {}, b"Mailgun Magnificent API"), MESSAGES)
    assert {one.outcome for one in mailgun.read(answer(200, {"message": "?"}), MESSAGES)} == {Outcome.UNKNOWN}
    queued = answer(200, {"id": "<1@mg>", "message": "Queued. Thank you."})
    assert fates(mailgun.read(queued, MESSAGES)) == [("accepted", "1@mg", "")] * 3
    with pytest.raises(ProviderRefused) as error:
        mailgun.read(Answer(401, {}, b"Forbidden"), MESSAGES)
    assert error.value.detail == "Forbidden"


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ("No such user here", Fault.RECIPIENT),
        ("User unknown in virtual mailbox table", Fault.RECIPIENT),
        # Of our own address: nobody's address is stopped for it.
        ("Verification failed for <info@us.example>\nNo Such User Here\nSender verify failed", Fault.OTHER),
        ("Sender domain does not exist", Fault.OTHER),
        ("Domain in MAIL FROM does not exist", Fault.OTHER),
        ("Your domain doesn't exist in DNS", Fault.OTHER),
        ("HELO name does not exist", Fault.OTHER),
    ],
)
def test_a_server_that_finds_no_sender_says_nothing_of_the_recipient(said: str, fault: Fault) -> None:
    assert fault_of(Stage.RCPT, 550, "", said) is fault
    assert blame(f"550 {said}", code=550) is fault
