"""Names of extra fields that tell what nobody may be chosen by, in French and English."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.utils.translation import override

from contacts.enums import Channel, TargetingClass
from contacts.imports.checks import check_mapping
from contacts.imports.errors import WrongColumns
from contacts.models import CustomField, Import
from contacts.rules.forbidden import forbidden_matter
from contacts.segments.conditions import find_condition
from contacts.services.extra_fields import save_extra_field

REFUSED = [
    *("Nationalité", "nationality", "Lieu de naissance", "Place of birth", "Né(e) à", "Pays d’origine"),
    *("Religion", "Confession", "Pratiquant d'un culte", "Origine ethnique", "Consonance du nom"),
    *(
        "Opinion",
        "Intention de vote",
        "Support level",
        "Sensibilité politique",
        "A voté pour nous : vote pour",
    ),
    *("Syndicat", "Handicap", "État de santé", "Orientation sexuelle", "Political views"),
]
TAKEN = [
    *("Disponibilité", "A un véhicule", "Shirt size", "Métier", "Job", "Embrace"),
    *("Français de l’étranger", "Origine du contact", "Santé (thème qui l'intéresse)", "Foire", "Course"),
    *("Néanmoins", "Gifts", "Met on", "Parrain", "Langue parlée", "Numéro d’adhérent"),
]


@pytest.mark.parametrize("name", REFUSED)
def test_a_forbidden_matter_is_no_name_of_an_extra_field(name: str) -> None:
    assert forbidden_matter(name)


@pytest.mark.parametrize("name", TAKEN)
def test_other_names_are_taken(name: str) -> None:
    assert forbidden_matter(name) == ""


@pytest.mark.parametrize(("language", "said"), [("en", "No extra field holds"), ("fr", "Aucun champ")])
def test_the_definition_says_why_in_both_languages(language: str, said: str) -> None:
    with pytest.raises(ValidationError) as refused:
        CustomField(key="origin", label="Nationalité").clean()
    with override(language):
        assert said in refused.value.messages[0]
    for field in (
        CustomField(key="religion", label="A field"),
        CustomField(key="group", label="Group", kind="choice", choices=["Catholique", "Musulman"]),
    ):
        with pytest.raises(ValidationError):
            field.clean()


def test_a_field_of_before_chooses_nobody_on_any_channel(db: None) -> None:
    CustomField.objects.create(key="religion", label="Religion")
    condition = find_condition("extra.religion")
    assert condition is not None
    assert condition.class_for("is", "x") == TargetingClass.FORBIDDEN
    assert condition.refused_on("is", "x") == frozenset(Channel)


def test_no_field_of_that_name_is_written_whoever_asks(db: None) -> None:
    with pytest.raises(ValidationError, match="Aucun champ supplémentaire"):
        save_extra_field(field=CustomField(key="faith", label="Faith"), by=None)
    saved = save_extra_field(field=CustomField(key="job", label="Job"), by=None)
    saved.label = "Ethnic origin"
    with pytest.raises(ValidationError, match="Aucun champ supplémentaire"):
        save_extra_field(field=saved, by=None)
    assert list(CustomField.objects.values_list("label", flat=True)) == ["Job"]


@pytest.mark.parametrize("field", ["custom.notes", "tags", "lists", "custom.religion"])
def test_no_column_of_a_file_brings_it_in_under_another_name(db: None, field: str) -> None:
    CustomField.objects.create(key="notes", label="Notes")
    CustomField.objects.create(key="religion", label="Religion")
    column = "Any" if field == "custom.religion" else "Nationalité"
    run = Import(kind="address-book", layout={"header": ["Nom", column]}, options={})
    with pytest.raises(WrongColumns, match="pas importé comme champ supplémentaire"):
        check_mapping(run, {0: "last_name", 1: field})
    check_mapping(run, {0: "last_name", 1: "birth_place"})
