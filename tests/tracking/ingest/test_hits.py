"""Opens and clicks: answered at once, stored once, tied to a person only with their agreement."""

from datetime import UTC, datetime, timedelta

import pytest
import redis
from django.conf import settings as project_settings
from django.db import connection
from django.db.models import Sum
from django.test import Client
from django.utils import timezone

from contacts.models import Contact, Reach
from messaging.content.addresses import link_code
from messaging.content.tokens import (
    AnonymousMark,
    PersonalMark,
    UnsubscribeToken,
    sign_message,
    sign_unsubscribe,
)
from messaging.models import Campaign
from tests.tracking.ingest.conftest import FIREFOX, MONTH, READ_LATER, click_of
from tracking.ingest import consumer, stream
from tracking.ingest.hits import new_hit
from tracking.models import CampaignCounter, Interaction
from tracking.selectors import campaign_report

pytestmark = pytest.mark.django_db(transaction=True)
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
GMAIL_TAKES_IN = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/42.0.2311.135"
    " Safari/537.36 Edge/12.246 Mozilla/5.0"
)


def personal(campaign: Campaign, person: Contact) -> PersonalMark:
    return PersonalMark(campaign.ledger_month, campaign.pk, person.pk)


def anonymous(campaign: Campaign) -> AnonymousMark:
    return AnonymousMark(campaign.ledger_month, campaign.pk, "60", datetime.now(UTC) - READ_LATER)


def counters(campaign: Campaign) -> dict[str, int]:
    rows = CampaignCounter.objects.filter(campaign=campaign).values_list("metric").annotate(Sum("delta"))
    return dict(rows)


def browser() -> Client:
    return Client(headers={"user-agent": FIREFOX})


def test_a_click_redirects_and_is_stored_on_the_measured_person(campaign, person) -> None:
    response = browser().get(f"/c/{click_of(personal(campaign, person), link=2)}")
    assert response.status_code == 302
    assert response["Location"] == "https://example.org/page/2?a=b#c"
    assert response["Cache-Control"] == "no-store"
    assert consumer.drain() == 1
    stored = Interaction.objects.get()
    assert (stored.kind, stored.hit_class, stored.contact_id, stored.campaign_id) == (
        "click", "human", person.pk, campaign.pk,
    )  # fmt: skip
    assert (stored.link_number, stored.visitor, stored.user_agent) == (2, None, FIREFOX)
    assert counters(campaign) == {"clicks": 1, "unique_clicks": 1}


@pytest.mark.parametrize("since", ["withdrawn", "erased"])
def test_whoever_withdrew_since_the_message_left_is_counted_and_not_named(campaign, person, since) -> None:
    link = f"/c/{click_of(personal(campaign, person), link=2)}"
    browser().get(link)
    consumer.drain()
    if since == "withdrawn":
        Reach.objects.update(measurement=False)
    else:
        Contact.objects.update(erased_at=timezone.now())
    for _time in range(2):
        assert browser().get(link).status_code == 302
    consumer.drain()
    assert [one.contact_id for one in Interaction.objects.order_by("at")] == [person.pk, None, None]
    later = Interaction.objects.filter(contact_id=None)
    assert {(one.user_agent, one.visitor) for one in later} == {("", None)}
    assert counters(campaign) == {"clicks": 3, "unique_clicks": 1}


def test_an_open_of_an_unmeasured_person_names_nobody(campaign) -> None:
    mark = anonymous(campaign)
    response = browser().get(f"/o/{sign_message(mark)}.gif")
    assert (response.status_code, response["Content-Type"]) == (200, "image/gif")
    consumer.drain()
    stored = Interaction.objects.get()
    assert (stored.contact_id, stored.visitor, stored.department) == (None, mark.number, "60")
    assert stored.user_agent == "", "what a browser says of itself could tell one person from another"
    assert counters(campaign) == {"opens": 1, "unique_opens": 1}


def test_the_same_message_opened_again_is_one_message_opened(campaign) -> None:
    first, second = anonymous(campaign), anonymous(campaign)
    for mark in (first, first, second):
        browser().get(f"/o/{sign_message(mark)}.gif")
    consumer.drain()
    browser().get(f"/o/{sign_message(first)}.gif")
    consumer.drain()
    assert counters(campaign) == {"opens": 4, "unique_opens": 2}


