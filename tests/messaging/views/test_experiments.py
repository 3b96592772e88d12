"""The A/B test of a mailing on its pages: set up, written, looked at before sending, read and chosen."""

from __future__ import annotations

import html
import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from contacts.enums import TerritoryKind
from messaging.enums import CampaignState
from messaging.models import Campaign, CampaignVariant, Delivery, Experiment
from messaging.models.experiment import UNDECIDED, Outcome
from messaging.services import experiments
from messaging.services.experiments import test_of as the_test
from tests.messaging.dispatch.test_variants import local_sender, place
from tests.messaging.people import BLOCKS, make_campaign, make_officer, make_people
from tests.messaging.views.conftest import make_sent

pytestmark = pytest.mark.django_db
SETTINGS = {"sample_percent": "40", "wait_hours": "6", "goal": "clicks", "if_none": "wait", "revision": "0"}


@pytest.fixture
def tested(campaign: Campaign) -> Campaign:
    return with_test(campaign, "Another subject")


def with_test(campaign: Campaign, subject: str = "") -> Campaign:
    """The mailing with a test of two versions; B has this subject."""
    by = make_officer()
    given = {"sample_percent": 40, "wait_hours": 6, "goal": "clicks", "if_none": "wait"}
    experiments.set_test(campaign=campaign, revision=0, by=by, **given)
    experiments.add_variant(campaign=campaign, by=by)
    experiments.save_variant(campaign=campaign, number=1, revision=1, by=by, subject=subject)
    return campaign


def at(page: str, campaign: Campaign, *more: object) -> str:
    return reverse(f"messaging:{page}", args=[campaign.pk, *more])


def text_of(answer: Any) -> str:
    return html.unescape(answer.content.decode())


def save(client: Client, campaign: Campaign, *, revision: int, **content: Any) -> Any:
    whole = {"sender": "", "subject": "", "preview_text": "", "blocks": BLOCKS} | content
    return client.post(
        at("variant_save", campaign, 1),
        json.dumps({"revision": revision, "content": whole}),
        content_type="application/json",
    )


def test_a_test_begins_with_a_second_version_to_write(officer: Client, campaign: Campaign) -> None:
    assert "Test versions of this mailing" in text_of(officer.get(at("experiment", campaign)))
    officer.post(at("experiment", campaign), SETTINGS)
    test = the_test(campaign)
    assert test is not None
    assert (test.sample_percent, test.wait_hours, test.goal, test.if_none) == (40, 6, "clicks", "wait")
    assert [variant.label for variant in campaign.variants.tested()] == ["B"]
    shown = text_of(officer.get(at("experiment", campaign)))
    assert "Version A" in shown
    assert "Version B" in shown
    assert "Nothing yet" in shown


def test_changed_settings_add_no_version(officer: Client, tested: Campaign) -> None:
    officer.post(at("experiment", tested), SETTINGS | {"sample_percent": "100", "revision": "1"})
    assert (the_test(tested).sample_percent, tested.variants.tested().count()) == (100, 1)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "fields", [{"sample_percent": "0"}, {"sample_percent": "101"}, {"wait_hours": "73"}, {"if_none": "never"}]
)
def test_settings_out_of_range_are_said(officer: Client, campaign: Campaign, fields: dict[str, str]) -> None:
    answer = officer.post(at("experiment", campaign), SETTINGS | fields)
    assert (answer.status_code, the_test(campaign)) == (422, None)


def test_settings_changed_meanwhile_are_looked_at_again(officer: Client, tested: Campaign) -> None:
    answer = officer.post(at("experiment", tested), SETTINGS | {"wait_hours": "9"}, follow=True)
    assert "Somebody else changed this test meanwhile" in text_of(answer)
    assert the_test(tested).wait_hours == 6  # type: ignore[union-attr]


