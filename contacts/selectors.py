"""Reads that span models: finding people and electors as somebody types; the fixed lists of a place.

Behind the wall of a scope the same searches are made by `crm_search` (`migrations/sql/scope.sql`), which
applies the scope itself: under a policy they would lose their indexes.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Count, Q

from campaign_crm.platform.caching import remembered
from campaign_crm.platform.models import User
from campaign_crm.platform.walls import current_scope
from contacts.models import Contact, ElectoralRegistration, List, ListMembership
from contacts.models.contact import ContactQuerySet
from contacts.models.list import ListQuerySet
from contacts.territories.cities import parts_of_city
from contacts.typed_words import Alternatives, search_terms, search_words

FOUND_AT_MOST = 50
COUNTS_KEPT_SECONDS = 60
LOOKED_AT = 400  # matches read before the best are chosen: bounds the work of "martin" or "lyon"
SHORT = 2  # letters of a word that is too common for the text index: it only narrows what others find

# Beginnings of names come from the ordered index. `~<~` is the order of that index, on any locale.
_BY_NAME = """
SELECT id FROM contacts_contact
WHERE name_folded LIKE %(prefix)s AND erased_at IS NULL {within}
ORDER BY name_folded USING ~<~, id LIMIT %(limit)s
"""
# A stub has no name of its own: it is found by its registration's, which is never copied.
_BY_REGISTRATION = """
SELECT contacts_contact.id FROM contacts_electoralregistration AS elector
JOIN contacts_contact ON contacts_contact.id = elector.contact_id AND is_stub AND erased_at IS NULL
WHERE elector.name_folded LIKE %(prefix)s AND elector.contact_id IS NOT NULL {within}
ORDER BY elector.name_folded USING ~<~, contacts_contact.id LIMIT %(limit)s
"""
_BY_EMAIL = """
SELECT contacts_contact.id FROM contacts_emailaddress AS email
JOIN contacts_contact ON contacts_contact.id = email.contact_id AND erased_at IS NULL
WHERE email.normalised LIKE %(prefix)s {within}
ORDER BY email.normalised USING ~<~, contacts_contact.id LIMIT %(limit)s
"""
# Words anywhere (names, e-mail, number, commune) come from the text index; only some matches are read.
_BY_WORDS = """
SELECT id FROM (
    SELECT id, name_folded FROM contacts_contact
    WHERE to_tsvector('simple'::regconfig, COALESCE(search_text, '')) @@ to_tsquery('simple', %(query)s)
      AND ' ' || search_text LIKE ALL (%(short)s) AND erased_at IS NULL {within}
    LIMIT %(looked_at)s
) AS matching
ORDER BY name_folded, id LIMIT %(limit)s
"""
_ELECTORS = """
SELECT id FROM contacts_electoralregistration
WHERE name_folded LIKE %(prefix)s {in_commune}
ORDER BY name_folded USING ~<~, id LIMIT %(limit)s
"""
_ELECTORS_BY_USED_NAME = """
SELECT id FROM contacts_electoralregistration
WHERE used_name <> '' AND fold(used_name || ' ' || first_names) LIKE %(prefix)s {in_commune}
ORDER BY fold(used_name || ' ' || first_names) USING ~<~, id LIMIT %(limit)s
"""


def search_contacts(
    text: str, *, within: ContactQuerySet | None = None, limit: int = FOUND_AT_MOST
) -> list[Contact]:
    """The people whose name, e-mail, phone or commune begins with each word typed, best first.

    Case, accents and order of words do not matter. At most `limit` of those in `within` (everybody): whoever
    finds too many types one more letter.
    """
    terms = search_terms(text)
    words = [term[0] for term in terms]
    if not words:
        return []
    try:
        narrowed, parameters = _narrowing(within)
    except EmptyResultSet:
        return []
    parameters["limit"] = limit
    if current_scope() is not None:
        return _people_of(_search_in_scope(text, terms, words, within, limit))
    ids: list[int] = []
    if "@" in text.strip("@ "):
        ids = _ids(_BY_EMAIL, narrowed, prefix=_beginning(text.strip().lower()), **parameters)
    else:
        prefix = _beginning(" ".join(words))
        for sql in (_BY_NAME, _BY_REGISTRATION):
            if len(ids) < limit:
                ids += _ids(sql, narrowed, prefix=prefix, **parameters)
        long_terms = [term for term in terms if len(term[0]) > SHORT]
        if len(ids) < limit and long_terms:
            ids += _ids(_BY_WORDS, narrowed, **_word_parameters(terms, long_terms), **parameters)
    return _people_of(list(dict.fromkeys(ids))[:limit])


def _people_of(ids: list[int]) -> list[Contact]:
    found = Contact.objects.select_related("commune").in_bulk(ids)
    return [found[pk] for pk in ids if pk in found]


def _search_in_scope(
    text: str, terms: list[Alternatives], words: list[str], within: ContactQuerySet | None, limit: int
) -> list[int]:
    """Ids of people of the scope; of `within` among the first `LOOKED_AT` that each search finds."""
    most = limit if within is None else LOOKED_AT
    if "@" in text.strip("@ "):
        ids = _in_scope("email", beginning=_beginning(text.strip().lower()), most=most)
    else:
        beginning = _beginning(" ".join(words))
        ids = _in_scope("name", beginning=beginning, most=most)
        ids += _in_scope("registration", beginning=beginning, most=most)
        long_terms = [term for term in terms if len(term[0]) > SHORT]
        if len(ids) < most and long_terms:
            asked = _word_parameters(terms, long_terms)
            ids += _in_scope("words", words=asked["query"], short=asked["short"], most=most)
    chosen = list(dict.fromkeys(ids))
    if within is not None:
        inside = set(within.order_by().filter(pk__in=chosen).values_list("pk", flat=True))
        chosen = [pk for pk in chosen if pk in inside]
    return chosen[:limit]


def search_electors(
    text: str, *, commune_id: int | None = None, born: date | None = None, limit: int = FOUND_AT_MOST
) -> list[ElectoralRegistration]:
    """Electors whose birth name or used name, then first names, begin with what was typed.

    "Camille Martin" is read as "Martin Camille" too: rolls begin with the name. A city is searched with its
    arrondissements. `born` narrows a search of the whole country only.
    """
    words = search_words(text)
    if not words:
        return []
    asked: dict[str, Any] = {"limit": limit}
    in_commune = ""
    if commune_id is not None:
        asked["communes"] = parts_of_city(commune_id)
        in_commune = "AND commune_id = ANY(%(communes)s)"
    if born is not None:
        asked["born"] = born
        in_commune += " AND birth_date = %(born)s"
    ids: list[int] = []
    for order in dict.fromkeys((" ".join(words), " ".join([words[-1], *words[:-1]]))):
        if current_scope() is not None:
            for kind in ("elector", "elector_used_name"):
                communes = asked.get("communes")
                ids += _in_scope(kind, beginning=_beginning(order), communes=communes, most=limit)
            continue
        for sql in (_ELECTORS, _ELECTORS_BY_USED_NAME):
            if len(ids) < limit:
                ids += _ids(sql, {"in_commune": in_commune}, prefix=_beginning(order), **asked)
    chosen = list(dict.fromkeys(ids))[:limit]
    related = ElectoralRegistration.objects.select_related("commune", "polling_station", "contact")
    found = related.in_bulk(chosen)
    return [found[pk] for pk in chosen if pk in found]


def _narrowing(within: ContactQuerySet | None) -> tuple[dict[str, str], dict[str, Any]]:
    """SQL and named parameters that keep a search inside a queryset; raises EmptyResultSet."""
    if within is None:
        return {"within": ""}, {}
    sql, values = within.order_by().values("pk").query.sql_with_params()
    names = iter(range(len(values)))
    clause = re.sub("%s", lambda _mark: f"%(within_{next(names)})s", sql)
    parameters = {f"within_{number}": value for number, value in enumerate(values)}
    return {"within": f"AND contacts_contact.id IN ({clause})"}, parameters


def _word_parameters(terms: list[Alternatives], long_terms: list[Alternatives]) -> dict[str, Any]:
    beginnings = (" | ".join(f"{_lexeme(word)}:*" for word in term) for term in long_terms)
    return {
        "query": " & ".join(f"({beginning})" for beginning in beginnings),
        "short": [f"% {_beginning(term[0])}" for term in terms if term not in long_terms],
        "looked_at": LOOKED_AT,
    }


def _beginning(text: str) -> str:
    """A LIKE pattern for texts that begin so."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"


