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
    "commune_name": ("libelle de l ugle", "libelle du l ugle", "libelle ugle", "nomcommune"),
    "roll_kind": ("libelle du type de liste", "type de liste", "typeliste", "code du type de liste"),
    "birth_name": ("nom de naissance", "nomdenaissance"),
    "used_name": ("nom d usage", "nom usage", "nomdusage"),
    "first_names": ("prenoms", "prenom"),
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
    "station_code": ("code du bureau de vote", "numero du bureau de vote", "nobureaudevote"),
    "station_name": ("libelle du bureau de vote", "nombureaudevote"),
    "constituency": (
        "code circonscription legislative du bureau de vote",
        "circonscription legislative du bureau de vote",
        "codecirconscription",
    ),
    "canton_code": ("code canton du bureau de vote", "code du canton du bureau de vote", "codecanton"),
    "canton_name": ("libelle canton du bureau de vote", "libelle du canton du bureau de vote"),
    "order_number": (
        "numero d ordre dans le bureau de vote",
        "numero d ordre",
        "noelecteurgeneral",
    ),
}
FIELD_OF: dict[str, str] = {name: field for field, names in NAMES.items() for name in names}

# Read and dropped: sorting electors by nationality is not allowed, and nothing else needs it (CNIL).
NEVER_IMPORTED = frozenset({"libelle nationalite", "identifiant nationalite", "nationalite"})
