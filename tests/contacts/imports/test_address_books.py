"""Address books as programs export them, imported whole: every e-mail, number and address of interest."""

import pytest

from contacts.imports.layouts import Format
from contacts.models import Contact, Import
from tests.support.imports import import_file, write_rows

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _places(places):
    """Every test of this module has the places."""


@pytest.fixture
def imported(tmp_path, book):
    """Import one person: values by the names of the columns, or (name, place) where a name comes twice."""

    def run(header: str, values: dict[str, str], *, delimiter=",", encoding="utf-8") -> Import:
        names = header.split("|")
        row = [values.get(name, "") for name in names]
        path = write_rows(tmp_path / "book.csv", [names, row], delimiter=delimiter, encoding=encoding)
        done = import_file(path, kind="address-book", source=book)
        assert done.state == Import.State.DONE, done.error
        assert done.counts["new"] == 1
        return done

    return run


def facts() -> dict[str, object]:
    person = Contact.objects.get()
    return {
        "name": f"{person.first_name} {person.last_name}",
        "born": str(person.birth_date or ""),
        "emails": set(person.emailaddress_set.values_list("normalised", flat=True)),
        "phones": set(person.phonenumber_set.values_list("e164", flat=True)),
        "homes": {f"{one.line1}, {one.postcode} {one.city}" for one in person.postaladdress_set.all()},
        "tags": set(person.tag_links.values_list("tag__name", flat=True)),
    }


GOOGLE = (
    "First Name|Middle Name|Last Name|Phonetic First Name|"
    "Phonetic Middle Name|Phonetic Last Name|Name Prefix|"
    "Name Suffix|Nickname|File As|Organization Name|"
    "Organization Title|Organization Department|Birthday|Notes|"
    "Photo|Labels|E-mail 1 - Label|E-mail 1 - Value|E-mail 2 - Label|E-mail 2 - Value|Phone 1 - Label|"
    "Phone 1 - Value|Phone 2 - Label|Phone 2 - Value|"
    "Address 1 - Label|Address 1 - Formatted|Address 1 - Street|"
    "Address 1 - City|Address 1 - PO Box|Address 1 - Region|Address 1 - Postal Code|Address 1 - Country|"
    "Address 1 - Extended Address|Address 2 - Label|Address 2 - Formatted|Website 1 - Label|Website 1 - Value"
)


def test_google_contacts(imported) -> None:
    run = imported(
        GOOGLE,
        {
            "First Name": "Léa",
            "Last Name": "Martin",
            "Organization Name": "Mairie",
            "Birthday": "1980-05-17",
            "Labels": "Bénévoles ::: * myContacts",
            "E-mail 1 - Label": "* Home",
            "E-mail 1 - Value": "lea@example.org ::: l.martin@example.org",
            "E-mail 2 - Value": "lea@example.com",
            "Phone 1 - Label": "Mobile",
            "Phone 1 - Value": "06 39 98 12 34",
            "Phone 2 - Value": "+33 1 99 00 12 34",
            "Address 1 - Street": "12 rue des Lilas",
            "Address 1 - City": "Beauvais",
            "Address 1 - Postal Code": "60000",
            "Address 2 - Formatted": "1 place du Marché\n60100 Creil\nFrance",
        },
    )
    assert run.layout["format"] == Format.GOOGLE
    assert facts() == {
        "name": "Léa Martin",
        "born": "1980-05-17",
        "emails": {"lea@example.org", "l.martin@example.org", "lea@example.com"},
        "phones": {"+33639981234", "+33199001234"},
        "homes": {"12 rue des Lilas, 60000 Beauvais", "1 place du Marché, 60100 Creil"},
        "tags": {"Bénévoles"},
    }


def test_google_contacts_as_they_were_exported_before(imported) -> None:
    run = imported(
        "Name|Given Name|Additional Name|Family Name|Yomi Name|"
        "Birthday|Gender|Group Membership|E-mail 1 - Type|"
        "E-mail 1 - Value|Phone 1 - Type|Phone 1 - Value|Address 1 - Type|Address 1 - Formatted",
        {
            "Name": "Léa Jane Martin",
            "Given Name": "Léa",
            "Additional Name": "Jane",
            "Family Name": "Martin",
            "Group Membership": "* myContacts ::: Oise",
            "E-mail 1 - Value": "lea@example.org",
            "Phone 1 - Value": "0639981234",
            "Address 1 - Formatted": "12 rue des Lilas, 60000 Beauvais, France",
        },
    )
    assert run.layout["format"] == Format.GOOGLE_LEGACY
    assert facts() | {"born": ""} == {
        "name": "Léa Martin",
        "born": "",
        "emails": {"lea@example.org"},
        "phones": {"+33639981234"},
        "homes": {"12 rue des Lilas, 60000 Beauvais"},
        "tags": {"Oise"},
    }


