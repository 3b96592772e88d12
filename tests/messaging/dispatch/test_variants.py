"""Versions of a mailing: who gets which, from whom, with links counted together; nobody is left out."""

from __future__ import annotations

from collections import Counter

import pytest
from django.utils.translation import override

from contacts.enums import Channel, ConsentPurpose, TerritoryKind
from contacts.models import Contact, Territory, TerritoryAncestor
from contacts.services.consents import record_consent
from contacts.services.wordings import current_wording
from messaging.dispatch.pump import Pump
from messaging.models import Campaign, CampaignVariant, Delivery, SenderIdentity
from messaging.services.pre_send import pre_send
from messaging.services.version_counts import count_versions
from tests.messaging.dispatch.conftest import books, start
from tests.messaging.people import BLOCKS, agree_to_targeting, make_campaign, make_people, make_source
from tests.support.smtp_sink import SmtpSink

pytestmark = pytest.mark.django_db(transaction=True)


def place(code: str, kind: TerritoryKind, parent: Territory | None = None) -> Territory:
    """A territory inside its parents."""
    made = Territory.objects.create(kind=kind, code=code, name=f"Place {code}", parent=parent)
    above, depth = parent, 1
    TerritoryAncestor.objects.create(ancestor=made, descendant=made, depth=0)
    while above is not None:
        TerritoryAncestor.objects.create(ancestor=above, descendant=made, depth=depth)
        above, depth = above.parent, depth + 1
    return made


@pytest.fixture
def communes() -> dict[str, Territory]:
    """One commune in each of two departments of one region, and one elsewhere."""
    region = place("32", TerritoryKind.REGION)
    oise, somme = (place(code, TerritoryKind.DEPARTMENT, region) for code in ("60", "80"))
    return {
        "region": region,
        "oise": oise,
        "beauvais": place("60057", TerritoryKind.COMMUNE, oise),
        "amiens": place("80021", TerritoryKind.COMMUNE, somme),
        "lyon": place("69123", TerritoryKind.COMMUNE, place("69", TerritoryKind.DEPARTMENT)),
    }


def live_in(people: list[Contact], commune: Territory, *, agree: bool = True) -> list[int]:
    Contact.objects.filter(pk__in=[person.pk for person in people]).update(commune=commune)
    if agree:
        agree_to_targeting(*people)
    return [person.pk for person in people]


def local_sender(campaign: Campaign, name: str) -> SenderIdentity:
    assert campaign.sender is not None
    return SenderIdentity.objects.create(
        from_name=name,
        address=f"{name.lower()}@example.org",
        provider_account=campaign.sender.provider_account,
    )


def variants_of(campaign: Campaign) -> dict[int, int]:
    return dict(Delivery.objects.filter(campaign=campaign).values_list("contact_id", "variant"))


def test_each_place_reads_its_own_version_from_its_own_sender(
    sink: SmtpSink, pump: Pump, communes: dict[str, Territory]
) -> None:
    sink.start_over(keep_messages=True)
    people = make_people(8)
    beauvais = live_in(people[:2], communes["beauvais"])
    amiens = live_in(people[2:4], communes["amiens"])
    lyon = live_in(people[4:6], communes["lyon"])
    silent = live_in(people[6:7], communes["beauvais"], agree=False)
    campaign = make_campaign(sink, blocks=[BLOCKS[0], {**BLOCKS[1], "open": True}])
    CampaignVariant.objects.create(
        campaign=campaign,
        number=1,
        label="Hauts-de-France",
        territory=communes["region"],
        sender=local_sender(campaign, "Nord"),
        replaced={"b": {"id": "b", "type": "button", "label": "Come", "url": "https://example.org/amiens"}},
    )
    CampaignVariant.objects.create(
        campaign=campaign,
        number=2,
        label="Oise",
        territory=communes["oise"],
        subject="Beauvais, {{ first_name }}",
    )
    campaign = start(campaign)
    nowhere = people[7].pk
    assert variants_of(campaign) == {
        **dict.fromkeys(beauvais, 2),  # the nearest place decides
        **dict.fromkeys(amiens, 1),
        **dict.fromkeys([*lyon, *silent, nowhere], 0),  # without an agreement: the national message
    }
    # The button that both versions have is one link; the region's own one is another.
    assert [(link.number, link.url) for link in campaign.links.order_by("number")] == [
        (1, "https://example.org/programme"),
        (2, "https://example.org/amiens"),
    ]

    assert pump.run(seconds=20).accepted == 8
    assert books(campaign) == {"accepted": 8}
    told = sorted(
        (one["From"].addresses[0].display_name, str(one["Subject"]).split()[0]) for one in sink.messages()
    )
    national = "Équipe de campagne"
    assert told == [
        *[("Nord", "Bonjour")] * 2,
        *[(national, "Beauvais,")] * 2,
        *[(national, "Bonjour")] * 4,
    ]


