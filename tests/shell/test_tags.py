from datetime import UTC, datetime

import pytest
from django.template import Context, Template
from django.utils import timezone, translation

from campaign_crm.platform.models import Job
from campaign_crm.shell.templatetags import crm


@pytest.mark.parametrize(
    ("value", "french", "english"),
    [(1204332, "1\xa0204\xa0332", "1,204,332"), (0, "0", "0"), (None, "–", "–")],
)
def test_number_is_grouped_as_the_reader_writes(value: int | None, french: str, english: str) -> None:
    with translation.override("fr"):
        assert crm.number(value) == french
    with translation.override("en"):
        assert crm.number(value) == english


def test_estimate_is_marked() -> None:
    with translation.override("en"):
        assert crm.about(1200) == "≈ 1,200"


@pytest.mark.parametrize(
    ("part", "whole", "text"), [(1, 3, "33%"), (1, 200, "0.5%"), (0, 5, "0%"), (1, 0, "–")]
)
def test_share_has_a_decimal_only_when_small(part: int, whole: int, text: str) -> None:
    with translation.override("en"):
        assert crm.percent(part, whole) == text


@pytest.mark.parametrize(
    ("name", "text"),
    [("Astrid Gros", "AG"), ("Jean-Baptiste de La Fontaine", "JF"), ("astrid@example.org", "A"), ("", "")],
)
def test_initials_are_those_of_first_and_last(name: str, text: str) -> None:
    assert crm.initials(name) == text


def test_moment_says_its_zone() -> None:
    when = datetime(2027, 4, 11, 18, 30, tzinfo=UTC)
    with translation.override("en"):
        assert crm.with_zone(when) == "Sunday 11 April 2027 at 20:30 (Europe/Paris)"
        assert 'datetime="2027-04-11T18:30:00+00:00"' in crm.moment(when)


def test_moment_follows_the_language_and_the_zone_of_each_reader() -> None:
    when = datetime(2027, 4, 11, 18, 30, 59, tzinfo=UTC)
    with translation.override("en"):
        assert ">11 April 2027, 20:30<" in crm.moment(when).replace("Apr ", "April ")
    with translation.override("fr"), timezone.override("Indian/Reunion"):
        assert "à 22:30 (Indian/Reunion)" in crm.moment(when)
    with translation.override("fr"):
        assert crm.with_zone(when) == "dimanche 11 avril 2027 à 20:30 (Europe/Paris)"


def test_options_choose_one_and_escape_all() -> None:
    drawn = crm.options([("", "All"), ("60", "Oise & <co>")], "60")
    assert drawn == '<option value="">All</option><option value="60" selected>Oise &amp; &lt;co&gt;</option>'


def test_column_chart_comes_with_its_table() -> None:
    source = '{% load crm %}{% column_chart points "Sign-ups" "Day" %}'
    html = Template(source).render(Context({"points": [("Monday", 1204), ("Tuesday", 0)]}))
    assert html.count("<rect") == 2
    assert '<th scope="row">Monday</th>' in html
    assert 'aria-label="Sign-ups"' in html


def test_icon_is_hidden_from_screen_readers() -> None:
    drawn = crm.icon("mail", "s")
    assert drawn.startswith('<svg class="icon icon-s" aria-hidden="true">')
    assert "/static/vendor/lucide/icons.svg#mail" in drawn


@pytest.mark.parametrize(
    ("e164", "shown"),
    [
        ("+33639980001", "06 39 98 00 01"),
        ("+33199005566", "01 99 00 55 66"),
        ("+262692123456", "0692 12 34 56"),
        ("+3225551212", "+32 2 555 12 12"),
        ("nonsense", "nonsense"),
    ],
)
def test_numbers_are_written_as_people_dial_them(e164, shown):
    assert crm.phone(e164) == shown


def test_choice_is_written_in_the_readers_language_and_an_unknown_one_as_it_is() -> None:
    job = Job(state="failed")
    with translation.override("fr"):
        assert crm.display(job, "state") == job.get_state_display() == "Échec"
    with translation.override("en"):
        assert crm.display(job, "state") == "Failed"
    assert crm.display(Job(state="gone"), "state") == "gone"
