"""What has a name in the demonstration: the organisation, its team, its sources, newsletters, tags and form.

Made by the services that people's acts go through; what is there already under its name is taken as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from campaign_crm.platform.models import Organisation, User
from campaign_crm.platform.rights import Role
from campaign_crm.platform.services.organisation import update_organisation
from campaign_crm.shell.demo import words
from campaign_crm.shell.demo.copying import fill_table
from campaign_crm.shell.demo.origins import FORM_DAYS, ORIGINS, SOURCES, WORDS, SourceWords
from campaign_crm.shell.demo.plan import Plan
from campaign_crm.shell.demo.public_forms import make_public_forms
from contacts.enums import Channel, ConsentPurpose, TerritoryKind
from contacts.models import ConsentWording, CustomField, List, Newsletter, Source, Tag, Territory
from contacts.services.consents import current_wording
from contacts.services.extra_fields import save_extra_field
from contacts.services.lists import create_list
from contacts.services.people import tag_named
from contacts.services.sources import create_source
from contacts.services.wordings import publish_wording
from contacts.territories.grammar import place
from tracking.enums import Confirmation
from tracking.models import Form
from tracking.services.forms import create_form

LANGUAGE = "fr"


@dataclass(frozen=True)
class Cast:
    """The named things, ready for the staging tables that the SQL joins."""

    team: list[User]
    sources: dict[str, Source]
    newsletters: list[tuple[Newsletter, float]]  # with the share of the people it may concern
    tags: list[tuple[Tag, float, float]]  # with the shares of everybody and of members
    lists: list[tuple[List, float]]
    form: Form
    public_forms: dict[str, int]  # ids by kind
    wordings: list[tuple[ConsentWording, ConsentWording]]  # of each of WORDS: before the form, and since

    @property
    def administrator(self) -> User:
        return self.team[0]

    @property
    def national_newsletter(self) -> Newsletter:
        return self.newsletters[0][0]


def make_cast(plan: Plan) -> Cast:
    """Make, or find, everything that has a name."""
    team = [_member(*member) for member in words.TEAM]
    administrator = team[0]
    _introduce(administrator)
    _custom_fields(administrator)
    wordings = _wordings(plan, administrator)
    newsletters = _newsletters(plan)
    form = _form(plan, newsletters[0][0], administrator)
    sources = {
        key: _source(plan, words_, administrator) for key, words_ in SOURCES.items() if key != "form"
    } | {"form": form.source}
    return Cast(
        team=team,
        sources=sources,
        newsletters=newsletters,
        tags=[(tag_named(name), share, of_members) for name, share, of_members in words.TAGS],
        lists=[
            (_list(name, text, chosen, administrator), share) for name, text, chosen, share in words.LISTS
        ],
        form=form,
        public_forms=make_public_forms(plan, administrator),
        wordings=wordings,
    )


def stage_cast(cast: Cast) -> None:
    """Write the ids that the SQL joins into staging tables."""
    with connection.cursor() as cursor:
        cursor.execute(_STAGING)
    words_said = zip(WORDS, cast.wordings, strict=True)
    fill_table("demo_origin", [_origin_row(cast, index) for index in range(len(ORIGINS))])
    fill_table(
        "demo_word",
        [
            (bit, channel.value, purpose.value, before.pk, since.pk)
            for bit, ((channel, purpose), (before, since)) in enumerate(words_said)
        ],
    )
    fill_table(
        "demo_newsletter",
        [
            (number, newsletter.pk, newsletter.territory_id, share)
            for number, (newsletter, share) in enumerate(cast.newsletters)
        ],
    )
    fill_table("demo_tag", [(number, tag.pk, *shares) for number, (tag, *shares) in enumerate(cast.tags)])
    fill_table("demo_list", [(number, chosen.pk, share) for number, (chosen, share) in enumerate(cast.lists)])


_STAGING = """
CREATE UNLOGGED TABLE staging.demo_origin (
    origin int PRIMARY KEY, source_id bigint, kind text, relationship text, proof jsonb, import_id bigint);
CREATE UNLOGGED TABLE staging.demo_word (
    bit int PRIMARY KEY, channel text, purpose text, before_id bigint, since_id bigint);
CREATE UNLOGGED TABLE staging.demo_newsletter (
    number int PRIMARY KEY, newsletter_id bigint, territory_id bigint, share float8);
CREATE UNLOGGED TABLE staging.demo_tag (
    number int PRIMARY KEY, tag_id bigint, share float8, of_members float8);
