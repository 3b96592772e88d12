"""What a territory writes in a national mailing: its own local blocks, its subject, its sender, or nothing.

The national author opens blocks (`"open": true` in the document); a territory's version holds words for these
blocks and for nothing else. Whatever a request asks, this is decided here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict, Unpack

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from campaign_crm.platform.models import User
from contacts.enums import TerritoryKind
from contacts.models import Territory, TerritoryAncestor
from messaging.content.blocks import read_document
from messaging.content.errors import ContentError
from messaging.enums import CampaignState
from messaging.errors import EditedMeanwhile, MessagingError, NotAllowed, WrongState
from messaging.models import Campaign, CampaignVariant, Experiment, SenderIdentity
from messaging.models.variant import MOST_VARIANTS
from messaging.services.compiling import custom_field_keys
from messaging.services.rights import may_write_in

KINDS = (TerritoryKind.REGION, TerritoryKind.DEPARTMENT)
EDITABLE = (CampaignState.DRAFT, CampaignState.SCHEDULED)
Blocks = Mapping[str, Mapping[str, Any]]


class BlockIsLocked(MessagingError):
    """Words for a block that the national author did not open."""


class VersionFields(TypedDict, total=False):
    """What a territory may say. `replaced`: {id of an open block: the block in its place}."""

    replaced: Blocks
    subject: str
    preview_text: str
    sender: SenderIdentity | None
    opted_out: bool


def may_write_version(user: User, campaign: Campaign, territory: Territory) -> bool:
    """Whether this person may write this territory's version; the only place where that is decided."""
    is_national = campaign.territory_id is None
    return is_national and territory.kind in KINDS and may_write_in(user, territory)


def open_blocks(document: Any) -> dict[str, dict[str, Any]]:
    """The local blocks of a document, by id, in reading order."""
    return {block["id"]: block for block in document if isinstance(block, dict) and block.get("open")}


def senders_for(territory: Territory) -> list[SenderIdentity]:
    """Senders in use that a territory may write from: everybody's, and those on its own line of places."""
    line = TerritoryAncestor.objects.filter(descendant=territory).values_list("ancestor_id", flat=True)
    inside = TerritoryAncestor.objects.filter(ancestor=territory).values_list("descendant_id", flat=True)
    found = SenderIdentity.objects.filter(is_active=True).select_related("territory")
    near = {territory.pk, *line}
    near |= set(inside.filter(descendant__in=found.values("territory")))
    usable = [sender for sender in found if sender.territory_id is None or sender.territory_id in near]
    return sorted(usable, key=lambda sender: (sender.territory_id is None, sender.from_name, sender.address))


@transaction.atomic
def save_version(
    *, campaign: Campaign, territory: Territory, revision: int, by: User, **fields: Unpack[VersionFields]
) -> CampaignVariant:
    """Save a territory's version, made on `revision` (0: there was none yet).

    A block given as the national one is not kept: it goes on following the mailing. Raises NotAllowed,
    WrongState, EditedMeanwhile, BlockIsLocked, or ContentError on a block that cannot be drawn.
    """
    held, version = _held(campaign, territory, revision, by)
    before = {name: getattr(version, name) for name in VersionFields.__annotations__}
    if "replaced" in fields:
        fields["replaced"] = _own_words(held, fields["replaced"])
    if fields.get("sender") is not None and fields["sender"] not in senders_for(territory):
        raise NotAllowed(
            _("This sender belongs to another territory, or is no longer in use: choose another.")
        )
    changed = sorted(name for name, value in fields.items() if before[name] != value)
    if version.pk is not None and not changed:
        return version
    for name in changed:
        setattr(version, name, fields[name])  # type: ignore[literal-required]
    version.revision, version.updated_by, version.updated_at = revision + 1, by, Now()
    version.clean_fields(exclude={"updated_at", "compiled"})
    version.save()
    audit.record(action="version.save", on=held, by=by, fields=changed, detail={"territory": territory.pk})
    version.refresh_from_db()
    return version


@transaction.atomic
def remove_version(*, campaign: Campaign, territory: Territory, revision: int, by: User) -> None:
    """Take a territory's version away: its people read what their region or the mailing says."""
    held, version = _held(campaign, territory, revision, by)
    if version.pk is not None:
        version.delete()
        audit.record(action="version.remove", on=held, by=by, detail={"territory": territory.pk})


