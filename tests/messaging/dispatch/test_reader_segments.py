"""Blocks for readers of a segment: known at the freeze, only of those who agree; everyone reads something."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils.translation import override

from campaign_crm.platform.models import User
from campaign_crm.platform.rights import Role
from contacts.enums import Channel, ConsentPurpose
from contacts.models import Segment
from contacts.services.consents import record_consent
from contacts.services.wordings import current_wording
from messaging.dispatch.pump import Pump
from messaging.errors import NotAllowed
from messaging.models import Delivery
from messaging.services.approval_state import content_of
from messaging.services.campaigns import update_campaign
from messaging.services.pre_send import pre_send
from messaging.services.previewing import draft_of, preview_draft
from messaging.services.testing import send_test
from tests.messaging.dispatch.conftest import books, start
from tests.messaging.people import (
    agree_to_targeting,
    make_campaign,
    make_officer,
    make_people,
    make_source,
)
from tests.support.smtp_sink import SmtpSink

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with override("en"):
        yield


WOMEN = {"condition": "gender", "operator": "is", "value": ["F"]}
WITH_EMAIL = {"condition": "has_email", "operator": "has", "value": None}
BY_NAME = {"condition": "name", "operator": "contains", "value": "Le Goff"}


def segment(name: str, rule: dict[str, Any], **fields: Any) -> Segment:
    return Segment.objects.create(name=name, tree={"all": [rule]}, **fields)


def text(block: str, words: str) -> dict[str, Any]:
    return {"id": block, "type": "text", "html": f"<p>{words}</p>"}


def only_for(of: Segment, block: str, words: str, others: str) -> dict[str, Any]:
    return text(block, words) | {"only_if": {"segment": of.pk}, "otherwise": [text(f"{block}o", others)]}


def read(sink: SmtpSink) -> dict[str, list[str]]:
    """The words of each recipient, by their address."""
    words = ("for-women", "for-all", "by-mail", "without")
    return {
        one["To"].addresses[0].addr_spec: [word for word in words if word in one.get_body().get_content()]
        for one in sink.messages()
    }


def test_members_who_agree_read_it_and_everyone_else_the_alternative(sink: SmtpSink, pump: Pump) -> None:
    sink.start_over(keep_messages=True)
    people = make_people(5)  # 1, 3 and 5 are women
    agree_to_targeting(*people[:3])
    women, with_email = segment("Women", WOMEN), segment("By mail", WITH_EMAIL)
    blocks = [
        only_for(women, "a", "for-women", "for-all"),
        only_for(with_email, "b", "by-mail", "without"),  # technical: nobody's agreement is asked
    ]
    campaign = start(make_campaign(sink, blocks=blocks))
    kept = dict(Delivery.objects.order_by("address").values_list("address", "context"))
    technical, both = {str(with_email.pk): False}, {str(women.pk): True, str(with_email.pk): False}
    assert kept == {
        f"person{number}@example.com": {"segments": both if number in (1, 3) else technical}
        for number in range(1, 6)
    }
    Segment.objects.filter(pk=women.pk).update(tree={"none": [WOMEN]})  # changes nobody's message
    record_consent(
        contact=people[2],
        channel=Channel.EMAIL,
        purpose=ConsentPurpose.TARGETING,
        given=False,
        source=make_source(),
        wording=current_wording(Channel.EMAIL, ConsentPurpose.TARGETING, "fr"),
        by=None,
    )
    assert pump.run(seconds=20).accepted == 5
    assert books(campaign) == {"accepted": 5}
    assert read(sink) == {
        f"person{number}@example.com": ["for-women" if number == 1 else "for-all", "by-mail"]
        for number in range(1, 6)
    }
    assert not campaign.targeted  # it leaves nobody out, as blocks by place


def test_a_test_and_a_preview_show_what_their_reader_gets(sink: SmtpSink, pump: Pump) -> None:
    sink.start_over(keep_messages=True)
    agreed, silent = make_people(1) + make_people(1, start=3)
    agree_to_targeting(agreed)
    campaign = make_campaign(sink, blocks=[only_for(segment("Women", WOMEN), "a", "for-women", "for-all")])
    shown = [preview_draft(draft_of(campaign), reader=str(one.pk)).text for one in (agreed, silent)]
    assert ["for-women" in one for one in shown] == [True, False]
    officer = make_officer()
    send_test(campaign=campaign, addresses=[officer.email], reader=agreed, by=officer)
    pump.run(seconds=5)
    assert read(sink) == {officer.email: ["for-women"]}


def test_what_may_choose_nobody_online_and_what_is_gone_is_refused() -> None:
    make_people(1)
    gone = segment("Gone", WOMEN)
    blocks = [
        only_for(segment("By name", BY_NAME), "a", "for-women", "for-all"),
        only_for(gone, "b", "for-women", "for-all"),
        text("c", "for-all") | {"only_if": {"segment": gone.pk}},
    ]
    gone.delete()
    problems = {one.block_id: one.message for one in pre_send(make_campaign(blocks=blocks[:2])).obstacles}
    assert "may not choose who receives a message" in problems["a"]
    assert "does not exist any more" in problems["b"]
    (problem,) = pre_send(make_campaign(blocks=blocks[2:])).problems
    assert "must leave nobody out" in problem


def test_nobody_names_a_segment_that_is_not_theirs_and_an_approval_is_of_its_conditions() -> None:
    secret = segment("Secret", WOMEN, is_shared=False)
    campaign = make_campaign()
    author = User.objects.create_user(email="author@example.org", role=Role.DIRECTOR)
    blocks = [only_for(secret, "a", "for-women", "for-all")]
    with pytest.raises(NotAllowed, match="not shared with you"):
        update_campaign(campaign=campaign, revision=campaign.revision, by=author, blocks=blocks)
    saved = update_campaign(campaign=campaign, revision=campaign.revision, by=make_officer(), blocks=blocks)
    assert saved.blocks == blocks
    before = content_of(saved)
    Segment.objects.filter(pk=secret.pk).update(version=2)
    assert content_of(saved) != before