def test_versions_are_added_and_taken_away_and_the_test_too(officer: Client, tested: Campaign) -> None:
    answer = officer.post(at("experiment_act", tested, "add"))
    assert answer["Location"] == at("variant_compose", tested, 2)
    officer.post(at("experiment_act", tested, "remove"), {"number": "2", "revision": "1"})
    assert [variant.number for variant in tested.variants.tested()] == [1]
    assert officer.post(at("experiment_act", tested, "dance")).status_code == 404
    officer.post(at("experiment_act", tested, "stop"), {"revision": "1"})
    assert (the_test(tested), tested.variants.count()) == (None, 0)


def test_a_version_is_written_in_the_composer_and_previewed(officer: Client, tested: Campaign) -> None:
    assert officer.get(at("variant_compose", tested, 1)).status_code == 200
    words = [{**BLOCKS[0], "html": "<p>Other words</p>"}, BLOCKS[1]]
    assert save(officer, tested, revision=2, subject=" New  one ", blocks=words).json()["revision"] == 3
    variant = tested.variants.get()
    assert (variant.subject, variant.blocks[0]["html"]) == ("New one", "<p>Other words</p>")
    assert "Other words" in text_of(officer.get(at("variant_preview", tested, 1)))
    assert officer.get(at("variant_check", tested, 1)).json()["inbox"]["subject"] == "New one"
    assert save(officer, tested, revision=2, subject="Older").status_code == 409
    assert save(officer, tested, revision=3, blocks=["x"]).status_code == 400
    assert officer.get(at("variant_compose", tested, 7)).status_code == 404


def test_blocks_left_as_they_are_go_on_following_the_mailing(officer: Client, tested: Campaign) -> None:
    opened = [{**BLOCKS[0], "open": True}, BLOCKS[1]]
    Campaign.objects.filter(pk=tested.pk).update(blocks=opened)
    content = officer.get(at("variant_compose", tested, 1)).context["data"]["content"]
    assert "open" not in content["blocks"][0]  # no territory writes in a test
    assert save(officer, tested, revision=2, blocks=content["blocks"]).status_code == 200
    assert tested.variants.get().blocks is None


def test_a_mailing_with_versions_by_territory_tests_nothing(officer: Client, campaign: Campaign) -> None:
    region = place("32", TerritoryKind.REGION)
    CampaignVariant.objects.create(campaign=campaign, number=1, label="Region", territory=region)
    assert "it cannot test versions as well" in text_of(officer.get(at("experiment", campaign)))


def test_whoever_only_reads_sees_the_versions_and_changes_nothing(reader: Client, tested: Campaign) -> None:
    shown = text_of(reader.get(at("experiment", tested)))
    assert "Version B" in shown
    assert "Another subject" in shown
    assert "Add a version" not in shown
    assert "Hours until" not in shown
    assert reader.post(at("experiment", tested), SETTINGS).status_code == 403
    assert reader.get(at("variant_preview", tested, 1)).status_code == 200


def test_the_page_reckons_what_the_test_can_show(officer: Client, tested: Campaign) -> None:
    make_people(50)
    shown = text_of(officer.get(at("experiment_plan", tested)))
    assert "10 recipients a version" in shown
    assert "no mailing has been measured yet" in shown


def test_before_sending_every_version_is_shown_with_its_people(officer: Client, tested: Campaign) -> None:
    make_people(10)
    shown = officer.get(at("campaign_review", tested))
    assert [side.letter for side, _differences in shown.context["sides"]] == ["A", "B"]
    assert shown.context["sides"][1][1] == ["Subject"]
    assert (shown.context["plan"].each, shown.context["plan"].others) == (2, 6)
    assert at("variant_preview", tested, 1) in text_of(shown)


def sent_test(client: Client, campaign: Campaign, **data: str) -> tuple[str, Delivery | None]:
    make_officer("ann@example.org")
    answer = client.post(at("campaign_test", campaign), {"addresses": "ann@example.org", **data})
    return text_of(answer), Delivery.objects.select_related("campaign__sender").order_by("-pk").first()