def revision_of(campaign: Campaign) -> str:
    """What a mailing, its versions and its test are now: any edit of one of them changes it."""
    versions = campaign.variants.order_by("pk").values_list("pk", "revision")
    said = [str(campaign.revision), *(f"{pk}.{revision}" for pk, revision in versions)]
    # What is asked of the test, not its number of edits: a test made anew begins to count again.
    asked = Experiment.objects.filter(campaign=campaign).values_list(
        "sample_percent", "wait_hours", "goal", "if_none"
    )
    return "-".join([*said, *("test." + ".".join(map(str, test)) for test in asked)])


def copy_versions(campaign: Campaign, copy: Campaign, *, by: User) -> None:
    """Give a mailing that says the same once more the versions that territories wrote for it."""
    said = ("number", "label", "territory", "sender", "subject", "preview_text", "replaced", "opted_out")
    regional = campaign.variants.regional().select_related("territory", "sender").defer("compiled")
    CampaignVariant.objects.bulk_create(
        CampaignVariant(campaign=copy, updated_by=by, **{name: getattr(version, name) for name in said})
        for version in regional
    )


def is_tested(campaign: Campaign) -> bool:
    """Whether a mailing tests versions, or has begun to: it has none by territory."""
    return campaign.variants.tested().exists() or Experiment.objects.filter(campaign=campaign).exists()


def _held(
    campaign: Campaign, territory: Territory, revision: int, by: User
) -> tuple[Campaign, CampaignVariant]:
    """The mailing, held so that it cannot begin to leave meanwhile, and the version that may be written."""
    if not may_write_version(by, campaign, territory):
        raise NotAllowed(_("You may not write for %(place)s.") % {"place": territory.name})
    held = Campaign.objects.select_for_update(of=("self",)).get(pk=campaign.pk)
    if held.state not in EDITABLE:
        raise WrongState(_("“%(name)s” can no longer be edited.") % {"name": held.name})
    if is_tested(held):
        raise WrongState(_("This mailing tests versions: it cannot have versions by territory as well."))
    version = held.variants.filter(territory=territory).first()
    if (version.revision if version else 0) != revision:
        raise EditedMeanwhile(
            _("Somebody else changed the version of %(place)s meanwhile.") % {"place": territory.name}
        )
    return held, version or _new(held, territory)


def _new(campaign: Campaign, territory: Territory) -> CampaignVariant:
    taken = set(campaign.variants.values_list("number", flat=True))
    number = next((one for one in range(1, MOST_VARIANTS + 1) if one not in taken), None)
    if number is None:
        raise MessagingError(_("A mailing has %(most)s versions at most.") % {"most": MOST_VARIANTS})
    return CampaignVariant(campaign=campaign, territory=territory, number=number, label=territory.name[:60])


def _own_words(campaign: Campaign, given: Blocks) -> dict[str, Any]:
    """The blocks as they are kept: clean, of open blocks only, and only where they differ."""
    national = open_blocks(campaign.blocks)
    if locked := set(given) - set(national):
        raise BlockIsLocked(
            _("Only local blocks can be written for a territory; these are not: %(ids)s.")
            % {"ids": ", ".join(sorted(map(str, locked)))}
        )
    kept = {}
    for block_id, block in given.items():
        own = stand_in(national[block_id], block)
        if own != cleaned(national[block_id]):
            kept[block_id] = own
    return kept


def cleaned(block: Mapping[str, Any]) -> dict[str, Any]:
    """A block as it is saved, its defaults written, so that two can be compared."""
    found, _problems = read_document([dict(block)], extra=custom_field_keys())
    return found[0].as_json() if found else dict(block)


def stand_in(national: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """A block that may stand in an open one's place, clean: same id, same type, for every reader.

    Unfinished words are kept, and keep the mailing from leaving. Raises BlockIsLocked or ContentError.
    """
    if not isinstance(given, Mapping) or (given.get("id"), given.get("type")) != (
        national["id"],
        national["type"],
    ):
        raise BlockIsLocked(_("A local block keeps its place and its kind: only its words can be changed."))
    if given.get("only_if") or given.get("otherwise"):
        raise BlockIsLocked(_("A local block is for every reader of the territory."))
    found, problems = read_document([{**given, "open": True}], extra=custom_field_keys())
    if not found or any(problem.field in ("id", "type") for problem in problems):
        raise ContentError(problems)
    return found[0].as_json()
