"""`fold` in Python and in SQL are one function."""

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contacts.folding import COMBINING, LETTERS, LIGATURES, OTHER_SEPARATORS, fold

ODD_LETTERS = "".join(LETTERS.values()) + "".join(LIGATURES) + COMBINING + OTHER_SEPARATORS
text = st.text(
    st.one_of(
        st.characters(exclude_categories=["Cs", "Cc"]),
        st.sampled_from(ODD_LETTERS),
        st.sampled_from(" -'A\t\n"),
    )
)
# Nearly always these letters: what the short ways of the SQL function take, and what they must leave.
names = st.text(st.sampled_from("aZzéÈçôÿñ -',\n"), max_size=12)


def fold_in_sql(value: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT fold(%s)", [value])
        return cursor.fetchone()[0]


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("Éric D'Ÿs-Œuvre", "eric d ys oeuvre"),
        ("  Jean--Pierre  ", "jean pierre"),
        ("L’HAŸ-LES-ROSES", "l hay les roses"),
        ("ÎLE\u00a0DE", "ile de"),
        ("e\u0301a", "ea"),
        ("Straße", "strasse"),
        ("", ""),
        ("DUPRÉ, Marie-Françoise", "dupre marie francoise"),
        ("Anne , Éva", "anne eva"),
        ("O'Neil, ", "o neil"),
        ("Ωmega", "Ωmega"),  # letters of other scripts stay
    ],
)
def test_fold_makes_spellings_comparable(written: str, folded: str) -> None:
    assert fold(written) == folded


@pytest.mark.django_db
@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=text | names)
def test_fold_is_the_same_in_python_and_in_sql(value: str) -> None:
    assert fold_in_sql(value) == fold(value)


@given(value=text)
def test_folding_twice_changes_nothing_more(value: str) -> None:
    assert fold(fold(value)) == fold(value)