def test_an_event_stored_twice_is_one_row_and_one_count(campaign) -> None:
    hit = new_hit(token=sign_message(anonymous(campaign)), user_agent=FIREFOX)
    consumer.store([hit])
    consumer.store([hit, hit])
    assert Interaction.objects.count() == 1
    assert counters(campaign) == {"opens": 1, "unique_opens": 1}


def test_robots_and_proxies_are_kept_and_set_aside(campaign, person) -> None:
    token = sign_message(personal(campaign, person))
    for agent in ("Mozilla/5.0", GMAIL, "curl/8.0", ""):
        Client(headers={"user-agent": agent}).get(f"/o/{token}.gif")
    browser().head(f"/c/{click_of(personal(campaign, person), link=1)}")
    consumer.drain()
    classes = sorted(Interaction.objects.values_list("hit_class", flat=True))
    assert classes == ["privacy_proxy", "privacy_proxy", "scanner", "scanner", "scanner"]
    assert counters(campaign) == {"set_aside": 3, "proxy_opens": 1}


def test_messages_that_a_proxy_fetched_are_counted_apart_each_once(campaign) -> None:
    first, second = anonymous(campaign), anonymous(campaign)
    for mark in (first, first, second):
        Client(headers={"user-agent": GMAIL}).get(f"/o/{sign_message(mark)}.gif")
        consumer.drain()
    browser().get(f"/o/{sign_message(first)}.gif")
    consumer.drain()
    assert counters(campaign) == {"proxy_opens": 2, "opens": 1, "unique_opens": 1}


def test_what_gmail_opens_when_it_takes_a_message_in_is_a_robots(campaign) -> None:
    Client(headers={"user-agent": GMAIL_TAKES_IN}).get(f"/o/{sign_message(anonymous(campaign))}.gif")
    consumer.drain()
    assert counters(campaign) == {"set_aside": 1}
    assert campaign_report(campaign).opened == 0


@pytest.mark.parametrize("measured", [True, False])
@pytest.mark.parametrize("batches", [[1, 1, 1], [2, 1], [3], [1, 2, 1]])
def test_several_links_within_seconds_are_a_scanner_whatever_the_batches(
    campaign, person, measured, batches
) -> None:
    mark = personal(campaign, person) if measured else anonymous(campaign)
    links = iter(range(1, 5))
    for size in batches:
        for _click in range(size):
            browser().get(f"/c/{click_of(mark, link=next(links))}")
        consumer.drain()
    assert set(Interaction.objects.values_list("hit_class", flat=True)) == {"scanner"}
    counted = {name: number for name, number in counters(campaign).items() if number}
    assert counted == {"set_aside": sum(batches)}
    assert sum(line.clicks for line in campaign_report(campaign).links) == 0


def test_what_a_person_clicked_long_before_a_scanner_stays_theirs(campaign, person) -> None:
    mark = personal(campaign, person)
    earlier = new_hit(token=click_of(mark, link=1), user_agent=FIREFOX)
    object.__setattr__(earlier, "at", earlier.at - timedelta(seconds=60))
    consumer.store([earlier])
    for number in (2, 3, 4):
        browser().get(f"/c/{click_of(mark, link=number)}")
        consumer.drain()
    assert Interaction.objects.filter(hit_class="human").get().event_id == earlier.event_id
    counted = {name: number for name, number in counters(campaign).items() if number}
    assert counted == {"clicks": 1, "unique_clicks": 1, "set_aside": 3}


@pytest.mark.parametrize(
    "change", ["flip", "cut", "long", "empty", "kind", "code", "another's code", "no code"]
)
@pytest.mark.parametrize("path", ["/o/{}.gif", "/c/{}"])
def test_a_wrong_token_is_the_same_404_and_leaves_nothing(campaign, person, path, change) -> None:
    mark = personal(campaign, person)
    good = sign_message(mark) if path.startswith("/o/") else click_of(mark, link=1)
    unsubscribe = UnsubscribeToken("email", b"x" * 32, person.pk, campaign.pk, MONTH, MONTH)
    wrong = {
        "flip": ("A" if good[20] != "A" else "B").join((good[:20], good[21:])),
        "cut": good[:-4],
        "long": good + "AAAA",
        "empty": "",
        "kind": sign_unsubscribe(unsubscribe),
        "code": f"{sign_message(mark)}/{'A' * 12}",
        "another's code": click_of(mark, link=1)[:-12] + link_code(1, campaign=campaign.pk + 1),
        "no code": f"{sign_message(mark)}/",
    }[change]
    response = browser().get(path.format(wrong))
    assert (response.status_code, response.content) == (404, b"Not found")
    assert stream.backlog() == 0


