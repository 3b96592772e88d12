"""The hand-over gate: the last questions, then the intent, committed durably before the provider is called.

Messages are asked in one set-based statement that reads the originals (do-not-contact list, consents,
addresses), not the projection of the freeze. What commits before this statement is obeyed: whoever
unsubscribed before is not written to.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import lru_cache

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext_noop

from contacts.enums import DIRECT_KINDS
from contacts.registry import HandOverCheck, registry
from contacts.rules import rulebook, silence
from messaging.dispatch.caps import Book
from messaging.dispatch.ledger import KEYS_A_STATEMENT, Claim, Key
from messaging.dispatch.prepared import Statement, numbers, texts
from messaging.frequency import checks as frequency

HELD_SECONDS = 10.0
"""A row given back by a check is asked again after so long: it must not be claimed in a circle."""

_DIRECT = ", ".join(f"'{kind.value}'" for kind in DIRECT_KINDS)
# Told by the person: what a file says somebody agreed to is not enough.
_AGREES_TO_TARGETING = f"""COALESCE((
            SELECT k.given AND s.kind IN ({_DIRECT}) FROM contacts_consent k
            LEFT JOIN contacts_source s ON s.id = k.source_id
            WHERE k.contact_id = d.contact_id AND k.channel = c.channel AND k.purpose = 'targeting'
            ORDER BY k.at DESC, k.id DESC LIMIT 1), false)"""  # noqa: S608 - our own text

CHECKS = {
    "campaign_cancelled": HandOverCheck(10, "cancelled", "c.state = 'cancelled'"),
    "campaign_held": HandOverCheck(20, "queued", "c.state <> 'sending'"),
    # Off after a restore, until a person confirms: the mailings of a backup have left already.
    "sending_off": HandOverCheck(
        30, "queued", "NOT EXISTS (SELECT FROM platform_organisation o WHERE o.sending_enabled)"
    ),
    # A service message that staff wrote leaves during the silence if just what leaves was approved before it
    # began. Each mailing that did is journaled (`messaging.dispatch.exemptions`).
    "silence_service": HandOverCheck(
        36,
        "queued",
        f"""c.kind = 'service' AND c.standing_for = '' AND {silence.SOMEWHERE} AND (
            SELECT true {silence.windows_sql("d")} AND NOT EXISTS (
                SELECT FROM messaging_approval a
                WHERE a.campaign_id = c.id AND a.approved AND a.decided_at < w.begins_at
                    AND a.content = c.approved_content) LIMIT 1)""",  # noqa: S608 - our own text
        silence.WAITS,
        until=f"SELECT max(w.ends_at) {silence.windows_sql('v')}",
        rule="silence",
    ),
    "expired": HandOverCheck(40, "expired", "c.send_until <= now()", gettext_noop("Too late to send")),
    # Too many were refused, returned or reported at the mailboxes of this domain: they wait for a person.
    "family_held": HandOverCheck(
        45,
        "queued",
        """EXISTS (SELECT FROM messaging_familypause w WHERE w.released_at IS NULL) AND (
            SELECT true FROM messaging_familypause p
            WHERE p.campaign_id = c.id AND p.released_at IS NULL
                AND lower(split_part(d.address, '@', 2)) = ANY(p.domains) LIMIT 1)""",
    ),
    "suppressed": HandOverCheck(
        50,
        "suppressed",
        # By this address; and whoever objected by another address of theirs is not written to at this one.
        f"""(SELECT true FROM contacts_suppression s
            WHERE s.address_hash = d.address_hash AND s.channel = c.channel AND s.lifted_at IS NULL
                AND (s.scope = 'everything' OR {silence.POLITICAL}) LIMIT 1)
        OR c.kind = 'political' AND (
            SELECT true FROM contacts_emailaddress e
            JOIN contacts_suppression s ON s.address_hash = e.address_hash
            WHERE e.contact_id = d.contact_id AND s.channel = c.channel AND s.lifted_at IS NULL
                AND s.reason <> 'hard_bounce' LIMIT 1)""",  # noqa: S608 - our own text
        gettext_noop("On the do-not-contact list"),
    ),
    # Contact 0 is nobody yet: the answer to a form that its sender has still to confirm.
    "address_unusable": HandOverCheck(
        60,
        "suppressed",
        """c.channel = 'email' AND d.contact_id <> 0 AND (
            SELECT true FROM contacts_emailaddress e
            WHERE e.contact_id = d.contact_id AND e.address_hash = d.address_hash AND e.status = 'active'
            LIMIT 1) IS NULL""",
        gettext_noop("The address is no longer in use"),
    ),
    "consent_withdrawn": HandOverCheck(
        70,
        "suppressed",
        """c.kind = 'political' AND NOT COALESCE((
            SELECT k.given FROM contacts_consent k
            WHERE k.contact_id = d.contact_id AND k.channel = c.channel AND k.purpose = 'messages'
            ORDER BY k.at DESC, k.id DESC LIMIT 1), true)""",
        gettext_noop("The person withdrew their consent"),
    ),
    # What allows the message is the source, unless the person's own consent does. A licence ends at midnight
    # of the installation's zone, in the middle of a send perhaps; staff may also close a channel of a source.
    "source_closed": HandOverCheck(
        72,
        "suppressed",
        """c.kind = 'political' AND d.consent_id IS NULL AND d.source_id IS NOT NULL AND (
            SELECT COALESCE(s.licence_ends_on < today, false) OR s.lawful_basis = 'none'
                OR c.channel <> ALL (s.channels)
            FROM contacts_source s WHERE s.id = d.source_id)""",
        gettext_noop("The source no longer allows it"),
    ),
    "targeting_withdrawn": HandOverCheck(
        74,
        "suppressed",
        "c.targeted AND c.kind = 'political' AND c.channel IN ('email', 'sms')"
        f" AND NOT {_AGREES_TO_TARGETING}",
        gettext_noop("The person no longer agrees to targeted messages"),
        rule="targeting-consent",
    ),
    "left_newsletter": HandOverCheck(
        80,
        "suppressed",
        # Asked of the person, not of the row: when two records became one, one subscription of two was left.
        """d.subscription_id IS NOT NULL AND (
            SELECT true FROM contacts_subscription n
            WHERE n.newsletter_id = (c.audience ->> 'id')::bigint AND n.contact_id = d.contact_id
                AND n.ended_at IS NULL LIMIT 1) IS NULL""",
        gettext_noop("The person left the newsletter"),
    ),
    # Words chosen by place go to those who agree to that at the hand-over; the others read the national ones.
    # Asked last: whoever would not be written to at all stays as they are.
    "version_by_place": HandOverCheck(
        98,
        "queued",
        f"""d.variant > 0 AND (
            SELECT v.territory_id FROM messaging_campaignvariant v
            WHERE v.campaign_id = c.id AND v.number = d.variant) IS NOT NULL
        AND NOT {_AGREES_TO_TARGETING}""",  # noqa: S608 - our own text
        until="now()",
        as_national=True,
    ),
}

# A row whose lease ran out is not handed over, whatever this worker's clock says. Rows are looked up by their
# key one by one (LATERAL with LIMIT) and updated where they were found: statistics of a queue are wrong most
# of the time, and other plans read everything that is in flight for each batch. (IS NOT DISTINCT FROM keeps
# the planner off the index of leased rows.) The month is written out: the plan knows the one partition.
_HAND_OVER = """
WITH asked AS MATERIALIZED (
    SELECT d.place, k.number, CASE {questions} ELSE 1 END AS verdict, d.contact_id, d.department
    FROM unnest(%(contacts)s, %(occasions)s) WITH ORDINALITY AS k (contact_id, occasion, number)
    CROSS JOIN LATERAL (
        SELECT r.ctid AS place, r.* FROM messaging_delivery r
        WHERE r.ledger_month = DATE '{month}' AND r.campaign_id = %(campaign)s
            AND r.contact_id = k.contact_id AND r.occasion = k.occasion LIMIT 1
    ) d
    JOIN messaging_campaign c ON c.id = d.campaign_id
    CROSS JOIN (SELECT (now() AT TIME ZONE %(zone)s)::date AS today) clock
    WHERE d.state = 'claimed' AND d.token = %(token)s AND d.lease_until > now()
), moved AS (
    UPDATE messaging_delivery d
    SET state = (%(states)s)[v.verdict],
        answer = (%(answers)s)[v.verdict],
        handed_at = CASE v.verdict WHEN 1 THEN now() ELSE d.handed_at END,
        lease_until = CASE v.verdict WHEN 1 THEN now() + make_interval(secs => %(seconds)s) END,
        settled_at = CASE WHEN (%(states)s)[v.verdict] IN ('handed', 'queued') THEN NULL ELSE now() END,
        due_at = CASE (%(states)s)[v.verdict] WHEN 'queued' THEN coalesce({until},
            now() + make_interval(secs => %(held)s)) ELSE d.due_at END,
        variant = CASE WHEN v.verdict = ANY(%(nationals)s) THEN 0 ELSE d.variant END,
        provider_account_id = %(account)s
    FROM asked v
    WHERE d.ledger_month = DATE '{month}' AND d.ctid = v.place AND d.token = %(token)s
        AND d.state IS NOT DISTINCT FROM 'claimed'
    RETURNING v.number, v.verdict
)
SELECT coalesce(array_agg(number) FILTER (WHERE verdict = 1), '{}') FROM moved
"""
_TYPES = {
    "campaign": "bigint",
    "token": "bigint",
    "contacts": "bigint[]",
    "occasions": "text[]",
    "states": "text[]",
    "answers": "text[]",
    "seconds": "float8",
    "account": "bigint",
    "held": "float8",
    "nationals": "bigint[]",
    "zone": "text",
}
_ONE_AFTER_THE_OTHER = Statement(frequency.ONE_AFTER_THE_OTHER, {})

HANDED = 1
"""Number of the verdict "hand it over"; the checks' are from 2, in their order."""


