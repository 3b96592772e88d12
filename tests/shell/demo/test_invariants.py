"""What the engines promise holds in the demonstration too: it went past them, in bulk."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from django.db import connection
from django.db.models import Count, F, Max, Q

from campaign_crm.platform.crypto import keyed_hash
from contacts.enums import ConsentPurpose, SourceKind
from contacts.imports.undo import undo_import
from contacts.models import (
    Consent,
    Contact,
    ContactSource,
    ElectoralRegistration,
    EmailAddress,
    Import,
    PhoneNumber,
    PostalAddress,
    Reach,
    RegistrationMatch,
    Segment,
    Source,
    Subscription,
    SupportLevel,
    Suppression,
)
from contacts.segments.audience import resolve_audience
from contacts.segments.tree import parse_tree
from contacts.services.addresses import normalise_email, normalise_phone
from contacts.services.projections import refresh_all
from contacts.services.support import CLOSE, forget_unlawful
from messaging.dispatch.verify import verify_ledger
from messaging.enums import CampaignState, DeliveryState
from messaging.models import Campaign, Delivery, Link
from messaging.services.pre_send import pre_send
from messaging.services.version_counts import count_versions
from tests.shell.demo.conftest import PEOPLE
from tracking.enums import HitClass, InteractionKind, Metric
from tracking.models import CampaignCounter, Interaction, Submission

FICTION = re.compile(r"\+33(63998|19900|26191|35301|46571|53649)\d{4}")
RESERVED = re.compile(r".+@([a-z]+\.)?example\.(org|com|net)")


def projections() -> list[object]:
    reach = Reach.objects.order_by("contact_id", "channel").values_list()
    return [*reach, *Contact.objects.order_by("pk").values_list("pk", "search_text")]


def test_it_has_every_kind_of_thing(seeded):
    assert Contact.objects.count() == PEOPLE == seeded.counts["people"]
    assert set(Source.objects.values_list("kind", flat=True)) == set(SourceKind.values)
    assert Campaign.objects.filter(state=CampaignState.SENT).count() == 9
    assert Campaign.objects.filter(state=CampaignState.SCHEDULED).count() == 1
    assert Campaign.objects.filter(state=CampaignState.DRAFT).count() == 2
    assert Delivery.objects.values("ledger_month").distinct().count() >= 5
    states = set(RegistrationMatch.objects.values_list("state", flat=True))
    assert states == {"linked", "pending"}


def test_opinions_are_noted_of_those_only_of_whom_they_may_be_kept(seeded):
    noted = SupportLevel.objects.count()
    assert noted > PEOPLE / 200
    assert len(set(SupportLevel.objects.values_list("level", flat=True))) >= 3
    assert set(SupportLevel.objects.values_list("contact__relationship", flat=True)) <= set(CLOSE)
    assert forget_unlawful() == 0


def test_reach_and_search_text_are_what_projecting_again_gives(seeded):
    before = projections()
    refresh_all()
    assert projections() == before


def test_every_mailing_adds_up(seeded):
    accounts = verify_ledger()
    assert [account.problems for account in accounts if account.problems] == []
    for campaign in Campaign.objects.filter(state=CampaignState.SENT):
        assert sum(campaign.state_counts.values()) == campaign.audience_count > 0
        assert campaign.freeze_cursor == campaign.audience_count


def test_nothing_of_a_browser_is_kept_beside_somebody_who_is_not_measured(seeded):
    unmeasured = Interaction.objects.filter(kind__in=["open", "click"], contact=None)
    assert unmeasured.exists()
    assert set(unmeasured.values_list("user_agent", flat=True)) == {""}


def test_counters_are_what_the_interactions_say(seeded):
    people = Q(hit_class=HitClass.HUMAN)
    for campaign in Campaign.objects.filter(state=CampaignState.SENT):
        acts = Interaction.objects.filter(campaign=campaign)
        opens, clicks = (
            acts.filter(people, kind=InteractionKind.OPEN),
            acts.filter(people, kind=InteractionKind.CLICK),
        )
        expected = {
            Metric.OPENS: opens.count(),
            Metric.UNIQUE_OPENS: opens.values("contact", "visitor").distinct().count(),
            Metric.CLICKS: clicks.count(),
            Metric.UNIQUE_CLICKS: clicks.values("contact", "visitor").distinct().count(),
            Metric.PROXY_OPENS: acts.filter(hit_class=HitClass.PRIVACY_PROXY, kind=InteractionKind.OPEN)
            .values("contact", "visitor")
            .distinct()
            .count(),
            Metric.SET_ASIDE: acts.filter(hit_class=HitClass.SCANNER).count(),
            Metric.UNSUBSCRIBES: acts.filter(kind=InteractionKind.UNSUBSCRIBE).count(),
        }
        counted: Counter[str] = Counter(dict.fromkeys(expected, 0))
        for counter in CampaignCounter.objects.filter(campaign=campaign):
            counted[counter.metric] += counter.delta
        assert counted == expected


def test_only_who_agreed_is_measured_by_name(seeded):
    named = Interaction.objects.filter(hit_class=HitClass.HUMAN, contact__isnull=False)
    agreed = Consent.objects.filter(purpose=ConsentPurpose.MEASUREMENT, given=True).values("contact_id")
    assert named.exists()
    assert not named.exclude(contact__in=agreed).exists()
    others = Interaction.objects.filter(hit_class=HitClass.HUMAN, contact=None)
    assert others.exists()
    assert not others.filter(visitor=None).exists()
    assert not named.exclude(visitor=None).exists()


def test_clicks_lead_to_links_of_their_mailing(seeded):
    clicked = Interaction.objects.filter(kind=InteractionKind.CLICK).values_list("campaign_id", "link_number")
    assert set(clicked) <= set(Link.objects.values_list("campaign_id", "number"))


def test_addresses_reach_nobody_and_are_normal(seeded):
    for address, normalised, digest in EmailAddress.objects.values_list(
        "address", "normalised", "address_hash"
    ):
        assert RESERVED.fullmatch(address)
        assert normalise_email(address) == normalised
        assert bytes(digest) == keyed_hash("email", normalised)
    for e164, line, digest in PhoneNumber.objects.values_list("e164", "line", "address_hash"):
        assert FICTION.fullmatch(e164)
        assert normalise_phone(e164) == (e164, line)
        assert bytes(digest) == keyed_hash("phone", e164)
    assert PostalAddress.objects.exclude(commune=None).count() > PEOPLE / 2


def test_nothing_happens_after_its_present(seeded, plan):
    newest = [
        Contact.objects.aggregate(at=Max("created_at"))["at"],
        ContactSource.objects.aggregate(at=Max("first_seen_at"))["at"],
        Consent.objects.aggregate(at=Max("at"))["at"],
        Subscription.objects.aggregate(at=Max("started_at"))["at"],
        Suppression.objects.aggregate(at=Max("at"))["at"],
        Submission.objects.aggregate(at=Max("at"))["at"],
        Interaction.objects.aggregate(at=Max("at"))["at"],
        Delivery.objects.aggregate(at=Max("settled_at"))["at"],
    ]
    assert all(at < plan.now for at in newest)


def test_nobody_is_written_to_before_they_came_or_after_they_left(seeded):
    handed = Delivery.objects.filter(handed_at__isnull=False)
    assert not handed.filter(contact__created_at__gt=F("campaign__frozen_at")).exists()
    left = dict(
        Suppression.objects.filter(channel="email")
        .exclude(reason="imported")
        .values_list("address_hash", "at")
    )
    left = {bytes(digest): at for digest, at in left.items()}
    late = [
        row
        for row in handed.values_list("address_hash", "handed_at", "state")
        if bytes(row[0]) in left and row[1] > left[bytes(row[0])]
    ]
    assert late == []
    assert (
        handed.filter(state=DeliveryState.BOUNCED).count()
        <= Suppression.objects.filter(reason="hard_bounce").count()
    )


def test_an_address_without_confirmation_allows_nothing(seeded):
    waiting = Submission.objects.filter(form__kind="sign_up", confirmed_at=None, contact__isnull=False)
    assert waiting.exists()
    assert waiting.filter(data__values__has_key="phone").exists()
    assert not Consent.objects.filter(contact__in=waiting.values("contact"), given=True).exists()
    assert not PhoneNumber.objects.filter(contact__in=waiting.values("contact")).exists()
    mails = EmailAddress.objects.filter(contact__in=waiting.values("contact"))
    assert not mails.exclude(verified_at=None).exists()


def test_linked_electors_are_the_people_they_are_linked_to(seeded):
    linked = ElectoralRegistration.objects.filter(contact__isnull=False).select_related("contact")
    assert linked.count() == RegistrationMatch.objects.filter(state="linked").count() > 0
    for elector in linked:
        assert elector.birth_date == elector.contact.birth_date
        assert elector.commune_id == elector.contact.commune_id
    waiting = RegistrationMatch.objects.filter(state="pending").select_related("registration")
    assert all(pair.registration.contact_id is None for pair in waiting)


def test_electors_vote_at_a_station_of_their_commune(seeded):
    electors = ElectoralRegistration.objects.all()
    assert not electors.exclude(polling_station__parent=F("commune")).exists()
    assert not electors.exclude(polling_station__ancestor_links__ancestor__kind="department").exists()
    repeated = electors.values("polling_station", "order_number").annotate(n=Count("id")).filter(n__gt=1)
    assert not repeated.exists()


def test_imports_brought_what_they_say(seeded):
    for run in Import.objects.exclude(kind=Import.Kind.ROLL):
        assert run.created_contacts.count() == run.counts["new"] > 0
        assert not run.created_contacts.exclude(source_links__source=run.source).exists()
    roll = Import.objects.get(kind=Import.Kind.ROLL)
    assert roll.created_registrations.count() == roll.counts["new"] == seeded.counts["electors"]
    states = Counter(RegistrationMatch.objects.values_list("state", flat=True))
    assert (roll.counts["linked"], roll.counts["to_review"]) == (states["linked"], states["pending"])


def test_an_import_can_be_undone(seeded):
    run = Import.objects.get(file_name="contact-et-cie.csv")
    came = run.created_contacts.count()
    undone = undo_import(import_run=run, by=None)
    assert undone.people + undone.kept == came
    assert undone.people > 0
    before = projections()
    refresh_all()
    assert projections() == before


def test_what_is_coming_can_leave(seeded, plan):
    scheduled = Campaign.objects.get(state=CampaignState.SCHEDULED)
    found = pre_send(scheduled)
    assert found.problems == []
    assert found.recipients > 0
    assert scheduled.scheduled_at > plan.now
    drafts = Campaign.objects.filter(state=CampaignState.DRAFT)
    assert [pre_send(draft).problems for draft in drafts] == [[], []]
    regional = drafts.get(variants__territory__code="32")
    assert count_versions(regional).people[regional.variants.get(territory__code="32").number] > 0


def test_saved_segments_can_be_read(seeded):
    for segment in Segment.objects.all():
        parse_tree(segment.tree)
        resolve_audience({"type": "segment", "id": segment.pk}).queryset.count()
    assert Segment.objects.count() == 4


def test_every_constraint_holds(seeded):
    connection.check_constraints()


@pytest.mark.parametrize("reason", ["unsubscribe", "hard_bounce", "objection", "imported"])
def test_people_left_for_several_reasons(seeded, reason):
    assert Suppression.objects.filter(reason=reason).exists()
