"""What a reader's data becomes in a message."""

from dataclasses import replace

import pytest

from messaging.content.fields import FIELDS, author_names, example_values, extra_field
from messaging.content.recipients import OrganisationData, RecipientData, greeting_of, recipient_context


@pytest.mark.parametrize(
    ("language", "gender", "first_name", "expected"),
    [
        ("fr", "M", "Pierre", "Cher Pierre,"),
        ("fr", "F", "Marie", "Chère Marie,"),
        ("fr", "", "Camille", "Bonjour Camille,"),
        ("fr", "F", "", "Bonjour,"),
        ("en", "F", "Marie", "Dear Marie,"),
        ("en", "", "Camille", "Hello Camille,"),
        ("en", "", "", "Hello,"),
        ("de", "M", "Pierre", "Cher Pierre,"),
        ("fr", "F", "{} {0.__class__}", "Chère {} {0.__class__},"),
    ],
)
def test_a_greeting_follows_language_gender_and_name(language, gender, first_name, expected):
    assert greeting_of(RecipientData(language=language, gender=gender, first_name=first_name)) == expected


def test_a_context_holds_the_whole_catalogue(reader, organisation):
    assert set(recipient_context(reader, organisation)) == {field.name for field in FIELDS}
    assert set(recipient_context(RecipientData(), organisation)) == {field.name for field in FIELDS}


def test_a_known_reader(reader, organisation):
    context = recipient_context(reader, organisation)
    assert {
        name: context[name] for name in ("civility", "civility_long", "full_name", "used_name", "last_name")
    } == {
        "civility": "Mme",
        "civility_long": "Madame",
        "full_name": "Zoé Martin",
        "used_name": "Martin",
        "last_name": "Lefèvre",
    }
    assert (context["commune_at"], context["department_at"], context["region_of"]) == (
        "à Beauvais",
        "dans l'Oise",
        "des Hauts-de-France",
    )
    assert (context["event_title"], context["department_code"]) == ("Réunion publique", "60")


def test_what_is_not_known_is_none_and_not_an_empty_text(organisation):
    context = recipient_context(RecipientData(), organisation)
    empty = {name for name, value in context.items() if value is None}
    assert {"first_name", "civility", "commune_at", "event_title", "event_url", "department_code"} <= empty
    assert context["greeting"] == "Bonjour,"


def test_codes_of_place_are_read_only_with_the_consent_to_targeting(reader, organisation):
    context = recipient_context(replace(reader, targeting=False), organisation)
    assert (context["department_code"], context["region_code"]) == (None, None)
    assert context["department_at"] == "dans l'Oise"


def test_a_persons_own_title_wins(organisation):
    assert recipient_context(RecipientData(gender="F", civility="Dre"), organisation)["civility"] == "Dre"


def test_extra_fields_come_under_their_slug_and_long_values_are_cut(organisation):
    context = recipient_context(RecipientData(extra={"metier": "x" * 5_000, "ville": ""}), organisation)
    assert len(context["extra_metier"]) == 2_000
    assert context["extra_ville"] is None


def test_values_are_plain(reader, organisation):
    assert {type(value) for value in recipient_context(reader, organisation).values()} <= {
        str,
        bool,
        type(None),
    }


def test_every_variable_has_a_label_and_an_example():
    for field in FIELDS:
        assert str(field.label)
        assert field.liquid == f"{{{{ {field.name} }}}}"
        assert field.example or not field.in_picker
    assert set(example_values()) >= {field.name for field in FIELDS}
    assert set(example_values(known=False)) == set(example_values())


def test_only_consented_codes_of_place_may_be_compared():
    shown_only = author_names().shown_only
    assert {"commune_name", "region_of", "polling_station", "constituency"} <= shown_only
    assert not {"department_code", "region_code", "first_name"} & shown_only


def test_an_extra_field_is_a_variable_of_its_own():
    assert extra_field("metier", "Métier").name == "extra_metier"
    assert "extra_metier" in author_names(("metier",)).known
    with pytest.raises(ValueError, match="slug"):
        extra_field("é }}", "x")


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("MARIE-CLAIRE", "Marie-Claire"),
        ("D'ARTAGNAN", "D'Artagnan"),
        ("L’ÉTOILE", "L’Étoile"),
        ("ÉLÉONORE ANNE", "Éléonore Anne"),
        ("McDonald", "McDonald"),
        ("d'Ormesson", "d'Ormesson"),
        ("J.-P.", "J.-P."),
        ("K", "K"),
        ("", ""),
    ],
)
def test_names_in_capitals_are_written_as_names(written, shown):
    context = recipient_context(
        RecipientData(first_name=written, last_name=written, used_name=written), OrganisationData("C")
    )
    assert (context["first_name"] or "") == shown
    assert (context["last_name"] or "") == shown
    assert (context["used_name"] or "") == shown
    if len(shown) > 1:
        assert context["greeting"] == f"Bonjour {shown},"
        assert context["full_name"] == f"{shown} {shown}"