def _lexeme(word: str) -> str:
    return "'" + word.replace("\\", "").replace("'", "") + "'"


def _in_scope(
    kind: str,
    *,
    most: int,
    beginning: str = "",
    words: str = "",
    short: list[str] | None = None,
    communes: list[int] | None = None,
) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT * FROM crm_search(%s, %s, %s, %s::text[], %s::bigint[], %s)",
            [kind, beginning, words, short or [], communes, most],
        )
        return [row[0] for row in cursor.fetchall()]


def _ids(sql: str, clauses: dict[str, str], **parameters: Any) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(sql.format(**clauses), parameters)
        return [row[0] for row in cursor.fetchall()]


def people_on_lists() -> dict[int, int]:
    """Number of people of the scope on each list that has some, a minute old at most: it reads every row."""
    return remembered("people-on-lists", seconds=COUNTS_KEPT_SECONDS, compute=_people_on_lists)


def lists_here(user: User | None = None) -> ListQuerySet:
    """Every fixed list; in a territory those with people of it, and those that `user` made.

    A name tells what people have in common: whoever is of a place reads those of that place.
    """
    if current_scope() is None:
        return List.objects.all()
    here = Q(pk__in=list(people_on_lists()))
    return List.objects.filter(here if user is None else here | Q(created_by=user))


def _people_on_lists() -> dict[int, int]:
    return dict(ListMembership.objects.values_list("list").annotate(Count("contact_id")))
