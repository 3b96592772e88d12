"""The rulebook: what a rule is made of, how it is changed, and what a planned mailing breaks."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.utils import timezone
from django.utils.translation import override
from pytest_django import Settings

from campaign_crm.platform.models import AuditEntry, User
from campaign_crm.platform.rights import Role
from contacts.enums import Channel, LawfulBasis, MessageKind, Severity, SourceKind
from contacts.models import RuleChange
from contacts.rules import rulebook
from contacts.rules.rule import Held, Planned
from contacts.services.elections import Round, save_election
from contacts.services.rules import RuleChangeRefused, change_rule

PARIS = ZoneInfo("Europe/Paris")
NOON = datetime(2027, 1, 12, 12, tzinfo=PARIS)
VOTE = date(2027, 4, 11)
REASON = "Counsel told us so in writing."
MAILING = Planned(Channel.EMAIL, MessageKind.POLITICAL, NOON, text="Venez dimanche", votes_on=(VOTE,))


@pytest.fixture
def boss(db: None) -> User:
    return User.objects.create_user(email="boss@example.org", role=Role.ADMINISTRATOR)


def broken(planned: Planned) -> dict[str, bool]:
    """Rules that it breaks, and whether each refuses it."""
    return {finding.rule.key: finding.refuses for finding in rulebook.findings(planned)}


@pytest.mark.parametrize("name", ["fr", "none"])
def test_every_rule_says_what_it_asks_by_what_law_in_both_languages(settings: Settings, name: str) -> None:
    settings.RULEBOOK = name
    for rule in rulebook.rules():
        assert rule.source, rule.key
        said = {}
        for language in ("en", "fr"):
            with override(language):
                said[language] = (str(rule.question), str(rule.refusal))
        assert all(map(str.strip, (*said["en"], *said["fr"]))), rule.key
        assert said["en"][0] != said["fr"][0], f"{rule.key}: its question has no French"
        assert said["en"][0].endswith("?"), rule.key
        assert (rule.broken is not None) == (rule.held is Held.PLAN), rule.key


def test_a_mailing_by_day_with_nothing_special_breaks_nothing(db: None) -> None:
    assert broken(MAILING) == {}


@pytest.mark.parametrize(
    ("text", "leaves_at", "is_named"),
    [
        ("Appelez le 0 800 12 34 56", NOON, True),
        ("Appelez le 0805.123.456", NOON, True),
        ("Appelez le +33 800 123 456", NOON, True),
        ("Appelez le 08 00 12 34 56", NOON, True),
        ("Appelez le 01 80 01 23 45", NOON, False),
        ("Facture 10800123456", NOON, False),
        ("Appelez le 0 800 12 34 56", datetime(2026, 10, 1, 9, tzinfo=PARIS), True),  # the sixth month before
        ("Appelez le 0 800 12 34 56", datetime(2026, 9, 30, 23, tzinfo=PARIS), False),
        ("Appelez le 0 800 12 34 56", datetime(2027, 4, 12, 9, tzinfo=PARIS), False),  # after the vote
    ],
)
def test_a_free_number_is_warned_of_in_the_six_months_before_a_vote(
    db: None, text: str, leaves_at: datetime, is_named: bool
) -> None:
    found = broken(replace(MAILING, text=text, leaves_at=leaves_at))
    assert ("free-number" in found) is is_named
    assert not found.get("free-number"), "a warning does not refuse"


def test_a_rented_file_is_warned_of_before_a_vote_only(db: None) -> None:
    rented = replace(MAILING, source_kind=SourceKind.BROKER_RENTAL)
    assert broken(rented) == {"paid-promotion": False}
    assert broken(replace(rented, votes_on=())) == {}


@pytest.mark.parametrize(("hour", "is_night"), [(6, True), (7, False), (21, False), (22, True)])
def test_an_e_mail_at_night_is_remarked(db: None, hour: int, is_night: bool) -> None:
    at_hour = replace(MAILING, leaves_at=NOON.replace(hour=hour))
    assert ("email-hours" in broken(at_hour)) is is_night
    assert broken(replace(at_hour, kind=MessageKind.SERVICE)) == {}


def test_texts_to_people_who_never_agreed_to_any_are_warned_of(db: None) -> None:
    def by_interest(basis: LawfulBasis) -> int:
        return 3 if basis == LawfulBasis.LEGITIMATE_INTEREST else 0

    text = replace(MAILING, channel=Channel.SMS, counted_by_basis=by_interest)
    assert broken(text) == {"expected-text": False}
    assert broken(replace(text, channel=Channel.EMAIL)) == {}
    assert broken(replace(text, counted_by_basis=lambda _basis: 0)) == {}


def test_without_the_opt_outs_of_before_nothing_political_leaves(db: None) -> None:
    moved_in = replace(MAILING, opt_out_file_is_missing=lambda: True)
    assert broken(moved_in) == {"opt-out-file": True}
    assert broken(replace(moved_in, kind=MessageKind.SERVICE)) == {}


def test_a_change_holds_at_once_and_leaves_a_trace(boss: User) -> None:
    before = rulebook.version()
    change_rule(key="opt-out-file", severity=Severity.WARN, reason=REASON, by=boss)
    assert broken(replace(MAILING, opt_out_file_is_missing=lambda: True)) == {"opt-out-file": False}
    change_rule(key="opt-out-file", severity=Severity.OFF, reason=REASON, by=boss)
    assert broken(replace(MAILING, opt_out_file_is_missing=lambda: True)) == {}
    assert rulebook.version() != before == "fr-2"
    trace = AuditEntry.objects.filter(action="rule.change").order_by("id")
    assert [(entry.actor, entry.reason, entry.detail["from"], entry.detail["to"]) for entry in trace] == [
        (boss, REASON, "block", "warn"),
        (boss, REASON, "warn", "off"),
    ]


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"key": "opt-out"}, "everywhere"),
        ({"key": "no-such-rule"}, "no rule"),
        ({"reason": "ok"}, "Say why"),
        ({"reason": " " * 30}, "Say why"),
        ({"severity": Severity.BLOCK}, "already"),
        ({"key": "hours", "figure": 23}, "from 20 to 22"),
        ({"key": "hours", "figure": None}, "from 20 to 22"),
    ],
)
def test_what_is_no_change_is_refused(boss: User, told: dict[str, object], why: str) -> None:
    given = {"key": "silence", "severity": Severity.WARN, "reason": REASON, "by": boss, "figure": 21} | told
    with override("en"), pytest.raises(RuleChangeRefused, match=why):
        change_rule(**given)
    assert not RuleChange.objects.exists()


@pytest.mark.parametrize("key", ["silence", "targeting-consent"])
def test_a_rule_asked_of_each_message_never_only_warns(boss: User, key: str) -> None:
    with override("en"), pytest.raises(RuleChangeRefused, match="Nobody would read a warning"):
        change_rule(key=key, severity=Severity.WARN, reason=REASON, by=boss)
    RuleChange.objects.create(rule=key, severity="warn", reason="Chosen when it was offered")
    found = rulebook.in_force(key)
    assert found is not None
    assert found.severity == Severity.BLOCK
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {rulebook.refuses_sql(key)}")
        assert cursor.fetchone() == (True,)


@pytest.mark.parametrize("role", [Role.READ_ONLY, Role.DIRECTOR])
def test_only_the_data_protection_role_changes_a_rule(db: None, role: Role) -> None:
    other = User.objects.create_user(email="other@example.org", role=role)
    with override("en"), pytest.raises(RuleChangeRefused, match="Only the data-protection role"):
        change_rule(key="silence", severity=Severity.OFF, reason=REASON, by=other)


def test_the_silence_is_not_switched_off_while_it_holds(boss: User) -> None:
    tomorrow = timezone.localdate() + timedelta(days=1)
    save_election(name="Vote", suffrage="presidential", rounds=[Round(tomorrow)], by=boss)
    with override("en"), pytest.raises(RuleChangeRefused, match="silence has begun"):
        change_rule(key="silence", severity=Severity.OFF, reason=REASON, by=boss)


def test_elsewhere_the_rules_of_france_are_not_asked(db: None, settings: Settings) -> None:
    settings.RULEBOOK = "none"
    assert not rulebook.refuses("silence")
    assert rulebook.refuses("opt-out")
    assert rulebook.version() == "none-1"
    assert broken(replace(MAILING, text="0 800 12 34 56", source_kind=SourceKind.BROKER_RENTAL)) == {}
