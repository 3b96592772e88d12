"""The ledger of past mailings and what came back, written a mailing at a time.

Recipients come from the engine that every mailing uses (`resolve_audience`, `reachable`), less those who were
not there yet or had left already. What a mailing makes people do (leave, bounce) counts for the next one.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from campaign_crm.platform.database import analyze, ensure_partition
from campaign_crm.shell.demo import history
from campaign_crm.shell.demo.cast import Cast
from campaign_crm.shell.demo.copying import run_sql, sql_of
from campaign_crm.shell.demo.history import Past
from campaign_crm.shell.demo.letters import REGIONAL_WORDS, TEMPLATES, Letter
from campaign_crm.shell.demo.plan import Plan
from contacts.enums import Channel, MessageKind, TerritoryKind
from contacts.models import Territory
from contacts.rules import rulebook
from contacts.rules.channels import BROKER_BASIS
from contacts.rules.versions import NOTICE_VERSION
from contacts.segments.audience import Audience, resolve_audience
from contacts.segments.reachability import count_reachable, reachable
from contacts.services.projections import refresh_projections_from, refresh_reach
from messaging.dispatch.counting import keep_counts
from messaging.enums import CampaignState
from messaging.models import Campaign, CampaignVariant, Link, ProviderAccount, SenderIdentity, Template
from messaging.services.compiling import compile_campaign
from messaging.services.senders import LOCAL_ACCOUNT, create_account, create_sender, ensure_local_sender

MESSAGES_A_SECOND = 40
WRITTEN_BEFORE = timedelta(days=2)


def make_mailings(plan: Plan, cast: Cast, parameters: dict[str, Any]) -> dict[str, int]:
    """Templates, segments, past mailings with their ledger, one scheduled and one draft; gives counts."""
    history.make_segments(cast)
    _templates(cast)
    sender = _sender(cast)
    run_sql("departures")
    recipients = 0
    past = []
    for number, mailing in enumerate(history.PAST):
        campaign = _sent(plan, cast, sender, mailing)
        recipients += _make_ledger(plan, campaign, number, parameters)
        past.append(campaign.pk)
    keep_counts(past)
    refresh_projections_from(
        "SELECT contact_id FROM contacts_emailaddress"
        " WHERE address_hash IN (SELECT address_hash FROM staging.demo_departure)",
        refresh=refresh_reach,
    )
    _coming(plan, cast, sender)
    return {"mailings": len(past), "recipients": recipients}


def _templates(cast: Cast) -> None:
    for name, letter in TEMPLATES:
        Template.objects.get_or_create(
            name=name,
            defaults={
                "subject": letter.subject,
                "preview_text": letter.preview_text,
                "blocks": letter.blocks,
                "is_kit": any(block.get("open") for block in letter.blocks),
                "created_by": cast.administrator,
            },
        )


def _sender(cast: Cast) -> SenderIdentity:
    """Whoever the machine's mail catcher serves; elsewhere, a way out that leads nowhere."""
    found = ensure_local_sender() or SenderIdentity.objects.order_by("pk").first()
    if found is None:
        account = ProviderAccount.objects.filter(name=LOCAL_ACCOUNT).first() or create_account(
            by=None,
            kind="smtp",
            name=LOCAL_ACCOUNT,
            settings={"host": "127.0.0.1", "port": 1025, "security": "none"},
        )
        found = create_sender(
            by=cast.administrator,
            from_name="Campagne 2027",
            address="campagne@example.org",
            provider_account=account,
        )
    return found


def _campaign(cast: Cast, sender: SenderIdentity, letter: Letter, **fields: Any) -> Campaign:
    return Campaign(
        sender=sender,
        subject=letter.subject,
        preview_text=letter.preview_text,
        blocks=letter.blocks,
        created_by=cast.administrator,
        **fields,
    )


def _sent(plan: Plan, cast: Cast, sender: SenderIdentity, mailing: Past) -> Campaign:
    """The mailing as its freeze left it, its links numbered as its compiled message numbers them."""
    started = plan.at(mailing.ago, mailing.hour)
    campaign = _campaign(
        cast,
        sender,
        mailing.letter,
        name=mailing.name,
        audience=mailing.audience(cast),
        state=CampaignState.FREEZING,
        ledger_month=timezone.localdate(started).replace(day=1),
        scheduled_at=started,
        frozen_at=started,
        started_at=started + timedelta(seconds=20),
        created_at=started - WRITTEN_BEFORE,
        updated_at=started,
    )
    compiled = compile_campaign(campaign)
    campaign.compiled = compiled.as_json()
    campaign.save()
    Link.objects.bulk_create(
        Link(campaign=campaign, number=link.number, url=link.url, label=link.label[:200])
        for link in compiled.tracked_links
    )
    return campaign


