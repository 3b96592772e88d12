"""The demonstration needs the territories, and says so."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from contacts.models import Source


@pytest.mark.django_db
def test_a_base_without_territories_is_refused_in_words():
    with pytest.raises(CommandError, match="load_territories"):
        call_command("seed_demo", contacts=60)
    assert not Source.objects.exists()