def test_a_link_the_campaign_does_not_have_is_404(campaign, person) -> None:
    assert browser().get(f"/c/{click_of(personal(campaign, person), link=99)}").status_code == 404


def test_without_the_stream_a_click_still_redirects_and_is_stored_later(campaign, person, settings) -> None:
    settings.INGEST_REDIS_URL = "redis://127.0.0.1:1/0"
    stream._client.cache_clear()
    response = browser().get(f"/c/{click_of(personal(campaign, person), link=1)}")
    assert response.status_code == 302
    assert browser().get(f"/o/{sign_message(personal(campaign, person))}.gif").status_code == 503
    settings.INGEST_REDIS_URL = project_settings.SERVERS.ingest_url
    stream._client.cache_clear()
    assert consumer.drain() == 1
    assert Interaction.objects.get().kind == "click"
    assert consumer.drain() == 0, "the spool file is gone"


def test_without_the_database_a_known_link_redirects_and_an_unknown_one_asks_to_wait(
    campaign, person, monkeypatch
) -> None:
    known, unknown = (click_of(personal(campaign, person), link=number) for number in (1, 2))
    browser().get(f"/c/{known}")
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "HOST", "/nowhere")
    answers = [browser().get(f"/c/{token}") for token in (known, unknown)]
    monkeypatch.undo()
    assert [answer.status_code for answer in answers] == [302, 503]
    assert answers[1]["Retry-After"] == "30"
    assert "try again" in answers[1].text or "réessay" in answers[1].text
    assert stream.backlog() == 2


def test_a_stream_that_does_not_answer_is_left_alone_for_a_moment(campaign, monkeypatch) -> None:
    """Waiting two seconds for it at each click would hold every thread of the web server."""
    tried = []

    def silent(*_arguments: object) -> None:
        tried.append(1)
        raise redis.TimeoutError

    monkeypatch.setattr(stream._client(), "xadd", silent)
    for _time in range(3):
        assert browser().get(f"/o/{sign_message(anonymous(campaign))}.gif").status_code == 503
    assert len(tried) == 1


def test_a_telephone_is_not_taken_for_a_robot(campaign) -> None:
    agent = (
        "Mozilla/5.0 (Linux; Android 12; CUBOT NOTE 30) AppleWebKit/537.36 Chrome/120.0 Mobile Safari/537.36"
    )
    Client(headers={"user-agent": agent}).get(f"/o/{sign_message(anonymous(campaign))}.gif")
    consumer.drain()
    assert Interaction.objects.get().hit_class == "human"


def test_entries_of_a_consumer_that_died_are_taken_over(campaign, monkeypatch) -> None:
    browser().get(f"/o/{sign_message(anonymous(campaign))}.gif")
    assert len(stream.read("dead-consumer", 10)) == 1
    monkeypatch.setattr(stream, "RECLAIM_AFTER_MS", 0)
    assert consumer.drain() == 1
    assert Interaction.objects.count() == 1
    assert stream.backlog() == 0


def test_what_is_not_a_hit_is_set_aside_and_does_not_stop_the_others(campaign) -> None:
    with redis.Redis.from_url(project_settings.SERVERS.ingest_url) as client:
        client.xadd(stream.STREAM, {"id": "nonsense"})
    browser().get(f"/o/{sign_message(anonymous(campaign))}.gif")
    assert consumer.drain() == 2
    assert Interaction.objects.count() == 1
    assert (stream.backlog(), stream.refused()) == (0, 1)


def test_hits_of_a_deleted_campaign_do_not_hold_up_the_others(campaign) -> None:
    gone = Campaign.objects.create(name="Gone", ledger_month=MONTH)
    mark = anonymous(gone)
    gone.delete()
    browser().get(f"/o/{sign_message(mark)}.gif")
    browser().get(f"/o/{sign_message(anonymous(campaign))}.gif")
    consumer.drain()
    assert counters(campaign) == {"opens": 1, "unique_opens": 1}


def test_hits_of_two_months_go_to_two_partitions(campaign) -> None:
    token = sign_message(anonymous(campaign))
    hits = [new_hit(token=token, user_agent=FIREFOX) for _ in range(2)]
    object.__setattr__(hits[1], "at", hits[1].at - timedelta(days=40))
    consumer.store(hits)
    assert Interaction.objects.count() == 2
