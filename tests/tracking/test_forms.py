"""Forms and the sources of what comes in by them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from campaign_crm.platform.models import User
from contacts.models import Election, ElectionRound, Newsletter, SilenceWindow, Source
from tests.support.places import make_places
from tracking.errors import AnsweredForSomethingElse, PublicPagesAreSilent
from tracking.forms.presets import simple_document
from tracking.models import Form, FormVersion, Submission
from tracking.services.forms import create_form, publish_form, update_form

pytestmark = pytest.mark.django_db


def test_two_forms_of_one_long_title_have_a_page_and_a_source_each() -> None:
    made = [
        create_form(by=None, newsletters=[], title="x" * 150, language="fr", fields=["email"], consents=[])
        for _time in range(2)
    ]
    assert len({form.slug for form in made}) == 2
    assert Source.objects.filter(pk__in=[form.source_id for form in made]).count() == 2


def test_answers_are_not_counted_at_each_look(client) -> None:
    officer = User.objects.create_user(email="officer@example.org", role="director", language="en")
    client.force_login(officer)
    form = create_form(by=None, newsletters=[], title="Join", language="en", fields=["email"], consents=[])
    Submission.objects.create(form=form, data={})
    pages = ("/forms/", f"/forms/{form.pk}/")
    for page in pages:
        assert client.get(page).status_code == 200
    with CaptureQueriesContext(connection) as asked:
        for page in pages:
            client.get(page)
    assert not [one["sql"] for one in asked if "COUNT" in one["sql"] and "tracking_submission" in one["sql"]]


def test_whoever_answered_before_registered_for_nothing() -> None:
    form = create_form(by=None, newsletters=[], title="Join", language="en", fields=["email"], consents=[])
    update_form(form=form, by=None, newsletters=[], registers=True)
    update_form(form=form, by=None, newsletters=[], registers=False)
    Submission.objects.create(form=form, data={})
    with override("en"), pytest.raises(AnsweredForSomethingElse, match="a form of its own"):
        update_form(form=form, by=None, newsletters=[], registers=True)


@pytest.fixture
def silent(db: None) -> None:
    """The silence before a vote of the whole country, which began an hour ago."""
    now = timezone.now()
    vote = Election.objects.create(name="Présidentielle", suffrage="presidential")
    held = ElectionRound.objects.create(election=vote, number=1, day=now.date())
    SilenceWindow.objects.create(
        round=held, areas=[], begins_at=now - timedelta(hours=1), ends_at=now + timedelta(hours=5)
    )


def made(*, is_open: bool) -> Form:
    """A published form, made before the silence."""
    content = simple_document(title="Join", language="en", fields=["email"])
    source = Source.objects.create(name="Join", kind="form", lawful_basis="none")
    form = Form.objects.create(title="Join", slug="join", source=source, draft=content, is_open=is_open)
    form.published = FormVersion.objects.create(form=form, number=1, content=content)
    form.save()
    return form


def test_during_the_silence_a_public_page_stays_as_it_is(silent: None) -> None:
    form = made(is_open=True)
    with override("en"), pytest.raises(PublicPagesAreSilent, match="public pages stay as they are"):
        publish_form(form=form, by=None)
    assert form.versions.count() == 1
    with pytest.raises(PublicPagesAreSilent):
        create_form(by=None, newsletters=[], title="New", is_open=True, fields=["email"], consents=[])


def test_a_form_about_one_place_is_muted_by_its_own_vote_and_one_about_none_by_any() -> None:
    places = make_places()
    now = timezone.now()
    vote = Election.objects.create(name="Municipale", suffrage="municipal", territory=places.oise)
    held = ElectionRound.objects.create(election=vote, number=1, day=now.date())
    SilenceWindow.objects.create(
        round=held,
        territory=places.oise,
        areas=[],
        begins_at=now - timedelta(hours=1),
        ends_at=now + timedelta(hours=5),
    )
    form = made(is_open=True)
    with pytest.raises(PublicPagesAreSilent):
        publish_form(form=form, by=None)
    around = (places.somme, places.oise)
    letters = [Newsletter.objects.create(name=each.name, territory=each) for each in around]
    form.newsletters.set(letters[:1])
    form.refresh_from_db()
    assert publish_form(form=form, by=None).number == 2
    with pytest.raises(PublicPagesAreSilent):
        update_form(form=form, by=None, newsletters=letters)


def test_during_the_silence_a_form_may_be_closed_or_prepared(silent: None) -> None:
    form = made(is_open=True)
    assert update_form(form=form, by=None, newsletters=[], is_open=False) == ["is_open"]
    assert publish_form(form=form, by=None).number == 2
    with pytest.raises(PublicPagesAreSilent):
        update_form(form=form, by=None, newsletters=[], is_open=True)
    assert create_form(
        by=None, newsletters=[], title="Prepared", is_open=False, fields=["email"], consents=[]
    ).pk


def test_a_form_can_be_filled_in_during_the_silence(silent: None, client: Client) -> None:
    form = made(is_open=True)
    assert client.get(reverse("tracking:sign_up", args=[form.slug])).status_code == 200