def subject_of(delivery: Delivery | None) -> str:
    assert delivery is not None
    return json.dumps(delivery.campaign.compiled)


def test_a_test_message_shows_the_version_asked_for(officer: Client, tested: Campaign) -> None:
    _shown, of_a = sent_test(officer, tested, version="0")
    assert "Another subject" not in subject_of(of_a)
    _shown, of_b = sent_test(officer, tested, version="1")
    assert "[Test] Another subject" in subject_of(of_b)
    shown, _none = sent_test(officer, tested, version="5")
    assert "alert-bad" in shown
    assert Delivery.objects.count() == 2


def test_a_test_message_of_a_territory_has_its_words_and_its_sender(
    officer: Client, campaign: Campaign
) -> None:
    region = place("32", TerritoryKind.REGION)
    sender = local_sender(campaign, "Lille")
    CampaignVariant.objects.create(
        campaign=campaign, number=1, label="North", territory=region, subject="Lille", sender=sender
    )
    _shown, delivery = sent_test(officer, campaign, territory=str(region.pk))
    assert "[Test] Lille" in subject_of(delivery)
    assert delivery is not None
    assert delivery.campaign.sender == sender
    _shown, national = sent_test(officer, campaign, territory="999")
    assert "Lille" not in subject_of(national)


def under_way(**fields: Any) -> Campaign:
    """A mailing that is being sent, with a test of two versions that has come as far as `fields` say."""
    campaign = make_sent(["accepted"] * 4, state=CampaignState.SENDING)
    CampaignVariant.objects.create(campaign=campaign, number=1, label="B", subject="Another subject")
    Experiment.objects.create(campaign=campaign, **fields)
    half = list(Delivery.objects.of_campaign(campaign).values_list("contact_id", flat=True))[:2]  # type: ignore[attr-defined]
    Delivery.objects.of_campaign(campaign).filter(contact_id__in=half).update(variant=1)  # type: ignore[attr-defined]
    return campaign


def kept(number: int, goal: int, *, left: int = 0) -> dict[str, int]:
    counts = {"recipients": 1000, "reached": 1000, "goal": goal, "unsubscribed": left, "complained": 0}
    return {"number": number} | counts


def result(client: Client, campaign: Campaign) -> str:
    return " ".join(text_of(client.get(at("experiment_result", campaign))).split())


def test_the_pages_of_a_mailing_that_leaves_tell_of_its_test(officer: Client) -> None:
    campaign = under_way()
    assert officer.get(at("experiment", campaign))["Location"] == at("campaign", campaign)
    assert officer.get(at("variant_compose", campaign, 1))["Location"] == at("campaign", campaign)
    assert at("experiment_result", campaign) in text_of(officer.get(at("campaign", campaign)))
    assert at("variant_preview", campaign, 1) in text_of(officer.get(at("campaign_message", campaign)))
    assert officer.get(at("variant_preview", campaign, 1)).status_code == 200
    assert officer.get(at("experiment_result", make_campaign(sender=campaign.sender))).status_code == 404


def test_before_the_look_it_says_when_it_is(officer: Client) -> None:
    campaign = under_way(sample_sent_at=None)
    assert "looked at 4 hours later" in result(officer, campaign)
    Experiment.objects.update(sample_sent_at=timezone.now())
    shown = result(officer, campaign)
    assert "The result is looked at once:" in shown
    assert "Figures so far" in shown
    assert "choose now" in shown
    assert "Another subject" in shown


def test_a_winner_is_told_with_its_figures(officer: Client) -> None:
    now = timezone.now()
    campaign = under_way(
        looked_at=now, decided_at=now, outcome=Outcome.WINNER, chosen=1, figures=[kept(0, 50), kept(1, 120)]
    )
    shown = result(officer, campaign)
    assert "Version B won the test. The others get version B." in shown
    assert "The best" in shown
    assert "12%" in shown
    assert "5.0%" in shown
    assert "choose now" not in shown
    assert "Figures as looked at" in shown


