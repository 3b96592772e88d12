"""The test of a mailing in a copy of it: the same settings and versions, and nothing decided."""

from __future__ import annotations

from messaging.models import Campaign, CampaignVariant, Experiment
from messaging.services.experiment_sides import test_of

SETTINGS = ("sample_percent", "wait_hours", "goal", "if_none")
SAID = ("number", "label", "sender", "subject", "preview_text", "blocks", "replaced")


def copy_test(campaign: Campaign, copy: Campaign) -> None:
    """Give a copy the test of its model, if it has one."""
    test = test_of(campaign)
    if test is None:
        return
    Experiment.objects.create(campaign=copy, **{name: getattr(test, name) for name in SETTINGS})
    tested = campaign.variants.tested().select_related("sender").defer("compiled")
    CampaignVariant.objects.bulk_create(
        CampaignVariant(campaign=copy, **{name: getattr(variant, name) for name in SAID})
        for variant in tested
    )
