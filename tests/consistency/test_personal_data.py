"""Every field of every model is classified for erasure."""

import pytest
from django.apps import apps

from campaign_crm.platform.personal_data import Treatment

OURS = [
    model
    for label in ("platform", "contacts", "messaging", "tracking")
    for model in apps.get_app_config(label).get_models()
]


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_every_field_says_what_erasure_does_to_it(model) -> None:
    fields = {field.name for field in model._meta.get_fields() if not field.auto_created or field.concrete}
    classified = getattr(model, "personal_data", {})
    assert set(classified) == fields
    assert set(classified.values()) <= set(Treatment)
