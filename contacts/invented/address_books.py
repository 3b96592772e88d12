"""Files of invented people as Google, Outlook and brokers write them, with their traps."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from contacts.invented.people import Person

GOOGLE = (
    "First Name,Middle Name,Last Name,Phonetic First Name,Phonetic Middle Name,Phonetic Last Name,"
    "Name Prefix,Name Suffix,Nickname,File As,Organization Name,Organization Title,Organization Department,"
    "Birthday,Notes,Photo,Labels,E-mail 1 - Label,E-mail 1 - Value,E-mail 2 - Label,E-mail 2 - Value,"
    "Phone 1 - Label,Phone 1 - Value,Address 1 - Label,Address 1 - Formatted,Address 1 - Street,"
    "Address 1 - City,Address 1 - PO Box,Address 1 - Region,Address 1 - Postal Code,Address 1 - Country,"
    "Address 1 - Extended Address"
).split(",")
GOOGLE_LEGACY = (
    "Name,Given Name,Additional Name,Family Name,Yomi Name,Given Name Yomi,Additional Name Yomi,"
    "Family Name Yomi,Name Prefix,Name Suffix,Initials,Nickname,Short Name,Maiden Name,Birthday,Gender,"
    "Location,Notes,Group Membership,E-mail 1 - Type,E-mail 1 - Value,Phone 1 - Type,Phone 1 - Value,"
    "Address 1 - Type,Address 1 - Formatted,Address 1 - Street,Address 1 - City,Address 1 - PO Box,"
    "Address 1 - Region,Address 1 - Postal Code,Address 1 - Country,Address 1 - Extended Address"
).split(",")
OUTLOOK_EN = (
    "Title,First Name,Middle Name,Last Name,Suffix,Company,Department,Job Title,Business Street,"
    "Business City,Business State,Business Postal Code,Business Country/Region,Home Street,Home Street 2,"
    "Home City,Home State,Home Postal Code,Home Country/Region,Business Phone,Home Phone,Mobile Phone,"
    "Birthday,Categories,E-mail Address,E-mail Type,E-mail Display Name,E-mail 2 Address,Gender"
).split(",")
OUTLOOK_FR = (
    "Titre,Prénom,Deuxième prénom,Nom,Suffixe,Société,Service,Titre,Rue (bureau),Ville (bureau),"
    "Dép/Région (bureau),Code postal (bureau),Pays/Région (bureau),Rue (domicile),Ville (domicile),"
    "Dép/Région (domicile),Code postal (domicile),Pays/Région (domicile),Téléphone (bureau),"
    "Téléphone (domicile),Tél. mobile,Adresse de messagerie,Type de messagerie,"
    "Nom complet de l'adresse de messagerie,Adresse de messagerie 2,Anniversaire,Catégories,Sexe"
).split(",")
BROKER = "CIVILITE NOM PRENOM ADR_MAIL MOBILE RUE CP VILLE DDN OPTIN_EMAIL DATE_COLLECTE".split()


def google(people: Iterable[Person]) -> list[Sequence[str]]:
    """Rows of today's Google export: labels end in Google's own, several values are joined by " ::: "."""
    return _rows(
        GOOGLE,
        people,
        lambda one: {
            "First Name": one.first_name,
            "Last Name": one.last_name,
            "Name Prefix": one.civility,
            "Birthday": _iso(one.born),
            "Labels": "Militants ::: * myContacts",
            "E-mail 1 - Label": "* Home",
            "E-mail 1 - Value": one.email,
            "Phone 1 - Label": "Mobile",
            "Phone 1 - Value": one.mobile,
            "Address 1 - Street": one.street,
            "Address 1 - City": one.city,
            "Address 1 - Postal Code": one.postcode,
            "Address 1 - Country": "FR",
        },
    )


def google_legacy(people: Iterable[Person]) -> list[Sequence[str]]:
    """Rows of Google's older export, which gives the whole name too."""
    return _rows(
        GOOGLE_LEGACY,
        people,
        lambda one: {
            "Name": one.full_name,
            "Given Name": one.first_name,
            "Family Name": one.last_name,
            "Birthday": _iso(one.born),
            "Group Membership": "* My Contacts ::: Élus",
            "E-mail 1 - Value": one.email,
            "Phone 1 - Value": one.mobile,
            "Address 1 - Street": one.street,
            "Address 1 - City": one.city,
            "Address 1 - Postal Code": one.postcode,
        },
    )


def outlook_en(people: Iterable[Person]) -> list[Sequence[str]]:
    """Rows of an English Outlook: American dates, 0/0/00 where there is none."""
    return _rows(
        OUTLOOK_EN,
        people,
        lambda one: {
            "First Name": one.first_name,
            "Last Name": one.last_name,
            "Job Title": "Teacher",
            "Home Street": one.street,
            "Home City": one.city,
            "Home Postal Code": one.postcode,
            "Mobile Phone": one.mobile,
            "Birthday": _american(one.born),
            "E-mail Address": one.email,
        },
    )


def outlook_fr(people: Iterable[Person]) -> list[Sequence[str]]:
    """Rows of a French Outlook: `Titre` comes twice, the title first and the job second."""
    everyone = list(people)
    rows = _rows(
        OUTLOOK_FR,
        everyone,
        lambda one: {
            "Prénom": one.first_name,
            "Nom": one.last_name,
            "Rue (domicile)": one.street,
            "Ville (domicile)": one.city,
            "Code postal (domicile)": one.postcode,
            "Tél. mobile": one.mobile,
            "Adresse de messagerie": one.email,
            "Anniversaire": one.born or "0/0/00",
        },
    )
    job = len(OUTLOOK_FR) - 1 - OUTLOOK_FR[::-1].index("Titre")
    pairs = zip(everyone, rows[1:], strict=True)
    return [rows[0], *([one.civility, *row[1:job], "Directrice", *row[job + 1 :]] for one, row in pairs)]


def broker(people: Iterable[Person], *, collected: str = "15/03/2025") -> list[Sequence[str]]:
    """Rows of a broker's file: columns of its own, one of which nobody can guess by its name."""
    return _rows(
        BROKER,
        people,
        lambda one: {
            "CIVILITE": one.civility,
            "NOM": one.last_name.upper(),
            "PRENOM": one.first_name,
            "ADR_MAIL": one.email,
            "MOBILE": one.mobile,
            "RUE": one.street,
            "CP": one.postcode,
            "VILLE": one.city,
            "DDN": one.born,
            "OPTIN_EMAIL": "oui",
            "DATE_COLLECTE": collected,
        },
    )


def write_csv(
    path: Path, rows: Iterable[Sequence[str]], *, delimiter: str = ",", encoding: str = "utf-8"
) -> None:
    """Write a file as these programs do, with CRLF line ends."""
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows(rows)


def _rows(
    header: Sequence[str], people: Iterable[Person], values: Callable[[Person], dict[str, str]]
) -> list[Sequence[str]]:
    return [list(header), *([given.get(name, "") for name in header] for given in map(values, people))]


def _iso(born: str) -> str:
    day, _slash, rest = born.partition("/")
    month, _slash, year = rest.partition("/")
    return f"{year}-{month}-{day}" if born else ""


def _american(born: str) -> str:
    day, _slash, rest = born.partition("/")
    month, _slash, year = rest.partition("/")
    return f"{int(month)}/{int(day)}/{year}" if born else "0/0/00"
