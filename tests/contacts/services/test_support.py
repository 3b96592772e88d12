"""Support levels: kept only of whom the rule lets one be kept, seen and used only with the right."""

from __future__ import annotations

import html

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from campaign_crm.platform.models import AuditEntry, User
from campaign_crm.platform.rights import Role
from contacts.enums import Channel, ConsentPurpose, LawfulBasis, SourceKind, Support, TargetingClass
from contacts.merging.service import merge, unmerge
from contacts.models import Contact, Membership, Segment, Source, SupportLevel
from contacts.requests.erasing import hide_person
from contacts.requests.facts import everything_about
from contacts.requests.removing import remove_rows
from contacts.rules.rulebook import rule_named
from contacts.segments.audience import resolve_audience
from contacts.segments.compile import people_matching
from contacts.segments.errors import AudienceRefused, SegmentInvalid
from contacts.segments.tree import parse_tree
from contacts.services.consents import record_consent
from contacts.services.segments import SegmentInUse, create_segment, update_segment
from contacts.services.support import SupportRefused, forget_unlawful, record_support, support_of

STRONG = {"all": [{"condition": "support_level", "operator": "is", "value": ["5"]}]}


@pytest.fixture
def officer(db: None) -> User:
    return User.objects.create_user(email="data@example.org", role=Role.DATA_OFFICER)


@pytest.fixture
def volunteer(db: None) -> User:
    return User.objects.create_user(email="help@example.org", role=Role.VOLUNTEER)


@pytest.fixture
def form(db: None) -> Source:
    return Source.objects.create(
        name="Form", kind=SourceKind.FORM, lawful_basis=LawfulBasis.CONSENT, channels=["email"]
    )


def person(relationship: str = "member", **values: object) -> Contact:
    contact = Contact.objects.create(last_name="Martin", relationship=relationship, **values)
    if relationship in ("member", "former"):
        left = timezone.localdate() if relationship == "former" else None
        Membership.objects.create(contact=contact, left_on=left)
    return contact


def noted(contact: Contact, level: Support, by: User) -> Contact:
    record_support(contact=contact, level=level, by=by)
    return contact


@pytest.mark.parametrize("relationship", ["member", "former", "regular"])
def test_a_level_of_who_is_close_is_kept_with_its_day_and_who_noted_it(
    officer: User, relationship: str
) -> None:
    contact = noted(person(relationship), Support.STRONG, officer)
    record_support(contact=contact, level=Support.LEANING, by=officer)
    held = SupportLevel.objects.get()
    assert (held.level, held.recorded_by) == (Support.LEANING, officer)
    assert support_of(contact) == held
    record_support(contact=contact, level=None, by=officer)
    assert not SupportLevel.objects.exists()
    acts = AuditEntry.objects.filter(action__startswith="support.").order_by("pk")
    assert [act.action for act in acts] == ["support.record", "support.record", "support.forget"]
    assert all(act.detail == {} for act in acts), "the journal tells no opinion"


@pytest.mark.parametrize("relationship", ["occasional", "roll_only"])
def test_of_others_it_is_refused_with_the_sentence_of_the_rule(officer: User, relationship: str) -> None:
    with override("en"), pytest.raises(SupportRefused, match="neither close to the campaign nor agreed"):
        record_support(contact=person(relationship), level=Support.AGAINST, by=officer)
    assert not SupportLevel.objects.exists()


def test_who_agreed_to_a_profile_may_be_noted_until_they_take_it_back(officer: User, form: Source) -> None:
    contact = person("occasional")
    words = {"contact": contact, "channel": Channel.EMAIL, "purpose": ConsentPurpose.PROFILE, "by": None}
    record_consent(**words, given=True, source=form)
    noted(contact, Support.STRONG, officer)
    assert support_of(contact) is not None
    record_consent(**words, given=False)
    assert not SupportLevel.objects.exists()


def test_who_is_close_no_more_has_none_at_once_and_no_row_after_the_night(officer: User) -> None:
    contact = noted(person("regular"), Support.STRONG, officer)
    Contact.objects.filter(pk=contact.pk).update(relationship="occasional")
    assert support_of(contact) is None
    assert not people_matching(parse_tree(STRONG)).exists()
    assert forget_unlawful() == 1
    assert not SupportLevel.objects.exists()


def test_without_the_right_nobody_notes_one(volunteer: User) -> None:
    with pytest.raises(SupportRefused):
        record_support(contact=person(), level=Support.STRONG, by=volunteer)


