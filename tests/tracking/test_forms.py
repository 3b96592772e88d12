"""Forms and the sources of what comes in by them."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaign_crm.platform.models import User
from contacts.models import Source
from tracking.models import Submission
from tracking.services.forms import create_form

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
