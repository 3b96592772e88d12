"""How French speaks of each department and region: article, preposition of place, "of".

Each entry gives three beginnings that stand before the official name: "l'" + Oise, "dans l'" + Oise,
"de l'" + Oise. They are a table because no rule gives them. `of` follows INSEE's table of linking words
(TNCC) but for the names listed in the test. For the place: names made of two rivers joined by "et" take
"en" and no article, as the Académie française asks; plural and masculine names take "dans"; feminine names
take "en", but the one-syllable ones "dans la" (Girodet, Larousse); else the habit of the place itself.
"""

from __future__ import annotations

Forms = tuple[str, str, str]

_LE: Forms = ("le ", "dans le ", "du ")
_LES: Forms = ("les ", "dans les ", "des ")
_L: Forms = ("l'", "dans l'", "de l'")
_L_EN: Forms = ("l'", "en ", "de l'")
_LA: Forms = ("la ", "dans la ", "de la ")
_LA_EN: Forms = ("la ", "en ", "de la ")
_LE_EN: Forms = ("le ", "en ", "de ")
_NONE: Forms = ("", "à ", "de ")

_BY_FORMS: dict[Forms, str] = {
    _LE: "14 15 18 25 29 30 32 39 45 46 56 59 62 63 67 68 69 81 83 84 90 94 95",
    _LES: "04 05 06 08 13 22 40 64 65 66 78 79 88 92 984",
    _L: "01 02 03 10 11 27 34 36 60 61 89",
    _L_EN: "07 09 12 38 91",
    _LA: "23 26 42 50 51 55 58 72 80 86",
    _LA_EN: "16 17 19 21 24 2A 2B 31 33 43 44 48 52 53 57 70 73 74 76 85 87 93 971 972 973 987 988",
    _LE_EN: "41 47 49 82",
    ("la ", "en ", "de "): "54 71 77",
    ("l'", "en ", "d'"): "28 35 37",
    _NONE: "75 974 975 976 977 978 986",
    ("l'", "sur l'", "de l'"): "989",
}
DEPARTMENTS: dict[str, Forms] = {code: forms for forms, codes in _BY_FORMS.items() for code in codes.split()}

REGIONS: dict[str, Forms] = {
    "01": _LA_EN,
    "02": _LA_EN,
    "03": _LA_EN,
    "04": _NONE,
    "06": _NONE,
    "11": ("l'", "en ", "d'"),
    "24": _LE,
    "27": ("la ", "en ", "de "),
    "28": ("la ", "en ", "de "),
    "32": _LES,
    "44": _LE,
    "52": _LES,
    "53": ("la ", "en ", "de "),
    "75": ("la ", "en ", "de "),
    "76": ("l'", "en ", "d'"),
    "84": ("l'", "en ", "d'"),
    "93": ("la ", "en ", "de "),
    "94": ("la ", "en ", "de "),
}

COUNTRIES: dict[str, Forms] = {"FR": ("la ", "en ", "de la ")}

# The whole forms of a "place" that is none: with article, at, of.
ABROAD = "ZZ"
ABROAD_FORMS: Forms = (
    "les Français établis hors de France",
    "à l'étranger",
    "des Français établis hors de France",
)
