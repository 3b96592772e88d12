"""A national mailing in eighteen regions, from writing to report: the right words, from whom, and once.

Eighteen senders; a national body with two local blocks, written by the regions; one region has a subject of
its own, one keeps the national message; people who did not agree to be chosen by place read it too.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone
from django.utils.translation import override

from campaign_crm.platform.database import ensure_partition
from contacts.enums import TerritoryKind
from contacts.models import Territory
from messaging.dispatch.pump import Pump
from messaging.models import Campaign, Delivery
from messaging.services.variants import BlockIsLocked, save_version
from tests.messaging.dispatch.conftest import books, start
from tests.messaging.dispatch.conftest import pump as pump
from tests.messaging.dispatch.conftest import shared_sink as shared_sink
from tests.messaging.dispatch.conftest import sink as sink
from tests.messaging.dispatch.test_variants import live_in, local_sender, place
from tests.messaging.people import make_campaign, make_officer, make_people
from tests.support.smtp_sink import SmtpSink
from tracking.enums import HitClass, InteractionKind
from tracking.models import Interaction
from tracking.selectors import campaign_report

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with override("en"):
        yield


CODES = [*("01", "02", "03", "04", "06", "11", "24", "27", "28"), *("32", "44", "52", "53", "75", "76")]
CODES += ["84", "93", "94"]
IN_EACH, WITHOUT_AGREEMENT = 10, 12
OWN_SUBJECT, OPTED_OUT = "94", "06"
BODY: list[dict[str, Any]] = [
    {"id": "a", "type": "text", "html": "<p>National body</p>", "align": "left"},
    {"id": "b", "type": "text", "html": "<p>First word for all</p>", "align": "left", "open": True},
    {"id": "c", "type": "text", "html": "<p>Second word for all</p>", "align": "left", "open": True},
]


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def written(code: str) -> dict[str, dict[str, Any]]:
    return {
        block["id"]: {**block, "html": f"<p>Block {block['id']} of {code}</p>"}
        for block in BODY
        if "open" in block
    }


def write_everywhere(campaign: Campaign, regions: dict[str, Territory]) -> None:
    """Each region writes for itself: its two blocks and its sender, one a subject, one nothing at all."""
    by = make_officer()
    for code, region in regions.items():
        sender = local_sender(campaign, f"Region{code}")
        sender.territory = region
        sender.save()
        version = save_version(
            campaign=campaign,
            territory=region,
            revision=0,
            by=by,
            replaced=written(code),
            sender=sender,
            subject="Corsica, {{ first_name }}" if code == OWN_SUBJECT else "",
        )
        if code == OPTED_OUT:
            save_version(
                campaign=campaign, territory=region, revision=version.revision, by=by, opted_out=True
            )


def click(campaign: Campaign, variant: int) -> None:
    ensure_partition("tracking_interaction", timezone.now().strftime("%Y-%m-01"))
    Interaction.objects.create(
        at=timezone.now(),
        event_id=uuid.uuid4(),
        kind=InteractionKind.CLICK,
        hit_class=HitClass.HUMAN,
        campaign=campaign,
        ledger_month=campaign.ledger_month,
        variant=variant,
        visitor=variant,
    )


def test_a_national_mailing_in_eighteen_regions(sink: SmtpSink, pump: Pump) -> None:
    sink.start_over(keep_messages=True)
    regions = {code: place(code, TerritoryKind.REGION) for code in CODES}
    people = make_people(len(CODES) * IN_EACH + WITHOUT_AGREEMENT)
    lives: dict[str, str] = {}
    for index, (code, region) in enumerate(regions.items()):
        commune = place(
            f"{code}001", TerritoryKind.COMMUNE, place(f"D{code}", TerritoryKind.DEPARTMENT, region)
        )
        own = people[index * IN_EACH : (index + 1) * IN_EACH]
        live_in(own, commune)
        lives |= {f"person{person.first_name[7:]}@example.com": code for person in own}
    live_in(people[-WITHOUT_AGREEMENT:], commune, agree=False)

    campaign = make_campaign(sink, subject="To everybody", blocks=BODY)
    write_everywhere(campaign, regions)
    with pytest.raises(BlockIsLocked):
        save_version(
            campaign=campaign,
            territory=regions["11"],
            revision=1,
            by=make_officer(),
            replaced={"a": {**BODY[0], "html": "<p>Mine</p>"}},
        )
    campaign = start(campaign)
    click(campaign, campaign.variants.get(territory=regions["53"]).number)
    pump.run(seconds=60)

    # Everybody once, from the right sender, with the right words.
    assert books(campaign) == {"accepted": len(people)}
    messages = sink.messages()
    assert Counter(message["To"].addresses[0].addr_spec for message in messages) == Counter(
        Delivery.objects.filter(campaign=campaign).values_list("address", flat=True)
    )
    for message in messages:
        code = lives.get(message["To"].addresses[0].addr_spec, OPTED_OUT)
        is_own = code != OPTED_OUT
        body = message.get_body(("plain",)).get_content()
        name = f"Region{code}" if is_own else "Équipe de campagne"
        assert message["From"].addresses[0].display_name == name
        assert str(message["Subject"]).startswith("Corsica, " if code == OWN_SUBJECT else "To everybody")
        assert "National body" in body
        for block, national in (("b", "First word for all"), ("c", "Second word for all")):
            assert (f"Block {block} of {code}" if is_own else national) in body

    # The report is by region; what is national is one line.
    lines = {line.name: line for line in campaign_report(campaign).versions}
    national = lines.pop("National message")
    assert (national.sent, national.delivered) == (IN_EACH + WITHOUT_AGREEMENT,) * 2
    assert set(lines) == {regions[code].name for code in CODES if code != OPTED_OUT}
    assert {(line.sent, line.delivered) for line in lines.values()} == {(IN_EACH, IN_EACH)}
    assert {name: line.clicked for name, line in lines.items() if line.clicked} == {regions["53"].name: 1}
    assert lines[regions["53"].name].sender == "Region53"
