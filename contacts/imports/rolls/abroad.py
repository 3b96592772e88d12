"""Rolls of other countries: their districts and precincts become territories of a country, as they come.

No tree of another country is loaded. What the roll, or the person who imports it, calls its place is a
commune of that country; its polling districts and precincts are stations. Codes begin with the country, and
where places are numbered by state, with the state: "US-OH-25", "US-OH-25-AAB". Ids are taken at the preview
and used by the run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from contacts.imports.staging import Staging

FRANCE = "FR"
NAMES = {
    "BE": "Belgique",
    "CA": "Canada",
    "CH": "Suisse",
    "DE": "Deutschland",
    "ES": "España",
    "GB": "United Kingdom",
    "IT": "Italia",
    "LU": "Luxembourg",
    "PT": "Portugal",
    "US": "United States",
}
LONGEST_STATION = 23  # characters of Territory.code, less the hyphen


@dataclass(frozen=True)
class Abroad:
    """Country (ISO 3166-1, two letters), its region where codes need it, the place if no column says."""

    country: str
    region: str = ""
    place_name: str = ""

    @classmethod
    def of(cls, options: dict[str, Any]) -> Abroad | None:
        """Read the options of an import; None for a French roll."""
        country = str(options.get("country") or "").upper()
        if country in ("", FRANCE):
            return None
        return cls(country, str(options.get("region") or "").upper(), str(options.get("place_name") or ""))

    @property
    def prefix(self) -> str:
        return "-".join(part for part in (self.country, self.region) if part) + "-"


def resolve_abroad(cursor: Any, staging: Staging, abroad: Abroad) -> None:
    """Give each place of the roll its territory: one that is there, or the id of one to make."""
    cursor.execute(staging.sql(_RESOLVE), {"place": abroad.place_name, "prefix": abroad.prefix})
    cursor.execute(staging.sql(_STATIONS), {"longest": LONGEST_STATION})


def make_abroad(cursor: Any, staging: Staging) -> None:
    """Make the country and the places that the roll brings; nothing for a French roll."""
    one = "SELECT split_part(abroad_code, '-', 1) FROM {places} WHERE abroad_code IS NOT NULL LIMIT 1"
    cursor.execute(staging.sql(one))
    found = cursor.fetchone()
    if found is None:
        return
    country = found[0]
    cursor.execute(_COUNTRY, [country, NAMES.get(country, country)])
    cursor.execute(staging.sql(_PLACES), {"country": country})
    cursor.execute(staging.sql(_SAME_IDS))
    cursor.execute(staging.sql(_ANCESTORS), {"country": country})


_KEY = """
coalesce(nullif(btrim(commune_code), ''), nullif(btrim(commune_name), ''), nullif(%(place)s, ''),
         nullif(btrim(city), ''))
"""
_RESOLVE = f"""
WITH named AS MATERIALIZED (
    SELECT id, {_KEY} AS key, coalesce(nullif(btrim(commune_name), ''), {_KEY}) AS name FROM {{places}}
), coded AS MATERIALIZED (
    SELECT id, left(name, 120) AS name, %(prefix)s || CASE
               WHEN upper(replace(key, ' ', '')) ~ '^[A-Z0-9]{{{{1,8}}}}$' THEN upper(replace(key, ' ', ''))
               ELSE left(md5(fold(key)), 8) END AS code
    FROM named WHERE key IS NOT NULL
), wanted AS MATERIALIZED (
    SELECT code, min(name) AS name FROM coded GROUP BY code
), numbered AS MATERIALIZED (
    SELECT wanted.*,
           coalesce(known.id, nextval(pg_get_serial_sequence('contacts_territory', 'id'))) AS territory_id
    FROM wanted
    LEFT JOIN contacts_territory AS known ON known.kind = 'commune' AND known.code = wanted.code
)
UPDATE {{places}} AS place
SET territory_id = numbered.territory_id, insee = left(md5(numbered.code), 5), abroad_code = numbered.code,
    abroad_name = numbered.name
FROM coded JOIN numbered USING (code) WHERE coded.id = place.id
"""
_STATIONS = """
UPDATE {places} AS place
SET station_key = abroad_code || '-' || CASE
    WHEN char_length(abroad_code) + char_length(btrim(station_code)) <= %(longest)s THEN btrim(station_code)
    ELSE left(md5(btrim(station_code)), %(longest)s - char_length(abroad_code)) END
WHERE btrim(station_code) <> '' AND abroad_code IS NOT NULL
"""
_COUNTRY = """
WITH made AS (
    INSERT INTO contacts_territory (kind, code, name, article, postcodes)
    VALUES ('country', %s, %s, '', ARRAY[]::varchar[]) ON CONFLICT (kind, code) DO NOTHING RETURNING id
)
INSERT INTO contacts_territoryancestor (ancestor_id, descendant_id, depth) SELECT id, id, 0 FROM made
"""
_PLACES = """
INSERT INTO contacts_territory (id, kind, code, name, article, parent_id, postcodes)
SELECT DISTINCT ON (place.abroad_code)
       place.territory_id, 'commune', place.abroad_code, place.abroad_name, '', country.id, ARRAY[]::varchar[]
FROM {places} AS place
JOIN contacts_territory AS country ON country.kind = 'country' AND country.code = %(country)s
WHERE place.abroad_code IS NOT NULL ORDER BY place.abroad_code
ON CONFLICT DO NOTHING
"""
# Another import made the place since the preview.
_SAME_IDS = """
UPDATE {places} AS place SET territory_id = known.id
FROM contacts_territory AS known
WHERE known.kind = 'commune' AND known.code = place.abroad_code AND place.territory_id <> known.id
"""
_ANCESTORS = """
INSERT INTO contacts_territoryancestor (ancestor_id, descendant_id, depth)
SELECT DISTINCT territory_id, territory_id, 0 FROM {places} WHERE abroad_code IS NOT NULL
UNION
SELECT DISTINCT country.id, place.territory_id, 1
FROM {places} AS place
JOIN contacts_territory AS country ON country.kind = 'country' AND country.code = %(country)s
WHERE place.abroad_code IS NOT NULL
ON CONFLICT DO NOTHING
"""
