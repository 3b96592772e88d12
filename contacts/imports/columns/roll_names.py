"""Columns of electoral rolls: the national register's export, its variants, the ministry's layout of 2013."""

from __future__ import annotations

NAMES: dict[str, tuple[str, ...]] = {
    "commune_code": (
        "code du l ugle",  # sic: the export's own spelling
        "code de l ugle",
        "code ugle",
        "code de la commune",
        "code insee",
        "code commune",
        "codecommune",
    ),
    "department_code": ("code departement", "codedepartement", "code du departement"),
    "commune_name": ("libelle de l ugle", "libelle du l ugle", "libelle ugle", "nomcommune"),
    "roll_kind": ("libelle du type de liste", "type de liste", "typeliste", "code du type de liste"),
    "list_day": (
        "datecreationliste",
        "date creation liste",
        "date de creation de la liste",
        "date de la liste",
        "date d arret de la liste",
    ),
    "birth_name": ("nom de naissance", "nomdenaissance"),
    "used_name": ("nom d usage", "nom usage", "nomdusage"),
    "first_names": ("prenoms", "prenom", "prenom s"),
    "gender": ("sexe",),
    "birth_date": ("date de naissance", "datedenaissance"),
    "birth_place_code": ("code commune de naissance", "code de la commune de naissance"),
    "birth_place": ("libelle commune de naissance", "commune de naissance", "nomcomnaissance"),
    "birth_department": (
        "code departement de naissance",
        "code du departement de naissance",
        "deptnaissance",
    ),
    "birth_country": ("pays de naissance", "libelle pays de naissance", "paysnaissance"),
    "street_number": ("numero de voie", "numero de la voie", "numerovoie"),
    "street_kind": ("type de voie", "typevoie"),
    "street": ("libelle de voie", "libelle de la voie", "libellevoie"),
    "complement": ("complement 1", "complement de localisation 1", "complementdelocalisation1"),
    "complement_2": ("complement 2", "complement de localisation 2", "complementdelocalisation2"),
    "locality": ("lieu dit", "lieudit"),
    "postcode": ("code postal", "codepostal"),
    "city": ("commune", "libelle commune", "ville", "villelocalite"),
    "country": ("pays",),
    "station_code": (
        "code du bureau de vote",
        "code bureau de vote",
        "numero du bureau de vote",
        "numero de bureau de vote",
        "n du bureau de vote",
        "nobureaudevote",
        "n bureau",
        "no bureau",
        "numero bureau",
    ),
    "station_name": ("libelle du bureau de vote", "nombureaudevote"),
    "constituency": (
        "code circonscription legislative du bureau de vote",
        "circonscription legislative du bureau de vote",
        "codecirconscription",
        "libelle circonscription legislative du bureau de vote",
        "libelle de la circonscription legislative du bureau de vote",
    ),
    "canton_code": ("code canton du bureau de vote", "code du canton du bureau de vote", "codecanton"),
    "canton_name": ("libelle canton du bureau de vote", "libelle du canton du bureau de vote"),
    "order_number": (
        "numero d ordre dans le bureau de vote",
        "numero d ordre",
        "n d ordre",
        "no d ordre",
        "numero electeur",
        "numero d electeur",
        "n electeur",
        "n d electeur",
        "noelecteurgeneral",
    ),
}
FIELD_OF: dict[str, str] = {name: field for field, names in NAMES.items() for name in names}

# Names that town halls give, and others too: they count where no surer name holds the field.
WEAK_FIELD_OF: dict[str, str] = {
    "nom": "birth_name",
    "bureau de vote": "station_code",
    "bureau": "station_code",
}


def fields_of(names: list[str]) -> list[str]:
    """The field that each column of a roll holds, by its folded name; empty where it is not known."""
    fields = [FIELD_OF.get(name, "") for name in names]
    for index, name in enumerate(names):
        weak = WEAK_FIELD_OF.get(name, "")
        if weak and weak not in fields:
            fields[index] = weak
    return fields


# Read and dropped: sorting electors by nationality is not allowed, and nothing else needs it (CNIL).
NEVER_IMPORTED = frozenset({"libelle nationalite", "identifiant nationalite", "nationalite"})
