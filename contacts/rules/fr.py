"""The rulebook of France: the law of personal data, of political messages and of the election.

Sources: Règlement (UE) 2016/679 (RGPD), Règlement (UE) 2024/900 (RPP), Code électoral, Code des postes et des
communications électroniques (CPCE), the CNIL's fiches on political communication of 21 October 2025, and its
recommendation of 5 January 2012. These are defaults of a product, not legal advice.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from contacts.enums import Channel, LawfulBasis, MessageKind, Severity, SourceKind
from contacts.rules.rule import Figure, Held, Planned, Rule

NAME = "fr"
EDITION = "2"

LATEST_HOUR, LATEST_HOUR_ALLOWED = 20, 22
_PLEASANT_HOURS = range(7, 22)
_MONTHS_BEFORE_A_VOTE = 6
# 0800 to 0805, as people write them; and the same abroad (+33 800 …).
_GAP = r"[\s.\u00a0\u202f-]*"
_FREE_NUMBER = re.compile(rf"(?<!\d)(?:\+33|0033|0){_GAP}8{_GAP}0{_GAP}[0-5](?:{_GAP}\d){{6}}(?!\d)")


def _in_the_months_before_a_vote(planned: Planned) -> bool:
    """From the first day of the sixth month before the month of the vote until it has taken place."""
    day = planned.leaves_at.astimezone(ZoneInfo(settings.TIME_ZONE)).date()
    return any(_six_months_before(vote) <= day <= vote for vote in planned.votes_on)


def _six_months_before(vote: date) -> date:
    first = vote.replace(day=1)
    for _month in range(_MONTHS_BEFORE_A_VOTE):
        first = (first - timedelta(days=1)).replace(day=1)
    return first


def _names_a_free_number(planned: Planned) -> bool:
    return bool(_FREE_NUMBER.search(planned.text)) and _in_the_months_before_a_vote(planned)


def _is_paid_for(planned: Planned) -> bool:
    return planned.source_kind == SourceKind.BROKER_RENTAL and _in_the_months_before_a_vote(planned)


def _leaves_at_night(planned: Planned) -> bool:
    hour = planned.leaves_at.astimezone(ZoneInfo(settings.TIME_ZONE)).hour
    return (
        planned.channel == Channel.EMAIL
        and planned.kind == MessageKind.POLITICAL
        and hour not in _PLEASANT_HOURS
    )


def _is_unexpected(planned: Planned) -> bool:
    return (
        planned.channel in (Channel.SMS, Channel.CALL)
        and planned.kind == MessageKind.POLITICAL
        and planned.counted_by_basis(LawfulBasis.LEGITIMATE_INTEREST) > 0
    )


def _has_no_opt_out_file(planned: Planned) -> bool:
    return planned.kind == MessageKind.POLITICAL and planned.opt_out_file_is_missing()


RULES = (
    Rule(
        "opt-out",
        "RGPD, art. 21 ; CPCE, art. L34-5",
        _("Has this person left, or asked not to be written to?"),
        _("On the do-not-contact list"),
        Held.HAND_OVER,
        held_by="messaging.dispatch.gate:CHECKS",
        fixed=True,
    ),
    Rule(
        "consent-withdrawn",
        "RGPD, art. 7, § 3",
        _("Has this person taken back what they agreed to?"),
        _("Withdrew their consent"),
        Held.HAND_OVER,
        held_by="messaging.dispatch.gate:CHECKS",
        fixed=True,
    ),
    Rule(
        "lawful-basis",
        "RGPD, art. 6 ; CNIL, fiches du 21 octobre 2025",
        _("Does the person’s own agreement, or the basis of the source, open this channel?"),
        _("Nothing allows this channel"),
        Held.AUDIENCE,
        held_by="contacts.segments.reachability:reachable",
        fixed=True,
    ),
    Rule(
        "roll-offline",
        "Code électoral, art. L37 ; CNIL, fiche « listes électorales » du 21 octobre 2025",
        _("Is this person known from the electoral roll only?"),
        _("The electoral roll opens post and the door, not e-mail or SMS."),
        Held.AUDIENCE,
        held_by="contacts.segments.reachability:reachable",
        fixed=True,
    ),
    Rule(
        "whole-broker-file",
        "RPP, art. 18 ; CNIL, fiche « fichiers du secteur privé » du 21 octobre 2025",
        _("Is a file from a broker written to as a whole, without choosing among its people?"),
        _("People from a broker’s file receive only a mailing to the whole file."),
        Held.AUDIENCE,
        held_by="contacts.segments.reachability:reachable",
        fixed=True,
    ),
    Rule(
        "licence",
        "RGPD, art. 5, § 1, b et e",
        _("Does the licence of the file still last, and does it cover this channel?"),
        _("The source no longer allows it"),
        Held.HAND_OVER,
        held_by="messaging.dispatch.gate:CHECKS",
        fixed=True,
    ),
    Rule(
        "targeting-consent",
        "RPP, art. 18, § 1, a et b",
        _("Did everybody chosen by a criterion agree to messages chosen for them, in person and separately?"),
        _("Has not agreed to targeted messages"),
        Held.AUDIENCE,
        held_by="contacts.segments.reachability:reachable",
    ),
    Rule(
        "minors",
        "RPP, art. 18, § 1, c",
        _("Is anybody who is chosen by a criterion known to be younger than 17?"),
        _("Under 17"),
        Held.AUDIENCE,
        held_by="contacts.segments.reachability:reachable",
        fixed=True,
    ),
    Rule(
        "forbidden-criteria",
        "RGPD, art. 9 ; CNIL, recommandation du 5 janvier 2012",
        _("Does a condition use a birthplace, a nationality, the sound of a name or an inferred opinion?"),
        _("This criterion is not allowed: nobody is chosen by birthplace, nationality, name or opinion."),
        Held.AUDIENCE,
        held_by="contacts.segments.audience:refusals_of",
        fixed=True,
    ),
    Rule(
        "support-levels",
        "RGPD, art. 9, § 2, a et d",
        _("Is an opinion kept only of members, former members, regular contacts or those who agreed to it?"),
        _("This person is neither close to the campaign nor agreed to opinions being kept in the profile."),
        Held.BASE,
        held_by="contacts.services.support:opinion_may_be_kept",
        fixed=True,
    ),
    Rule(
        "first-information",
        "RGPD, art. 14",
        _("Does the first message say where the address comes from, who writes and which rights there are?"),
        _("The first message to people from an indirect source carries the full information block."),
        Held.CONTENT,
        held_by="messaging.services.origins:origins_of",
        fixed=True,
    ),
    Rule(
        "way-out",
        "CPCE, art. L34-5 ; RPP, art. 18",
        _("Can everybody leave in one step, from the message itself?"),
        _("The message has no way to unsubscribe."),
        Held.CONTENT,
        held_by="messaging.content.footer:make_footer",
        fixed=True,
    ),
    Rule(
        "measurement-consent",
        "Loi Informatique et Libertés, art. 82",
        _("Are opens and clicks tied to a person only with their agreement?"),
        _("This person did not agree to be measured: their message carries an anonymous mark."),
        Held.CONTENT,
        held_by="messaging.dispatch.outbox:Outbox",
        fixed=True,
    ),
    Rule(
        "silence",
        "Code électoral, art. L49",
        _("Do people vote tomorrow or today, where this person lives?"),
        _("Waits for the polls to close"),
        Held.HAND_OVER,
        held_by="contacts.rules.silence:HAND_OVER",
    ),
    Rule(
        "hours",
        "Usage des opérateurs et des prestataires (8 h – 20 h, du lundi au samedi)",
        _("Is it Monday to Saturday, by day and no public holiday, where this person lives?"),
        _("Waits for the hours of text messages and calls"),
        Held.HAND_OVER,
        held_by="contacts.rules.hours:HAND_OVER",
        figure=Figure(_("Until what hour"), LATEST_HOUR, LATEST_HOUR, LATEST_HOUR_ALLOWED),
    ),
    Rule(
        "opt-out-file",
        "RGPD, art. 21",
        _("Were the people who left an earlier program brought along?"),
        _(
            "People came in by files, and no opt-out file did. Import the one of the program or supplier "
            "they come from, or say that there is none."
        ),
        Held.PLAN,
        held_by="contacts.services.opt_out_question:opt_out_file_is_missing",
        broken=_has_no_opt_out_file,
    ),
    Rule(
        "expected-text",
        "CPCE, art. L34-5 ; CNIL, fiche « outils » du 21 octobre 2025",
        _("Does a text message or call reach people who never agreed to one?"),
        _(
            "Some of these people never agreed to text messages or calls: only your interest allows it. "
            "Be sure that they expect to hear from you, and keep the written balance at hand."
        ),
        Held.PLAN,
        held_by="messaging.services.pre_send:pre_send",
        default=Severity.WARN,
        broken=_is_unexpected,
    ),
    Rule(
        "free-number",
        "Code électoral, art. L50-1",
        _("Does the text name a free telephone number in the six months before a vote?"),
        _("It names a free number (0800 to 0805): in the six months before a vote that is not allowed."),
        Held.PLAN,
        held_by="messaging.services.pre_send:pre_send",
        default=Severity.WARN,
        broken=_names_a_free_number,
    ),
    Rule(
        "paid-promotion",
        "Code électoral, art. L52-1",
        _("Is reach paid for in the six months before a vote?"),
        _("A rented file in the six months before a vote may count as commercial advertising: ask counsel."),
        Held.PLAN,
        held_by="messaging.services.pre_send:pre_send",
        default=Severity.WARN,
        broken=_is_paid_for,
    ),
    Rule(
        "email-hours",
        "Usage",
        _("Does an e-mail leave between 7 and 22 o’clock?"),
        _("It leaves at night: between 7 and 22 o’clock fewer people are disturbed."),
        Held.PLAN,
        held_by="messaging.services.pre_send:pre_send",
        default=Severity.WARN,
        broken=_leaves_at_night,
    ),
)
