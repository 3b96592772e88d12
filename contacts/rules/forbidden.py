"""Matters that no extra field may hold: data of special categories, and what nobody is chosen by.

RGPD, art. 9; CNIL, recommandation du 5 janvier 2012 (no choice by nationality, birthplace or the sound of a
name). Names are compared folded, in French and English, by the beginnings of words.
"""

from __future__ import annotations

import re

from contacts.folding import fold

RULE = "forbidden-criteria"

_ORIGINS = ("ethni", "racial", "etrang", "foreign", "geographi", "national", "immigr", "familial", "du nom")
_STEMS = (
    # nationality and birthplace
    *("nationalit", "citizenship", "citoyennete", "birthplace", "birth place", "place of birth"),
    *("born in", "lieu de naissance", "ville de naissance", "commune de naissance", "pays de naissance"),
    *("departement de naissance", "country of birth", "city of birth", "town of birth", "birth country"),
    *("ne a", "nee a", "ne e a", "pays d origine", "country of origin", "immigra", "foreigner"),
    # origin
    *("ethni", "racial", "race", "skin colo", "couleur de peau", "consonance", "sound of the name"),
    *(f"{origin} {word}" for origin in ("origine", "origines", "origin", "origins") for word in _ORIGINS),
    *("national origin", "family origin", "foreign origin"),
    # religion and belief
    *("religi", "confession", "croyan", "belief", "faith", "foi", "culte", "worship", "mosque", "synagogue"),
    *(
        "eglise",
        "church",
        "catholi",
        "musulman",
        "muslim",
        "islam",
        "juif",
        "juive",
        "jewish",
        "jew",
        "judai",
    ),
    *("protestant", "evangeli", "athee", "atheist", "philosoph"),
    # opinion
    *("opinion", "sympathi", "intention de vote", "intentions de vote", "voting intention", "vote intention"),
    *("a vote pour", "voted for", "vote pour", "votes for", "vote probable", "likely vote", "ideolog"),
    *("tendance politique", "bord politique", "couleur politique", "sensibilite politique", "politics"),
    *("political leaning", "political view", "parti politique", "political party", "convictions"),
    *("support level", "level of support", "support score", "niveau de soutien", "degre de soutien"),
    *("score de soutien", "soutien au candidat", "pour ou contre", "for or against", "favorable", "hostil"),
    # unions, health, sexuality
    *("syndica", "trade union", "union member", "etat de sante", "probleme de sante", "health condition"),
    *("state of health", "maladie", "illness", "disease", "handicap", "disab", "invalidit", "grossesse"),
    *("dossier medical", "medical record", "pregnan", "sexual", "sexuel", "gay", "lesbi", "homosexu"),
    *("genetic", "genetique", "biometri"),
)
_FORBIDDEN = re.compile(r"(?<![a-z0-9])(?:" + "|".join(map(re.escape, sorted(set(_STEMS)))) + ")")
# Stems that begin words of other meanings, and must stand alone.
_WHOLE = frozenset({"race", "foi", "jew", "ne a", "nee a", "ne e a", "gay", "faith", "politics", "culte"})


def forbidden_matter(*names: str) -> str:
    """The word that tells a forbidden matter in a name, folded; empty when there is none."""
    for name in names:
        folded = fold(name.replace("_", " "))
        for found in _FORBIDDEN.finditer(folded):
            follows = folded[found.end() : found.end() + 1]
            if found.group() not in _WHOLE or follows in ("", " "):
                return found.group()
    return ""