def test_a_withheld_one_waits_for_somebody_with_a_reason(officer: Client, reader: Client) -> None:
    figures = [kept(0, 50), kept(1, 120, left=40)]
    campaign = under_way(looked_at=timezone.now(), outcome=Outcome.WITHHELD, figures=figures)
    shown = result(officer, campaign)
    assert "Too many readers of version B left." in shown
    assert "Send this version to the others" in shown
    assert "Send this version to the others" not in result(reader, campaign)
    choose = at("experiment_choose", campaign)
    assert reader.post(choose, {"number": "0", "reason": "Calmer"}).status_code == 403
    assert "Give a reason." in text_of(officer.post(choose, {"number": "0", "reason": " "}, follow=True))
    officer.post(choose, {"number": "0", "reason": "Calmer"})
    test = the_test(campaign)
    assert test is not None
    assert (test.chosen, test.outcome, test.reason) == (0, "withheld", "Calmer")
    assert "Chosen by Claude Durand" in result(officer, campaign)
    assert "Calmer" in result(officer, campaign)


def test_a_choice_before_the_look_is_called_so(officer: Client) -> None:
    campaign = under_way(sample_sent_at=timezone.now() - timedelta(hours=1))
    officer.post(at("experiment_choose", campaign), {"number": "1", "reason": "Hurry"})
    assert "Somebody chose version B before the result was looked at." in result(officer, campaign)


def test_what_came_too_late_is_said(officer: Client) -> None:
    now = timezone.now()
    campaign = under_way(looked_at=now, decided_at=now, outcome=Outcome.TOO_LATE, chosen=0, figures=[])
    assert "The mailing may no longer be sent" in result(officer, campaign)


def test_every_version_is_to_be_tested_as_it_is_now(officer: Client, tested: Campaign) -> None:
    def said() -> list[str]:
        lines = officer.get(at("campaign_review", tested)).context["lines"]
        return [line.text for line in lines if line.title == "Test"]

    sent_test(officer, tested, version="1")
    assert [text.split(":")[0] for text in said()] == ["This text has not been tested as it is now"]
    sent_test(officer, tested, version="0")
    assert said() == []
    save(officer, tested, revision=2, subject="Changed since")
    assert [text.split(".")[0] for text in said()] == ["Not tested as they are now – versions: B"]


def test_the_live_part_asks_for_the_page_anew_when_the_test_is_decided(officer: Client) -> None:
    campaign = under_way(sample_sent_at=timezone.now())
    progress, state = at("campaign_progress", campaign), {"state": campaign.state}
    before = officer.get(progress, state)
    assert "HX-Refresh" not in before
    assert "test=" not in text_of(before)
    now = timezone.now()
    Experiment.objects.update(
        looked_at=now, decided_at=now, outcome=Outcome.WINNER, chosen=1, figures=[kept(0, 50), kept(1, 120)]
    )
    assert officer.get(progress, state)["HX-Refresh"] == "true"
    after = officer.get(progress, state | {"test": "winner-decided"})
    assert "HX-Refresh" not in after
    assert "test=winner-decided" in text_of(after)


def test_recipients_show_their_version_and_who_waits(officer: Client) -> None:
    campaign = under_way(sample_sent_at=timezone.now())
    one = Delivery.objects.of_campaign(campaign).first()  # type: ignore[attr-defined]
    Delivery.objects.of_campaign(campaign).filter(contact_id=one.contact_id).update(variant=UNDECIDED)  # type: ignore[attr-defined]
    shown = text_of(officer.get(at("campaign_recipients", campaign)))
    assert "Waits for the result" in shown
    assert "Version A" in shown
    assert "Version B" in shown
    plain = make_sent(["accepted"], sender=campaign.sender)
    assert "Version" not in text_of(officer.get(at("campaign_recipients", plain)))