def _make_ledger(plan: Plan, campaign: Campaign, number: int, parameters: dict[str, Any]) -> int:
    """Write recipients, what became of them and what they did; gives their number."""
    started = campaign.started_at
    assert started is not None  # noqa: S101 - set by `_sent`
    audience = resolve_audience(campaign.audience, channel=Channel.EMAIL, at=started)
    people = audience.queryset.filter(
        pk__range=(parameters["first"], parameters["last"]), created_at__lt=campaign.frozen_at
    )
    terms: dict[str, Any] = {
        "channel": Channel.EMAIL,
        "kind": MessageKind.POLITICAL,
        "targeted": audience.targeted_on(Channel.EMAIL),
        "source": audience.source,
        "at": started,
    }
    told = {**parameters, **_facts(plan, campaign, audience, number)}
    ensure_partition("messaging_delivery", campaign.ledger_month.isoformat())
    with connection.cursor() as cursor:
        sql, values = reachable(people, **terms).order_by().values("pk").query.sql_with_params()
        chosen = cursor.mogrify(sql, values).decode().replace("%", "%%")
        cursor.execute(sql_of("recipients").replace("{people}", chosen), told)
        cursor.execute("SELECT count(*), max(settled_at), sum(sharing - 1) FROM staging.demo_recipient")
        recipients, ended, sharing = cursor.fetchone()
    for name in ("ledger", "reactions", "left"):
        run_sql(name, told)
    left_out = count_reachable(people, **terms).left_out
    campaign.excluded = {str(reason): count for reason, count in left_out.items() if count}
    if sharing:
        campaign.excluded["same_address"] = int(sharing)
    campaign.targeted = audience.targeted_on(Channel.EMAIL)
    campaign.segment_version, campaign.audience_tree = audience.segment_version, audience.tree
    campaign.audience_count = campaign.freeze_cursor = recipients
    campaign.state = CampaignState.SENT
    campaign.finished_at = ended or started
    campaign.save()
    analyze(f"messaging_delivery_y{campaign.ledger_month:%Y}m{campaign.ledger_month:%m}")
    return int(recipients)


def _facts(plan: Plan, campaign: Campaign, audience: Audience, number: int) -> dict[str, Any]:
    source = audience.source
    newsletter = campaign.audience["id"] if campaign.audience["type"] == "newsletter" else None
    basis = None if source is None else BROKER_BASIS if source.is_broker else source.lawful_basis
    assert campaign.sender is not None  # noqa: S101 - set by `_campaign`
    return {
        "mailing": number,
        "campaign": campaign.pk,
        "month": campaign.ledger_month,
        "frozen": campaign.frozen_at,
        "started": campaign.started_at,
        "rate": MESSAGES_A_SECOND,
        "account": campaign.sender.provider_account_id,
        "newsletter": newsletter,
        "source": source.pk if source is not None else None,
        "basis": basis,
        "notice": NOTICE_VERSION,
        "rulebook": rulebook.version(),
        "version": audience.segment_version,
        "links": Link.objects.filter(campaign=campaign).count(),
    }


def _coming(plan: Plan, cast: Cast, sender: SenderIdentity) -> None:
    """What leaves in a few days, and what is still being written."""
    name, letter, audience = history.SCHEDULED
    scheduled = _campaign(
        cast,
        sender,
        letter,
        name=name,
        audience=audience(cast),
        state=CampaignState.SCHEDULED,
        scheduled_at=plan.at(-history.SCHEDULED_IN, history.SCHEDULED_HOUR),
        ledger_month=plan.day(-history.SCHEDULED_IN).replace(day=1),
        created_at=plan.at(1, 15),
        updated_at=plan.at(1, 17),
    )
    scheduled.save()
    name, letter, audience = history.DRAFT
    draft = _campaign(
        cast,
        sender,
        letter,
        name=name,
        audience=audience(cast),
        ledger_month=plan.today.replace(day=1),
        created_at=plan.at(1, 18),
        updated_at=plan.at(1, 18, 30),
    )
    draft.save()
    _regional(plan, cast, sender)


def _regional(plan: Plan, cast: Cast, sender: SenderIdentity) -> None:
    """A draft whose local block some regions have written already."""
    name, letter, audience = history.REGIONAL
    campaign = _campaign(
        cast,
        sender,
        letter,
        name=name,
        audience=audience(cast),
        ledger_month=plan.today.replace(day=1),
        created_at=plan.at(2, 9),
        updated_at=plan.at(2, 10),
    )
    campaign.save()
    (local,) = (block for block in letter.blocks if block.get("open"))
    regions = Territory.objects.filter(kind=TerritoryKind.REGION, code__in=REGIONAL_WORDS).order_by("code")
    CampaignVariant.objects.bulk_create(
        CampaignVariant(
            campaign=campaign,
            number=number,
            label=region.name[:60],
            territory=region,
            replaced={local["id"]: {**local, "html": f"<p>{REGIONAL_WORDS[region.code]}</p>"}},
            updated_by=cast.administrator,
            updated_at=plan.at(1, 9),
        )
        for number, region in enumerate(regions, start=1)
    )
