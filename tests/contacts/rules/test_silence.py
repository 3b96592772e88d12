"""When the silence holds, place by place, for votes of the past and of the future."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from contacts.enums import Suffrage
from contacts.rules.silence import Window, windows_of

VOTE = date(2027, 4, 11)  # a Sunday
CLOSE = time(20)


def window_for(area: str, suffrage: Suffrage = Suffrage.PRESIDENTIAL) -> Window:
    windows = windows_of(VOTE, CLOSE, suffrage)
    return next((one for one in windows if area and area in one.areas), windows[0])


def local(zone: str, day: int, hour: int) -> datetime:
    return datetime(2027, 4, day, hour, tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize(
    ("area", "zone", "eve", "vote"),
    [
        ("", "Europe/Paris", 10, 11),
        ("75", "Europe/Paris", 10, 11),
        ("974", "Indian/Reunion", 10, 11),
        ("988", "Pacific/Noumea", 10, 11),
        ("971", "America/Guadeloupe", 9, 10),  # the Americas vote on Saturday
        ("973", "America/Cayenne", 9, 10),
        ("987", "Pacific/Tahiti", 9, 10),
        ("polynesie francaise", "Pacific/Tahiti", 9, 10),
        ("belgique", "Europe/Brussels", 10, 11),
        ("belgium", "Europe/Brussels", 10, 11),
        ("japon", "Asia/Tokyo", 10, 11),
        ("bolivie", "America/La_Paz", 9, 10),
    ],
)
def test_from_the_eve_at_midnight_to_the_close_of_the_polls_there(
    area: str, zone: str, eve: int, vote: int
) -> None:
    window = window_for(area)
    assert (window.begins_at, window.ends_at) == (local(zone, eve, 0), local(zone, vote, 20))


@pytest.mark.parametrize("suffrage", [Suffrage.MUNICIPAL, Suffrage.REGIONAL, Suffrage.DEPARTMENTAL])
def test_local_votes_are_on_sunday_in_the_americas_too(suffrage: Suffrage) -> None:
    assert window_for("972", suffrage).begins_at == local("America/Martinique", 10, 0)


def test_a_country_of_several_zones_is_muted_while_any_of_them_is() -> None:
    window = window_for("etats unis")
    assert window.begins_at <= local("America/New_York", 9, 0)
    assert window.ends_at >= local("Pacific/Honolulu", 10, 20)


def test_no_area_is_in_two_windows() -> None:
    areas = [area for window in windows_of(VOTE, CLOSE, Suffrage.PRESIDENTIAL) for area in window.areas]
    assert len(areas) == len(set(areas)) > 400