def register_checks() -> None:
    """Put the checks of messaging in the list that contacts and its rules add to."""
    for name, check in (CHECKS | frequency.CHECKS).items():
        registry.add("hand_over_checks", name, check)


def hand_over(
    claim: Claim, keys: Sequence[Key], *, account: int, seconds: float, book: Book | None = None
) -> set[Key]:
    """Ask every check of claimed rows and commit the intent to send the rest; returns the keys to send now.

    `seconds`: lease of the intent; the provider must have answered before it ends. The commit is flushed to
    disk before this returns: what a crash finds without intent was never offered to anybody. `book`: what the
    caps and the warm-ups allow, and where it is written; rows beyond stay claimed.
    """
    checks = tuple(sorted(registry.hand_over_checks.items(), key=lambda item: (item[1].order, item[0])))
    statement = _statement(
        checks, claim.ledger.month, settings.RULEBOOK, counts=book is None or not book.is_service
    )
    handed: set[Key] = set()
    with transaction.atomic(), connection.cursor() as cursor:
        if book is not None:
            keys = book.choose(keys)
        for start in range(0, len(keys), KEYS_A_STATEMENT):
            part = keys[start : start + KEYS_A_STATEMENT]
            statement.execute(
                cursor,
                {
                    "campaign": claim.ledger.campaign,
                    "token": claim.token,
                    "contacts": numbers([key.contact for key in part]),
                    "occasions": texts([key.occasion for key in part]),
                    "states": texts(["handed", *(check.outcome for _name, check in checks)]),
                    "answers": texts(["", *(check.answer for _name, check in checks)]),
                    "seconds": seconds,
                    "account": account,
                    "held": HELD_SECONDS,
                    "nationals": numbers(
                        number
                        for number, (_name, check) in enumerate(checks, HANDED + 1)
                        if check.as_national
                    ),
                    "zone": settings.TIME_ZONE,
                },
            )
            handed.update([part[number - 1] for number in cursor.fetchone()[0]])
        if book is not None:
            book.write(handed)
    return handed


@lru_cache(maxsize=32)
def _statement(
    checks: tuple[tuple[str, HandOverCheck], ...], month: date, _rulebook: str, *, counts: bool
) -> Statement:
    """`counts`: its messages count where somebody asked for few; service messages never wait for that."""
    questions = " ".join(
        f"WHEN {_condition(check)} THEN {number}"
        for number, (_name, check) in enumerate(checks, start=HANDED + 1)
    )
    untils = " ".join(
        f"WHEN {number} THEN ({check.until})"
        for number, (_name, check) in enumerate(checks, start=HANDED + 1)
        if check.until
    )
    until = f"CASE v.verdict {untils} END" if untils else "NULL"
    sql = _HAND_OVER.replace("{month}", month.isoformat()).replace("{questions}", questions)
    sql = sql.replace("{until}", until)
    return Statement(
        sql, _TYPES, "SET LOCAL synchronous_commit = on;", _ONE_AFTER_THE_OTHER if counts else None
    )


def _condition(check: HandOverCheck) -> str:
    """A check that holds a rule of law is asked while the rule refuses, which is read once a statement."""
    return f"{rulebook.refuses_sql(check.rule)} AND ({check.condition})" if check.rule else check.condition
