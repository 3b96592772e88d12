"""Find the commune (or municipal arrondissement) that people mean, and offer territories as they type.

One definition, in SQL, for one address and for a million: an INSEE code decides; else the postcode with the
name; else the start of the postcode with the name (CEDEX, wrong postcodes); else a postcode that belongs to
one commune; else, without a postcode, a name that France has once. A postcode or a department written with
the name counts when there is no other. What stays ambiguous finds nothing. Former communes lead to today's.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection
from django.db.models import BooleanField, Case, ExpressionWrapper, F, Q, QuerySet, Value, When

from contacts.enums import TerritoryKind
from contacts.folding import fold
from contacts.models import Territory
from contacts.territories.place_keys import clean_postcode

ARTICLES = ("", "le ", "la ", "les ", "l ")
SUGGESTIONS = 20


@dataclass(frozen=True)
class Resolution:
    """The territory found and the rule that found it (`TerritoryAlias.Rule`)."""

    territory_id: int
    rule: str


_RESOLUTION = """
WITH given AS MATERIALIZED (
    SELECT DISTINCT COALESCE({code}, '') AS code, COALESCE({postcode}, '') AS postcode,
           COALESCE({name}, '') AS name
    FROM {source}
), cleaned AS MATERIALIZED (
    SELECT code, postcode, name, clean_insee_code(code) AS code_key,
           COALESCE(NULLIF(clean_postcode(postcode), ''), written_with.hint, '') AS postcode_key,
           fold_place(name) AS name_key
    FROM given
    LEFT JOIN LATERAL (  -- "60021 BEAUVAIS CEDEX", "Saint-Denis (93)": what the name says of the postcode
        SELECT COALESCE(
            substring(name FROM '^\\s*(?:[Ff]-?)?([0-9]{{5}})\\s'),
            regexp_replace(upper(substring(name FROM '\\(\\s*([0-9]{{2,3}}|2[ABab])\\s*\\)')), '[AB]', '0')
        ) AS hint
    ) AS written_with ON clean_postcode(postcode) = ''
)
SELECT cleaned.code, cleaned.postcode, cleaned.name,
       COALESCE(by_code.territory_id, by_name_postcode.territory_id, by_name_department.territory_id,
                by_postcode.territory_id, by_name.territory_id) AS territory_id,
       COALESCE(by_code.rule, by_name_postcode.rule, by_name_department.rule, by_postcode.rule,
                by_name.rule) AS rule
FROM cleaned
LEFT JOIN contacts_territoryalias AS by_code
    ON by_code.rule = 'code' AND by_code.key = code_key
LEFT JOIN contacts_territoryalias AS by_name_postcode
    ON by_name_postcode.rule = 'name_postcode' AND by_name_postcode.key = postcode_key || ' ' || name_key
LEFT JOIN contacts_territoryalias AS by_name_department
    ON by_name_department.rule = 'name_department'
    AND by_name_department.key = left(
        postcode_key, CASE WHEN left(postcode_key, 2) IN ('97', '98') THEN 3 ELSE 2 END) || ' ' || name_key
LEFT JOIN contacts_territoryalias AS by_postcode
    ON by_postcode.rule = 'postcode' AND by_postcode.key = postcode_key
LEFT JOIN contacts_territoryalias AS by_name
    ON by_name.rule = 'name' AND by_name.key = name_key AND postcode_key = ''
"""


def resolution_sql(source: str, *, code: str = "''", postcode: str = "''", name: str = "''") -> str:
    """Return a SELECT of (code, postcode, name, territory_id, rule), one row a distinct triple of `source`.

    `source` is a table or a subquery with its alias; the others are SQL expressions of type text over it,
    as the file gave them. All are SQL of our own, never a person's text. Join the result back on the same
    expressions with COALESCE(…, ''); `territory_id` and `rule` are null where nothing was found. Only French
    addresses belong here: leave rows of another country out.
    """
    return _RESOLUTION.format(source=source, code=code, postcode=postcode, name=name)


def resolve_commune(*, code: str = "", postcode: str = "", name: str = "") -> Resolution | None:
    """Return the commune or arrondissement that one address means, or None when it is not certain."""
    query = resolution_sql(
        "(VALUES (%s, %s, %s)) AS given_values (code, postcode, name)",
        code="given_values.code",
        postcode="given_values.postcode",
        name="given_values.name",
    )
    with connection.cursor() as cursor:
        cursor.execute(query, [code, postcode, name])
        territory_id, rule = cursor.fetchone()[3:]
    return None if territory_id is None else Resolution(territory_id, rule)


def suggest_territories(
    typed: str, *, kinds: tuple[str, ...] = (), limit: int = SUGGESTIONS
) -> QuerySet[Territory]:
    """Return today's territories whose name begins with `typed`, or that have that code or postcode.

    Accents, case, hyphens and a leading article do not matter. Exact names first, then the most populated.
    """
    folded = fold(typed)
    found = Territory.objects.filter(replaced_by__isnull=True)
    if kinds:
        found = found.filter(kind__in=kinds)
    if not folded:
        return found.none()
    matches = _named(folded)
    if typed.strip().isascii() and any(character.isdigit() for character in typed):
        matches |= Q(code=typed.strip().upper())
        postcode = clean_postcode(typed)
        if postcode:
            matches |= Q(postcodes__contains=[postcode])
    exact = ExpressionWrapper(Q(name_folded__in=[article + folded for article in ARTICLES]), BooleanField())
    return found.filter(matches).order_by(
        Case(When(exact, then=Value(0)), default=Value(1)),
        F("population").desc(nulls_last=True),
        "kind",
        "code",
    )[:limit]


def suggest_absorbed(typed: str, *, limit: int = SUGGESTIONS) -> QuerySet[Territory]:
    """Return communes of that name or code that others have absorbed; each leads to its `replaced_by`."""
    folded = fold(typed)
    absorbed = Territory.objects.filter(replaced_by__isnull=False).select_related("replaced_by")
    if not folded:
        return absorbed.none()
    matches = _named(folded) | Q(code=typed.strip().upper())
    return absorbed.filter(matches).order_by("name_folded", "code")[:limit]


def _named(folded: str) -> Q:
    matches = Q()
    for article in ARTICLES:
        matches |= Q(name_folded__startswith=article + folded)
    return matches


PLACES_OF_RESIDENCE = (TerritoryKind.COMMUNE, TerritoryKind.MUNICIPAL_ARRONDISSEMENT)
"""Kinds a person's address can be in; give it to `suggest_territories` for an address form."""