def test_without_the_right_the_page_and_the_api_are_silent(
    officer: User, volunteer: User, client: Client
) -> None:
    contact = noted(person(), Support.LEANING_AGAINST, officer)
    page, act = (
        reverse("contacts:person", args=[contact.pk]),
        reverse("contacts:person_act", args=[contact.pk, "support"]),
    )
    client.force_login(volunteer)
    seen = client.get(page).content.decode()
    assert "Plutôt contre nous" not in seen
    assert act not in seen
    assert client.post(act, {"level": "5"}).status_code == 403
    told = client.get(f"/api/v1/people/{contact.pk}/").json()
    assert "support_level" not in told
    client.force_login(officer)
    seen = client.get(page).content.decode()
    assert "Plutôt contre nous" in seen
    assert act in seen
    told = client.get(f"/api/v1/people/{contact.pk}/").json()
    assert told["support_level"]["level"] == Support.LEANING_AGAINST
    client.post(act, {"level": "4"})
    assert SupportLevel.objects.get().level == Support.LEANING
    client.post(act, {"level": ""})
    assert not SupportLevel.objects.exists()


def test_the_page_says_why_none_may_be_noted(officer: User, client: Client) -> None:
    contact = person("occasional")
    client.force_login(officer)
    page = client.get(reverse("contacts:person", args=[contact.pk])).content.decode()
    with override("fr"):
        assert str(rule_named("support-levels").refusal) in html.unescape(page)
    assert reverse("contacts:person_act", args=[contact.pk, "support"]) not in page


def test_a_condition_finds_the_newest_level(officer: User) -> None:
    close, far = noted(person(), Support.STRONG, officer), noted(person(), Support.AGAINST, officer)
    nobody = person()

    def found(operator: str, value: object = None) -> set[Contact]:
        rule = {"condition": "support_level", "operator": operator} | ({"value": value} if value else {})
        return set(people_matching(parse_tree({"all": [rule]})))

    assert found("is", ["5"]) == {close}
    assert found("is", ["1", "5"]) == {close, far}
    assert found("known") == {close, far}
    assert found("unknown") == {nobody}


def test_it_never_chooses_who_gets_an_e_mail_or_a_text(officer: User) -> None:
    segment = create_segment(name="Strong", tree=STRONG, by=officer)
    audience = resolve_audience({"type": "segment", "id": segment.pk})
    assert audience.classes == {TargetingClass.FORBIDDEN}
    for channel in (Channel.EMAIL, Channel.SMS):
        with pytest.raises(AudienceRefused):
            audience.check_channel(channel)
    audience.check_channel(Channel.CALL)


def test_a_segment_with_it_is_nothing_to_whoever_may_not_see_levels(officer: User, client: Client) -> None:
    digital = User.objects.create_user(email="digital@example.org", role=Role.DIGITAL_OFFICER)
    segment = create_segment(name="Strong", tree=STRONG, by=officer)
    assert segment in Segment.objects.visible_to(officer)
    assert segment not in Segment.objects.visible_to(digital)
    with pytest.raises(SegmentInvalid):
        create_segment(name="Mine", tree=STRONG, by=digital)
    with pytest.raises(SegmentInvalid):
        create_segment(
            name="Nested",
            tree={"all": [{"condition": "segment", "operator": "any", "value": [segment.pk]}]},
            by=digital,
        )
    client.force_login(digital)
    assert client.get(reverse("contacts:segment", args=[segment.pk])).status_code == 404
    fields = {
        "r.kind": "all",
        "r.0.was": "support_level",
        "r.0.condition": "support_level",
        "r.0.operator": "is",
        "r.0.value": "5",
    }
    shown = client.post(reverse("contacts:segment_preview"), fields)
    assert "estimate" not in (shown.context or {})


def test_a_segment_that_others_are_made_with_does_not_come_to_read_levels(officer: User) -> None:
    inner = create_segment(
        name="Women", tree={"all": [{"condition": "gender", "operator": "is", "value": ["F"]}]}, by=officer
    )
    create_segment(
        name="Outer",
        tree={"all": [{"condition": "segment", "operator": "any", "value": [inner.pk]}]},
        by=officer,
    )
    with pytest.raises(SegmentInUse):
        update_segment(segment=inner, tree=STRONG, by=officer)


def test_a_merge_keeps_both_and_the_newest_holds_until_it_is_undone(officer: User) -> None:
    kept, absorbed = noted(person(), Support.AGAINST, officer), noted(person(), Support.STRONG, officer)
    done = merge(kept=kept, absorbed=absorbed, by=officer)
    held = support_of(kept)
    assert held is not None
    assert held.level == Support.STRONG
    restored = unmerge(merge=done, by=officer)
    levels = [support_of(one) for one in (kept, restored)]
    assert [level and level.level for level in levels] == [Support.AGAINST, Support.STRONG]


def test_an_answer_tells_it_and_an_erasure_takes_it(officer: User) -> None:
    contact = noted(person(), Support.STRONG, officer)
    with override("en"):
        told = {section.table: section for section in everything_about(contact)}
    assert "Strong support" in str(told["contacts_supportlevel"].rows)
    hide_person(contact=contact, by=officer)
    assert support_of(contact) is None or not Contact.objects.visible().filter(pk=contact.pk).exists()
    remove_rows([contact.pk])
    assert not SupportLevel.objects.exists()
