"""The people: one line of `staging.demo_person` each, drawn in the order in which they came."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import islice
from typing import NamedTuple

from campaign_crm.shell.demo import names
from campaign_crm.shell.demo.arrivals import NIGHT, Arrival, arrivals, moment
from campaign_crm.shell.demo.origins import ABOUT_EMAIL, ORIGINS, WORDS, Origin
from campaign_crm.shell.demo.places import Place, Places
from campaign_crm.shell.demo.plan import Plan
from campaign_crm.shell.demo.pyramid import birth_years, share_of_women
from contacts.models.contact import BUCKETS

BATCH = 10_000
# `spoke_at`: when what they said, and their number, began to hold; null if they never confirmed the address.
COLUMNS = (
    "number origin created_at spoke_at civility first_name last_name birth_name gender birth_date commune_id"
    " email phone line street postcode city said bucket language"
).split()
NULL = "\\N"

SAME_HOME = 0.1  # people who live with the one who came before
SAME_NAME, SAME_EMAIL = 0.7, 0.12  # of those
ANOTHER_BIRTH_NAME = 0.3  # of women
GENDER_KNOWN = 0.9
MOBILE_SHARE = 0.82
CONFIRMING = {"form", "api"}  # sources that ask people to open a link they receive
CONFIRMED = 0.86  # of those who filled the form in did
ENGLISH = 0.01


class Home(NamedTuple):
    """Where somebody lives. `street` is empty when only the town is known; `place` None when nothing is."""

    place: Place | None
    street: str
    postcode: str


NOWHERE = Home(None, "", "")


class People:
    """Draws every person of a plan; `offset` keeps the addresses of two demonstrations apart."""

    def __init__(self, plan: Plan, places: Places, *, offset: int) -> None:
        self._plan = plan
        self._places = places
        self._offset = offset
        self._rng = plan.rng("people")
        self._women = share_of_women()
        self._years = {sex: birth_years(plan.today, women=sex == "F") for sex in "FM"}
        self._days = [
            (date(2001, 1, 1) + timedelta(days=day)).isoformat()[4:] for day in range(365)
        ]  # "-01-01"…
        self._mobiles = self._landlines = offset
        self._before = (NOWHERE, "", "")  # home, surname and e-mail of the last person

    def lines(self) -> Iterator[str]:
        """Lines for COPY, in the order of COLUMNS."""
        coming, first = arrivals(self._plan), 0
        while batch := list(islice(coming, BATCH)):
            yield from self._batch(batch, first)
            first += len(batch)

    def _batch(self, batch: list[Arrival], first: int) -> Iterator[str]:
        rng, size = self._rng, len(batch)
        surnames, weights = names.surnames()
        drawn_names = rng.choices(surnames, cum_weights=weights, k=size)
        drawn_places = rng.choices(self._places.all, cum_weights=self._places.weights, k=size)
        years = {
            sex: rng.choices(known, cum_weights=cumulated, k=size)
            for sex, (known, cumulated) in self._years.items()
        }
        days = rng.choices(self._days, k=size)
        for index, arrival in enumerate(batch):
            origin = ORIGINS[arrival.origin]
            sex = "F" if rng.random() < self._women else "M"
            year = years[sex][index]
            home, surname, shared_email = self._home_and_name(origin, drawn_places[index], drawn_names[index])
            firsts = names.first_names(year, sex)
            first_name = firsts[int(rng.random() * len(firsts))]
            number = first + index
            email = shared_email or self._email(origin, first_name, surname, number)
            phone, line = self._phone(origin)
            spoke_at = self._spoke_at(origin, arrival)
            self._before = (home, surname, email)
            knows_gender = rng.random() < GENDER_KNOWN
            yield "\t".join(
                (
                    str(number),
                    str(arrival.origin),
                    moment(arrival.day, arrival.second),
                    spoke_at,
                    ("Mme" if sex == "F" else "M.") if knows_gender else "",
                    first_name,
                    surname,
                    self._birth_name(sex, surname, surnames),
                    sex if knows_gender else "",
                    f"{year}{days[index]}" if rng.random() < origin.birth else NULL,
                    str(home.place.id) if home.place else NULL,
                    email or NULL,
                    phone or NULL,
                    line,
                    home.street,
                    home.postcode,
                    home.place.town if home.place else "",
                    str(self._said(origin, email, phone, spoke_at != NULL)),
                    str(int(rng.random() * BUCKETS)),
                    "en" if rng.random() < ENGLISH else "fr",
                )
            )

    def _home_and_name(self, origin: Origin, place: Place, surname: str) -> tuple[Home, str, str]:
        """Their own home, or that of the person before, perhaps with the name and the e-mail too."""
        rng = self._rng
        before, name_before, email_before = self._before
        if before.street and rng.random() < SAME_HOME:
            same_email = email_before if rng.random() < SAME_EMAIL else ""
            return before, name_before if rng.random() < SAME_NAME else surname, same_email
        known = rng.random()
        if known >= origin.town:
            return NOWHERE, surname, ""
        postcode = place.postcodes[int(rng.random() * len(place.postcodes))]
        street = ""
        if known < origin.street:
            kinds = names.streets()
            street = f"{int(rng.random() ** 2 * 140) + 1} {kinds[int(rng.random() * len(kinds))]}"
        return Home(place, street, postcode), surname, ""

    def _email(self, origin: Origin, first: str, last: str, number: int) -> str:
        if self._rng.random() >= origin.email:
            return ""
        return names.email_of(self._rng, first, last, number + self._offset)

    def _phone(self, origin: Origin) -> tuple[str, str]:
        if self._rng.random() >= origin.phone:
            return "", ""
        if self._rng.random() < MOBILE_SHARE:
            self._mobiles += 1
            return names.mobile(self._mobiles), "mobile"
        self._landlines += 1
        return names.landline(self._landlines), "fixed"

    def _spoke_at(self, origin: Origin, arrival: Arrival) -> str:
        """When their choices held: at once, or when they opened the link of the confirmation."""
        if origin.source not in CONFIRMING:
            return moment(arrival.day, arrival.second)
        if origin.source == "form" and self._rng.random() >= CONFIRMED:
            return NULL
        waited = 40 + int(self._rng.random() ** 4 * 7200)
        return moment(arrival.day, min(arrival.second + waited, NIGHT))

    def _birth_name(self, sex: str, surname: str, surnames: list[str]) -> str:
        if sex == "M" or self._rng.random() >= ANOTHER_BIRTH_NAME:
            return ""
        other = surnames[int(self._rng.random() * len(surnames))]
        return "" if other == surname else other

    def _said(self, origin: Origin, email: str, phone: str, confirmed: bool) -> int:
        """What they agreed to: a bit for each of WORDS. Beside an e-mail, all waits for its confirmation."""
        said = 0
        for bit, chance in enumerate(origin.said):
            said |= (self._rng.random() < chance) << bit
        if email and not confirmed:
            return 0
        allowed = (ABOUT_EMAIL if email else 0) | (~ABOUT_EMAIL if phone else 0)
        return said & allowed & ((1 << len(WORDS)) - 1)
