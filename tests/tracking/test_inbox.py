"""The inbox: what people write becomes conversations, once; what the team answers leaves once, in thread."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from campaign_crm.platform.jobs import run_one_due_job
from campaign_crm.platform.models import Notification, User
from campaign_crm.platform.rights import Role
from contacts.enums import Channel
from contacts.models import Contact, Grant
from contacts.registry import registry
from contacts.services.contact_points import add_email
from contacts.services.objections import record_objection
from contacts.services.people import create_contact
from messaging.dispatch.pump import Pump
from messaging.models import Campaign, Delivery, ProviderAccount, Reply
from messaging.returns.replies import keep_replies
from messaging.returns.sorting import sort_message
from messaging.services.personal_mail import MayNotBeWrittenTo
from tests.messaging.people import make_account, make_officer, make_people, make_sender, make_source
from tests.support.places import make_places
from tests.support.smtp_sink import SmtpSink
from tracking.inbox import drops, service
from tracking.inbox.filing import file_arrivals
from tracking.inbox.ready import ReadyAnswerRefused, filled, save_ready_answer
from tracking.inbox.selectors import conversations
from tracking.inbox.sending import send_written
from tracking.inbox.threads import answer_subject, thread_of
from tracking.models import Conversation, ConversationMessage, Form, Submission

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with override("en"):
        yield


@pytest.fixture
def sink():
    with SmtpSink(keep_messages=True) as running:
        yield running


@pytest.fixture
def account(sink) -> ProviderAccount:
    account = make_account(sink.port)
    make_sender(account)
    return account


@pytest.fixture
def officer() -> User:
    return make_officer()


def mail(**fields: str) -> bytes:
    made = EmailMessage()
    text = fields.pop("text", "Where is the meeting?")
    for name, value in fields.items():
        made[name.replace("_", "-")] = value
    made.set_content(text)
    return made.as_bytes()


def arrive(account: ProviderAccount, **fields: str) -> None:
    """One message comes to the mailbox of answers and is read."""
    found = sort_message(mail(**fields), account=account.pk, received_at=timezone.now())
    keep_replies(found.replies)
    if found.dropped:
        registry.dropped_mail["inbox"](found.dropped)


def talk(
    account: ProviderAccount, person: Contact, subject: str = "Re: Hello", at: str = "1"
) -> Conversation:
    address = person.emailaddress_set.get().address
    arrive(account, From=f"Camille <{address}>", Subject=subject, Message_ID=f"<{at}@mail.example.com>")
    return Conversation.objects.order_by("-pk").first()


def test_subjects_say_which_messages_belong_together() -> None:
    assert {
        thread_of(one) for one in ("Réunion à Lyon", "RE: Tr : réunion à lyon", "Fwd: [Test] Réunion à Lyon")
    } == {thread_of("reunion a lyon")}
    assert answer_subject("Re: RE : Hello") == "Re: Hello"
    assert thread_of("Re: ") == ""


def test_what_people_write_becomes_conversations_once(account, officer) -> None:
    one, other = make_people(2)
    first = talk(account, one)
    assert (first.contact, first.awaits, first.state) == (one, True, Conversation.State.OPEN)
    service.assign(conversation=first, to=officer, by=officer)
    service.finish(conversation=first, by=officer)
    talk(account, one, "Hello", at="2")  # the same subject: the same conversation, to do again
    talk(account, one, "Something else", at="3")
    talk(account, other, at="4")
    arrive(account, From="who@example.net", Subject="Hello", Message_ID="<5@x.example>")
    arrive(account, From="who@example.net", Subject="Re: Hello", Message_ID="<6@x.example>")
    arrive(account, From="away@example.net", Subject="Out of office", Message_ID="<7@x.example>")
    assert file_arrivals() == 0, "each answer is filed as it is kept, and never twice"
    found = {(str(one.contact_id), one.thread): one.messages.count() for one in Conversation.objects.all()}
    assert found == {
        (str(one.pk), "hello"): 2,
        (str(one.pk), "something else"): 1,
        (str(other.pk), "hello"): 1,
        ("None", "hello"): 2,
    }
    first.refresh_from_db()
    assert first.state == Conversation.State.OPEN
    assert Notification.objects.filter(user=officer, kind="inbox.answered").count() == 1
    shown = {name: conversations(name, user=officer).count() for name in ("open", "mine", "nobodys", "done")}
    assert shown == {"open": 4, "mine": 1, "nobodys": 3, "done": 0}
    assert conversations("open", user=officer, words="martin1").count() == 2


def test_what_came_from_long_ago_waits_for_nobody(account) -> None:
    long_ago = timezone.now() - timedelta(days=90)
    Reply.objects.create(
        account=account, digest=b"1" * 32, at=long_ago, from_address="a@example.net", text="Hi"
    )
    assert file_arrivals() == 1
    assert Conversation.objects.get().state == Conversation.State.DONE


@pytest.mark.django_db(transaction=True)
def test_answer_leaves_once_in_its_thread_and_not_as_a_machine(account, officer, sink) -> None:
    (person,) = make_people(1)
    conversation = talk(account, person)
    service.answer(
        conversation=conversation,
        subject="Re: Hello",
        text="At six.\n\nSee you <b>there</b>.",
        by=officer,
        done=True,
    )
    while run_one_due_job():
        pass
    Pump().run()
    (sent,) = sink.messages()
    assert sent["In-Reply-To"] == sent["References"] == "<1@mail.example.com>"
    assert (sent["Auto-Submitted"], sent["Precedence"]) == (None, None)
    assert sent["Subject"] == "Re: Hello"
    html = sent.get_body(("html",)).get_content()
    assert "&lt;b&gt;there" in html
    message = ConversationMessage.objects.get(direction="out")
    assert (message.pending, message.campaign.kind) == (False, "service")

    class Again:
        payload = {"message": message.pk}

    send_written(Again())  # a worker that died before it said so
    assert Delivery.objects.filter(contact=person).count() == 1
    conversation.refresh_from_db()
    assert (conversation.state, conversation.assignee, conversation.awaits) == ("done", officer, False)


def test_message_to_one_person_is_political_and_needs_their_agreement(account, officer) -> None:
    person, refuses = make_people(2)
    begun = service.write_to(contact=person, subject="Thanks", text="For coming.", by=officer)
    assert begun.state == Conversation.State.DONE
    while run_one_due_job():
        pass
    row = Delivery.objects.get(contact=person)
    assert (row.campaign.kind, row.basis, row.source_id is None) == ("political", "consent", False)
    record_objection(contact=refuses, channels=[Channel.EMAIL], by=officer)
    with pytest.raises(MayNotBeWrittenTo):
        service.write_to(contact=refuses, subject="Thanks", text="For coming.", by=officer)
    # They wrote first: an answer is a service, which an objection to politics does not end.
    conversation = talk(account, refuses)
    service.answer(conversation=conversation, subject="Re: Hello", text="Sorry.", by=officer)
    # Whoever objects between the click and the worker is not written to, and the author is told.
    late = service.write_to(contact=person, subject="Again", text="Hello", by=officer)
    record_objection(contact=person, channels=[Channel.EMAIL], by=officer)
    while run_one_due_job():
        pass
    assert Delivery.objects.filter(contact=refuses, campaign__kind="service").count() == 1
    assert late.messages.get().refusal
    assert Delivery.objects.filter(contact=person).count() == 1
    assert Notification.objects.filter(user=officer, kind="inbox.refused").exists()


def test_put_off_comes_back_and_needs_a_moment_to_come(account, officer) -> None:
    (person,) = make_people(1)
    conversation = talk(account, person)
    service.snooze(conversation=conversation, until=timezone.now() + timedelta(hours=1), by=officer)
    assert conversations("open", user=officer).count() == 0
    assert conversations("later", user=officer).count() == 1
    Conversation.objects.update(snoozed_until=timezone.now() - timedelta(seconds=1))
    assert conversations("open", user=officer).count() == 1
    with pytest.raises(Exception, match="still to come"):
        service.snooze(conversation=conversation, until=timezone.now(), by=officer)


def test_ready_answers_know_the_person_and_refuse_what_is_not_known(officer) -> None:
    (person,) = make_people(1)
    person.language = "en"
    text = "{greeting} we meet on Monday. {my_name}"
    assert filled(text, contact=person, by=officer) == "Dear Camille1, we meet on Monday. Claude Durand"
    with pytest.raises(ReadyAnswerRefused, match="iban"):
        save_ready_answer(answer=None, name="Money", text="{iban}", by=officer)
    save_ready_answer(answer=None, name="Meeting", text=text, by=officer)
    with pytest.raises(ReadyAnswerRefused, match="name"):
        save_ready_answer(answer=None, name="meeting", text="x", by=officer)


def test_copies_are_filed_by_the_secret_of_whoever_sends_them(account, officer) -> None:
    one, other = make_people(2)
    token = drops.renew_address(user=officer).token
    shared = create_contact(source=one.source_links.get().source, by=None, last_name="Shared")
    add_email(contact=shared, address="person2@example.com", source=one.source_links.get().source, by=None)
    to = {"From": officer.email, "To": "Person1@example.com, person2@example.com", "Subject": "Lunch"}
    bcc = {"Delivered_To": f"answers+d.{token}@example.org"}
    arrive(account, **to, **bcc, Message_ID="<1@me.example>", text="One o'clock?")
    arrive(account, **to, **bcc, Message_ID="<1@me.example>", text="One o'clock?")
    stranger = {"From": "mallory@example.net", "To": "person1@example.com", "Subject": "Forged"}
    arrive(account, **stranger, **bcc, Message_ID="<2@me.example>")
    wrong = {"Delivered_To": f"answers+d.{'a' * 26}@example.org"}
    arrive(account, **to, **wrong, Message_ID="<3@me.example>")
    filed = ConversationMessage.objects.get()
    assert (filed.contact, filed.direction, filed.text) == (one, "filed", "One o'clock?")
    assert not Reply.objects.exists(), "a copy is nobody's answer"
    newest, *_older = registry.timeline_entries(one.pk, before=None, limit=5)
    assert newest.title.startswith("Message of")
    arrive(
        account,
        From=officer.email,
        To="nobody@example.net",
        Subject="Lost",
        Message_ID="<4@me.example>",
        **bcc,
    )
    lost = ConversationMessage.objects.get(conversation=None)
    assert Notification.objects.filter(user=officer, kind="inbox.not_filed").count() == 1
    drops.file_to(message=lost, contact=other, by=officer)
    assert ConversationMessage.objects.get(pk=lost.pk).contact == other
    drops.renew_address(user=officer)
    arrive(account, **to, **bcc, Message_ID="<5@me.example>")
    assert ConversationMessage.objects.count() == 2, "an address that was given up files nothing"


def test_coordinator_sees_and_answers_those_of_their_territory_only(account, officer) -> None:
    places = make_places()
    inside, outside = make_people(2)
    Contact.objects.filter(pk=inside.pk).update(commune=places.beauvais)
    Contact.objects.filter(pk=outside.pk).update(commune=places.amiens)
    mine, theirs = talk(account, inside), talk(account, outside, at="2")
    arrive(account, From="who@example.net", Subject="Hello", Message_ID="<9@x.example>")
    local = User.objects.create_user(email="local@example.org", language="en", role="")
    Grant.objects.create(user=local, role=Role.LOCAL_COORDINATOR, territory=places.oise)
    client = Client()
    client.force_login(local)
    listed = client.get(reverse("tracking:inbox")).content.decode()
    shown = [text in listed for text in (f"/inbox/{mine.pk}/", f"/inbox/{theirs.pk}/", "who@")]
    assert shown == [True, False, False]
    assert client.get(reverse("tracking:conversation", args=[theirs.pk])).status_code == 404
    url = reverse("tracking:conversation", args=[mine.pk])
    assert client.get(url).status_code == 200
    assert client.post(url, {"subject": "Re: Hello", "text": "At six.", "send": "1"}).status_code == 302
    while run_one_due_job():
        pass
    assert Delivery.objects.get(contact=inside).campaign.standing_for.startswith("personal:service")
    with pytest.raises(service.CannotAssign):
        service.assign(conversation=theirs, to=local, by=officer)
    service.assign(conversation=mine, to=local, by=officer)
    assert Campaign.objects.filter(standing_for__startswith="personal:").count() == 1


def test_contact_requests_by_a_form_are_conversations_too(account, officer) -> None:
    (person,) = make_people(1)
    ask = Form.objects.create(title="Write to us", slug="write", kind="contact", source=make_source())
    other = Form.objects.create(title="Join", slug="join", source=make_source())
    values = {"values": {"email": "person1@example.com", "first_name": "Camille"}}
    for form, state in ((ask, "accepted"), (ask, "waiting"), (other, "accepted")):
        Submission.objects.create(form=form, contact=person, data=values, state=state)
    assert (file_arrivals(), file_arrivals()) == (1, 0)
    conversation = Conversation.objects.get()
    assert (conversation.contact, conversation.subject) == (person, "Write to us")
    service.answer(conversation=conversation, subject="Re: Write to us", text="At six.", by=officer)
    while run_one_due_job():
        pass
    assert Delivery.objects.get(contact=person).campaign.kind == "service"