OUTLOOK_FR = (
    "Titre|Prénom|Deuxième prénom|Nom|Suffixe|Société|Service|Fonction|Rue (bureau)|Ville (bureau)|"
    "Code postal (bureau)|Pays/Région (bureau)|Rue (domicile)|Rue (domicile) 2|Ville (domicile)|"
    "Dép/Région (domicile)|Code postal (domicile)|Pays/Région (domicile)|Rue (autre)|Ville (autre)|"
    "Code postal (autre)|Pays/Région (autre)|Télécopie (bureau)|Téléphone (bureau)|Téléphone (domicile)|"
    "Tél. mobile|Téléphone principal|{email}|Type de messagerie|{email} 2|Anniversaire|Catégories"
)
OUTLOOK_EN = (
    "{title}First Name|Middle Name|Last Name|Suffix|Company|"
    "Department|Job Title|Business Street|Business City|"
    "Business Postal Code|Business Country/Region|Home Street|Home City|Home State|Home Postal Code|"
    "Home Country/Region|Other Street|Other City|Other Postal Code|Business Fax|Business Phone|Home Phone|"
    "Home Phone 2|Mobile Phone|Other Phone|Primary Phone|Birthday|Categories|E-mail Address|E-mail Type|"
    "E-mail 2 Address|E-mail 3 Address|Notes"
)
IN_OUTLOOK = {
    "name": "Léa Martin",
    "born": "1980-05-17",
    "emails": {"lea@example.org", "lea@example.com"},
    "phones": {"+33639981234", "+33199001234"},
    "homes": {"12 rue des Lilas, 60000 Beauvais", "1 rue du Port, 60100 Creil"},
    "tags": {"Amis", "Oise"},
}


@pytest.mark.parametrize("email", ["Adresse de messagerie", "Adresse de courrier"], ids=["older", "newer"])
def test_outlook_in_french(imported, email) -> None:
    run = imported(
        OUTLOOK_FR.format(email=email),
        {
            "Titre": "Mme",
            "Prénom": "Léa",
            "Nom": "Martin",
            "Rue (bureau)": "3 avenue du Travail",
            "Ville (bureau)": "Paris",
            "Code postal (bureau)": "75001",
            "Rue (domicile)": "12 rue des Lilas",
            "Ville (domicile)": "Beauvais",
            "Code postal (domicile)": "60000",
            "Rue (autre)": "1 rue du Port",
            "Ville (autre)": "Creil",
            "Code postal (autre)": "60100",
            "Télécopie (bureau)": "01 99 00 99 99",
            "Téléphone (domicile)": "01 99 00 12 34",
            "Tél. mobile": "06 39 98 12 34",
            email: "lea@example.org",
            "Type de messagerie": "SMTP",
            f"{email} 2": "lea@example.com",
            "Anniversaire": "17/05/1980",
            "Catégories": "Amis;Oise",
        },
        encoding="cp1252" if email == "Adresse de messagerie" else "utf-8-sig",
    )
    assert run.layout["format"] == Format.OUTLOOK_FR
    assert facts() == IN_OUTLOOK
    assert Contact.objects.get().gender == "F"
    assert Contact.objects.get().commune.name == "Beauvais"  # never the place of work


@pytest.mark.parametrize("title", ["Title|", ""], ids=["classic", "outlook.com"])
def test_outlook_in_english(imported, title) -> None:
    run = imported(
        OUTLOOK_EN.format(title=title),
        {
            "First Name": "Léa",
            "Last Name": "Martin",
            "Business Street": "3 avenue du Travail",
            "Business City": "Paris",
            "Home Street": "12 rue des Lilas",
            "Home City": "Beauvais",
            "Home Postal Code": "60000",
            "Other Street": "1 rue du Port",
            "Other City": "Creil",
            "Other Postal Code": "60100",
            "Business Fax": "01 99 00 99 99",
            "Home Phone": "01 99 00 12 34",
            "Mobile Phone": "06 39 98 12 34",
            "Birthday": "5/17/1980",
            "Categories": "Amis;Oise",
            "E-mail Address": "lea@example.org",
            "E-mail Type": "SMTP",
            "E-mail 2 Address": "lea@example.com",
        },
    )
    assert run.layout["format"] == Format.OUTLOOK_EN
    assert run.layout["month_first"] is True
    assert facts() == IN_OUTLOOK