CREATE UNLOGGED TABLE staging.demo_list (number int PRIMARY KEY, list_id bigint, share float8);
"""

_PROOFS = {
    "old_form": '{"page": "https://example.org/ancien/inscription"}',
    "api": '{"page": "https://example.org/appel"}',
    "members": '{"paper": "Bulletin d’adhésion signé"}',
    "hand": '{"paper": "Bulletin signé, classeur de l’équipe locale"}',
}


def _origin_row(cast: Cast, index: int) -> tuple[Any, ...]:
    origin = ORIGINS[index]
    source = cast.sources[origin.source]
    return index, source.pk, source.kind, origin.relationship.value, _PROOFS.get(origin.source, "{}"), None


def _member(full_name: str, email: str, role: str) -> User:
    found = User.objects.filter(email__iexact=email).first()
    return found or User.objects.create_user(
        email=email, full_name=full_name, role=Role(role), language=LANGUAGE, password=None
    )


def _introduce(by: User) -> None:
    """Say who writes, unless an administrator did."""
    organisation = Organisation.current()
    if not organisation.postal_address:
        update_organisation(by=by, **words.ORGANISATION)


def _custom_fields(by: User) -> None:
    known = set(CustomField.objects.values_list("key", flat=True))
    for key, label, kind, choices in words.CUSTOM_FIELDS:
        if key not in known:
            field = CustomField(key=key, label=label, kind=kind, choices=choices)
            save_extra_field(field=field, by=by)


def _wordings(plan: Plan, by: User) -> list[tuple[ConsentWording, ConsentWording]]:
    """The sentences shown: that about e-mails was written anew for the present form."""
    found = []
    for channel, purpose in WORDS:
        before = _dated(current_wording(channel, purpose, LANGUAGE), plan.at(720))
        since = before
        if (channel, purpose) == (Channel.EMAIL, ConsentPurpose.MESSAGES):
            newer = publish_wording(
                channel=channel, purpose=purpose, language=LANGUAGE, text=words.NEW_WORDING, by=by
            )
            since = _dated(newer, plan.at(FORM_DAYS))
            before = ConsentWording.objects.get(
                channel=channel, purpose=purpose, language=LANGUAGE, version=newer.version - 1
            )
        found.append((before, since))
    return found


def _dated(wording: ConsentWording, at: Any) -> ConsentWording:
    if wording.created_at > at:
        wording.created_at = at
        wording.save(update_fields=["created_at"])
    return wording


def _newsletters(plan: Plan) -> list[tuple[Newsletter, float]]:
    wanted = [*words.NEWSLETTERS, *map(_local, words.LOCAL_DEPARTMENTS)]
    found = []
    for number, newsletter in enumerate(wanted):
        territory = (
            Territory.objects.get(kind=TerritoryKind.DEPARTMENT, code=newsletter.department)
            if newsletter.department
            else None
        )
        made, _created = Newsletter.objects.get_or_create(
            name=newsletter.name,
            defaults={
                "description": newsletter.description,
                "territory": territory,
                "created_at": plan.at(700 - 10 * number, 10),
            },
        )
        found.append((made, newsletter.share))
    return found


def _local(code: str) -> words.NewsletterWords:
    name = Territory.objects.values_list("name", flat=True).get(kind=TerritoryKind.DEPARTMENT, code=code)
    forms = place(name, "department", code)
    where = forms.at.replace("'", "’")
    return words.NewsletterWords(
        f"Lettre {forms.of.replace(chr(39), '’')}",
        f"Réunions, équipes et propositions {where}",
        words.LOCAL_SHARE,
        code,
    )


def _source(plan: Plan, wanted: SourceWords, by: User) -> Source:
    found = Source.objects.filter(name=wanted.name).first()
    return found or create_source(
        by=by,
        name=wanted.name,
        kind=wanted.kind.value,
        lawful_basis=wanted.basis.value,
        channels=wanted.channels,
        supplier=wanted.supplier,
        licence_ends_on=None if wanted.licence_ends_in is None else plan.day(-wanted.licence_ends_in),
        consent_wording=wanted.consent_wording,
        proof=wanted.proof,
        balance=wanted.balance,
        origin_text=wanted.origin_text,
        rank=wanted.rank,
    )


FORM_FIELDS = ("first_name", "last_name", "email", "phone", "postcode", "city")


def _form(plan: Plan, newsletter: Newsletter, by: User) -> Form:
    """The present form, with the source that a form makes for itself."""
    found = Form.objects.filter(title=words.FORM_TITLE).select_related("source").first()
    if found is not None:
        return found
    local = Newsletter.objects.filter(territory__code=words.LOCAL_DEPARTMENTS[0]).first()
    form = create_form(
        by=by,
        newsletters=[one for one in (newsletter, local) if one is not None],
        title=words.FORM_TITLE,
        introduction=words.FORM_INTRODUCTION,
        language=LANGUAGE,
        fields=FORM_FIELDS,
        confirmation=Confirmation.STRICT,
        consents=[{"channel": channel.value, "purpose": purpose.value} for channel, purpose in WORDS],
        tag=tag_named(words.FORM_TAG),
        thank_you=words.FORM_THANKS,
        is_open=True,
        created_at=plan.at(FORM_DAYS, 8),
    )
    Source.objects.filter(pk=form.source_id).update(
        origin_text=SOURCES["form"].origin_text, rank=SOURCES["form"].rank
    )
    return form


def _list(name: str, description: str, chosen: Any, by: User) -> List:
    found = List.objects.filter(name=name).first()
    return found or create_list(name=name, description=description, targeting_class=chosen, by=by)


def set_password(user: User, password: str) -> None:
    """Let the demonstration's administrator sign in."""
    with transaction.atomic():
        user.set_password(password)
        user.save(update_fields=["password"])
