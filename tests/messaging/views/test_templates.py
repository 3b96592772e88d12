"""Templates: made, copied, deleted; and what the list shows."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from messaging.models import Campaign, Template
from tests.messaging.people import make_campaign

pytestmark = pytest.mark.django_db
LIST, NEW = reverse("messaging:templates"), reverse("messaging:template_new")
BLOCKS = [{"id": "a", "type": "text", "html": "<p>Hello</p>", "align": "left"}]


def test_new_template_leads_to_its_composer(officer: Client) -> None:
    answer = officer.post(NEW, {"name": "  Weekly  letter "})
    template = Template.objects.get()
    assert template.name == "Weekly letter"
    assert answer["Location"] == reverse("messaging:template_compose", args=[template.pk])
    composer = officer.get(answer["Location"])
    assert composer.context["data"]["urls"]["save"] == reverse("messaging:template_save", args=[template.pk])
    assert composer.context["campaign"] is None


def test_new_template_may_begin_from_another(officer: Client) -> None:
    origin = Template.objects.create(name="Weekly", subject="This week", blocks=BLOCKS)
    officer.post(NEW, {"name": "Monthly", "copy_of": origin.pk})
    assert Template.objects.get(name="Monthly").blocks == BLOCKS


@pytest.mark.parametrize(
    ("name", "said"), [("", "Give the template a name."), ("Weekly", "already has this")]
)
def test_name_that_cannot_be_is_said(officer: Client, name: str, said: str) -> None:
    Template.objects.create(name="Weekly", blocks=[])
    assert said in officer.post(NEW, {"name": name}, follow=True).content.decode()
    assert Template.objects.count() == 1


def test_deleted_template_leaves_its_mailings_alone(officer: Client) -> None:
    template = Template.objects.create(name="Weekly", blocks=BLOCKS)
    campaign = make_campaign(blocks=template.blocks)
    officer.post(reverse("messaging:template_delete", args=[template.pk]))
    assert not Template.objects.exists()
    assert Campaign.objects.get(pk=campaign.pk).blocks == BLOCKS


def test_reader_looks_and_changes_nothing(reader: Client) -> None:
    template = Template.objects.create(name="Weekly", blocks=BLOCKS)
    shown = reader.get(LIST).content.decode()
    assert "Weekly" in shown
    assert NEW not in shown
    assert reader.post(NEW, {"name": "Mine"}).status_code == 403
    assert reader.post(reverse("messaging:template_delete", args=[template.pk])).status_code == 403
    assert list(Template.objects.values_list("name", flat=True)) == ["Weekly"]


def test_list_costs_the_same_queries_with_one_and_with_three(officer: Client) -> None:
    officer.get(LIST)
    Template.objects.create(name="One", blocks=[])
    with CaptureQueriesContext(connection) as one:
        officer.get(LIST)
    Template.objects.bulk_create(Template(name=name, blocks=[]) for name in ("Two", "Three"))
    with CaptureQueriesContext(connection) as three:
        officer.get(LIST)
    assert len(one) == len(three)


def test_empty_list_says_how_to_begin(officer: Client) -> None:
    assert "No template yet" in officer.get(LIST).content.decode()