@pytest.mark.parametrize(
    ("header", "values"),
    [
        (
            "First Name|Last Name|Display Name|Nickname|Primary Email|Secondary Email|Screen Name|Work Phone|"
            "Home Phone|Fax Number|Pager Number|Mobile Number|"
            "Home Address|Home Address 2|Home City|Home State|"
            "Home ZipCode|Home Country|Work Address|Work City|"
            "Work ZipCode|Birth Year|Birth Month|Birth Day|Notes",
            "Léa|Martin|Léa M.|Lilou|lea@example.org|lea@example.com|"
            "|01 99 00 12 34||01 99 00 99 99||06 39 98 12 34|"
            "12 rue des Lilas||Beauvais||60000||3 avenue du Travail|Paris|75001|1980|5|17|",
        ),
        (
            "Prénom|Nom de famille|Nom à afficher|Surnom|Première adresse électronique|"
            "Adresse électronique secondaire|Tél. professionnel|Tél. personnel|Numéro de portable|"
            "Adresse personnelle|Adresse personnelle 2|Ville|Code postal|Pays|Année de naissance|"
            "Mois de naissance|Jour de naissance",
            "Léa|Martin|Léa M.|Lilou|lea@example.org|lea@example.com|"
            "01 99 00 12 34||06 39 98 12 34|12 rue des Lilas||"
            "Beauvais|60000||1980|05|17",
        ),
    ],
    ids=["in English", "in French"],
)
def test_thunderbird(imported, header, values) -> None:
    run = imported(header, dict(zip(header.split("|"), values.split("|"), strict=True)))
    assert run.layout["format"] == Format.THUNDERBIRD
    assert facts() == IN_OUTLOOK | {"homes": {"12 rue des Lilas, 60000 Beauvais"}, "tags": set()}


def test_contacts_of_a_mac_written_as_a_table(imported) -> None:
    imported(
        "First name|Last name|Birthday|Phone : mobile|Phone : home|Email : home|Email : work|"
        "Address : home : Street|Address : home : City|Address : home : ZIP|Address : home : Country|"
        "Address : work : Street|Address : work : City",
        {
            "First name": "Léa",
            "Last name": "Martin",
            "Birthday": "1980-05-17",
            "Phone : mobile": "06 39 98 12 34",
            "Phone : home": "01 99 00 12 34",
            "Email : home": "lea@example.org",
            "Email : work": "lea@example.com",
            "Address : home : Street": "12 rue des Lilas",
            "Address : home : City": "Beauvais",
            "Address : home : ZIP": "60000",
            "Address : work : Street": "3 avenue du Travail",
            "Address : work : City": "Paris",
        },
        delimiter="\t",
    )
    assert facts() == IN_OUTLOOK | {"homes": {"12 rue des Lilas, 60000 Beauvais"}, "tags": set()}


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_a_list_of_e_mails_alone(tmp_path, book, delimiter) -> None:
    rows = [["lea@example.org"], ["jean@example.org"], ["LEA@example.org"]]
    path = write_rows(tmp_path / "emails.txt", rows, delimiter=delimiter)
    run = import_file(path, kind="address-book", source=book)
    assert (run.counts["new"], run.counts["duplicate"]) == (2, 1)


def test_an_office_a_fax_and_a_wedding_are_not_taken_for_what_they_look_like(imported) -> None:
    values = {
        "Prénom": "Léa",
        "Nom": "Martin",
        "E-mail": "lea@example.org",
        "Télécopie": "0199001234",
        "Business Postal Code": "75001",
        "Work ZipCode": "75001",
        "Code postal (bureau)": "75001",
        "Anniversary": "2001-02-03",
        "Pager": "0199001235",
    }
    run = imported("|".join(values), values)
    assert run.mapping == {"0": "first_name", "1": "last_name", "2": "email"}


@pytest.mark.parametrize("word", ["Label", "Type"], ids=["current", "legacy"])
@pytest.mark.parametrize("work", ["Work", "* Work", "Bureau", "Travail"])
def test_an_address_that_google_labels_as_work_says_nothing_of_where_somebody_lives(
    imported, word, work
) -> None:
    values = {
        "First Name": "Léa",
        "Last Name": "Martin",
        "E-mail 1 - Value": "lea@example.org",
        f"Phone 1 - {word}": "Work Fax",
        "Phone 1 - Value": "01 99 00 12 35",
        f"Phone 2 - {word}": "Work",
        "Phone 2 - Value": "01 99 00 12 34",
        f"Address 1 - {word}": work,
        "Address 1 - Formatted": "3 avenue du Travail\n75001 Paris\nFrance",
        "Address 1 - Street": "3 avenue du Travail",
        "Address 1 - City": "Paris",
        "Address 1 - Postal Code": "75001",
        f"Address 2 - {word}": "Home",
        "Address 2 - Street": "12 rue des Lilas",
        "Address 2 - City": "Beauvais",
        "Address 2 - Postal Code": "60000",
    }
    imported("|".join(values), values)
    assert facts()["homes"] == {"12 rue des Lilas, 60000 Beauvais"}
    assert facts()["phones"] == {"+33199001234"}
    assert Contact.objects.get().commune.name == "Beauvais"