def test_a_territory_that_opts_out_reads_the_national_message(communes: dict[str, Territory]) -> None:
    (person,) = make_people(1)
    live_in([person], communes["beauvais"])
    campaign = make_campaign()
    CampaignVariant.objects.create(
        campaign=campaign, number=1, label="Oise", territory=communes["oise"], subject="Oise", opted_out=True
    )
    # Its region has a version: the department that opted out reads the national message all the same.
    CampaignVariant.objects.create(
        campaign=campaign, number=2, label="Region", territory=communes["region"], subject="Region"
    )
    (neighbour,) = make_people(1, start=2)
    live_in([neighbour], communes["amiens"])
    counted = count_versions(campaign)
    assert (counted.people, counted.without_agreement) == ({0: 1, 2: 1}, 0)
    assert variants_of(start(campaign)) == {person.pk: 0, neighbour.pk: 2}


def test_versions_are_counted_as_they_will_be_frozen(communes: dict[str, Territory]) -> None:
    people = make_people(6)
    live_in(people[:3], communes["beauvais"])
    live_in(people[3:5], communes["beauvais"], agree=False)
    campaign = make_campaign()
    CampaignVariant.objects.create(
        campaign=campaign, number=1, label="Oise", territory=communes["oise"], subject="Oise"
    )
    counted = count_versions(campaign)
    assert (counted.people, counted.without_agreement) == ({1: 3, 0: 3}, 2)
    assert Counter(variants_of(start(campaign)).values()) == counted.people


def test_faults_of_a_version_keep_the_mailing_from_leaving() -> None:
    make_people(1)
    campaign = make_campaign()
    CampaignVariant.objects.create(campaign=campaign, number=1, label="B", subject="{{ first_name")
    with override("en"):
        (obstacle,) = pre_send(campaign).obstacles
    assert obstacle.message.startswith("Version “B”: ")


def test_whoever_withdraws_since_the_freeze_reads_the_national_message_once(
    sink: SmtpSink, pump: Pump, communes: dict[str, Territory]
) -> None:
    sink.start_over(keep_messages=True)
    people = make_people(3)
    faithful, withdrawn, gone = live_in(people, communes["beauvais"])
    campaign = make_campaign(sink)
    CampaignVariant.objects.create(
        campaign=campaign,
        number=1,
        label="Oise",
        territory=communes["oise"],
        subject="Beauvais, {{ first_name }}",
        sender=local_sender(campaign, "Nord"),
    )
    campaign = start(campaign)
    assert variants_of(campaign) == dict.fromkeys((faithful, withdrawn, gone), 1)
    withdraw(people[1], ConsentPurpose.TARGETING)
    withdraw(people[2], ConsentPurpose.TARGETING)
    withdraw(people[2], ConsentPurpose.MESSAGES)
    assert pump.run(seconds=20).accepted == 2
    assert books(campaign) == {"accepted": 2, "suppressed": 1}
    assert variants_of(campaign) == {faithful: 1, withdrawn: 0, gone: 1}
    told = {
        one["To"].addresses[0].addr_spec: (
            one["From"].addresses[0].display_name,
            str(one["Subject"]).split()[0],
        )
        for one in sink.messages()
    }
    assert told == {
        "person1@example.com": ("Nord", "Beauvais,"),
        "person2@example.com": ("Équipe de campagne", "Bonjour"),
    }


def withdraw(person: Contact, purpose: ConsentPurpose) -> None:
    record_consent(
        contact=person,
        channel=Channel.EMAIL,
        purpose=purpose,
        given=False,
        source=make_source(),
        wording=current_wording(Channel.EMAIL, purpose, "fr"),
        by=None,
    )
