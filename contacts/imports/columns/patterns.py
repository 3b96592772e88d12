"""Names of columns that follow a rule: a kind, then a label, as address books of phones and macOS write them.

"Phone : mobile", "Email (home)", "Address : home : City", "E-mail 3". A work address is nobody's home: it
says nothing of where somebody votes, and is left for a person to choose.
"""

from __future__ import annotations

import re

_LABEL = (
    r"(?: (?:home|work|mobile|main|iphone|other|personal|primary|secondary|domicile|maison|bureau|travail"
    r"|professionnel|personnel|portable|principal|principale|secondaire|autre|[0-9]))"
)
_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(rf"(?:e ?mail|mail|courriel|adresse e ?mail|email address){_LABEL}{{1,2}}(?: value)?"),
        "email",
    ),
    (
        re.compile(rf"(?:phone|telephone|tel|mobile|portable|phone number){_LABEL}{{1,2}}(?: value)?"),
        "phone",
    ),
    (re.compile(r"(?:postal )?address (?:home|1)(?: 1)? street(?: address)?"), "street_1"),
    (re.compile(r"(?:postal )?address (?:home|1)(?: 1)? city"), "city_1"),
    (
        re.compile(r"(?:postal )?address (?:home|1)(?: 1)? (?:zip|zip code|postal code|postcode)"),
        "postcode_1",
    ),
    (re.compile(r"(?:postal )?address (?:home|1)(?: 1)? country(?: region)?"), "country_1"),
    (re.compile(r"adresse (?:domicile|personnelle|maison) rue"), "street_1"),
    (re.compile(r"adresse (?:domicile|personnelle|maison) ville"), "city_1"),
    (re.compile(r"adresse (?:domicile|personnelle|maison) code postal"), "postcode_1"),
)


def by_pattern(name: str) -> str | None:
    """Return the field of a folded name that follows one of the rules, or None."""
    return next((field for rule, field in _RULES if rule.fullmatch(name)), None)


# Columns that look like what they are not: a fax is no phone, a wedding no birthday, an office no home. Their
# values would recognise themselves; they are left out until a person says otherwise.
_NOT_THEIRS = re.compile(
    r".*\b(?:fax|telecopie|telecopieur|pager|radiomessagerie|telex|tdd|isdn|rnis|assistant|assistante"
    r"|manager|responsable|company main|telephone societe|callback|rappel|anniversary|mariage|spouse|conjoint"
    r"|children|enfants|created|modified|added|updated|last changed|creation|modification)\b.*"
    r"|(?:business|work|office|company|organization|organisation)\b.*(?:street|address|city|zip|zipcode"
    r"|postal code|postcode|country|state|po box).*"
    r"|(?:rue|ville|code postal|pays|adresse|dep region|bp)\b.*(?:bureau|professionnelle|travail).*"
    r"|address work .*"
    # Google's lists of things that are no contact point of the person.
    r"|(?:event|custom field|relation|website|im|external id|jot|calendar link|sip) [0-9]+ .*"
)


def is_not_theirs(name: str) -> bool:
    """True when a folded name says that the column is not a home, a phone or a birthday of the person."""
    return _NOT_THEIRS.fullmatch(name) is not None


# Names that say what their values are not, however much they look like it. A number of a member, of a company
# or of a file is no phone and no postcode; a day of joining or giving is no birthday.
_NUMBERED = re.compile(
    r"\b(?:id[a-z]*|[a-z]*id|ref|reference|references|code|codes|n|no|nr|num|numero|numeros|number|siret|siren"
    r"|adherent|adherente|adherents|matricule|licence|license|carte|card|compte|account|dossier|facture"
    r"|invoice|commande|order|insee|rna|tva|vat|iban|rib|montant|amount|total|prix|price|solde|score|points"
    r"|nombre|nb|quantite|latitude|longitude|lat|lng|lon|ip)\b"
)
_OF_THE_PERSON = {
    "phone": re.compile(r"\b(?:tel|telephone|phone|mobile|portable|gsm|fixe|cell|whatsapp|appel)\b"),
    "postcode_1": re.compile(r"\b(?:postal|postale|postcode|cp|zip)\b"),
    "birth_date": re.compile(r"\b(?:naissance|ne|nee|birth|birthdate|birthday|born|ddn|dob|anniversaire)\b"),
}
_DAY_OF_SOMETHING_ELSE = re.compile(
    r"\b(?:adhesion|adherent|adherente|don|dons|donation|donations|gift|cotisation|cotisations|versement"
    r"|paiement|payment|reglement|achat|purchase|commande|order|facture|invoice|connexion|login|connection"
    r"|inscription|inscrit|inscrite|registered|registration|signup|subscribed|abonnement|desabonnement"
    r"|creation|cree|creee|ajout|maj|modif|import|export|signature|signed|petition|consentement|consent"
    r"|optin|collecte|evenement|event|visite|visit|appel|call|envoi|sent|ouverture|open|clic|click|contacte"
    r"|depuis|since|debut|start|fin|end|echeance|expiration|expire|expires|renouvellement|renewal|joined|join"
    r"|membership|member|membre|entree|arrivee|sortie|depart|deces|deceased|election|mandat|vote|last|dernier"
    r"|derniere|first|premier|premiere|demenagement|rdv|rendez|embauche|diplome)\b"
)


def says_otherwise(name: str, field: str) -> bool:
    """True when a folded name says that the column does not hold what its values look like."""
    own = _OF_THE_PERSON.get(field)
    if own is None or own.search(name):
        return False
    return bool(_NUMBERED.search(name) or (field == "birth_date" and _DAY_OF_SOMETHING_ELSE.search(name)))
