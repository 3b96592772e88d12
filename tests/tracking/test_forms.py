"""Forms and the sources of what comes in by them."""

import pytest

from contacts.models import Source
from tracking.services.forms import create_form

pytestmark = pytest.mark.django_db


def test_two_forms_of_one_long_title_have_a_page_and_a_source_each() -> None:
    made = [
        create_form(by=None, newsletters=[], title="x" * 150, language="fr", fields=["email"], consents=[])
        for _time in range(2)
    ]
    assert len({form.slug for form in made}) == 2
    assert Source.objects.filter(pk__in=[form.source_id for form in made]).count() == 2
