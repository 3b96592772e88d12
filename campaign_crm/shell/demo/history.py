"""The mailings of the demonstration: when each left, to whom, and what is coming."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from campaign_crm.shell.demo import letters, words
from campaign_crm.shell.demo.cast import Cast
from campaign_crm.shell.demo.letters import Letter
from contacts.enums import Channel, TerritoryKind
from contacts.models import Segment, Tag, Territory
from contacts.segments.tree import parse_tree

Audience = dict[str, Any]


@dataclass(frozen=True)
class Past:
    """A mailing that left at `hour` o'clock, `ago` days before today."""

    name: str
    ago: int
    hour: int
    letter: Letter
    audience: Callable[[Cast], Audience]


def everyone(_cast: Cast) -> Audience:
    return {"type": "everyone"}


def national_newsletter(cast: Cast) -> Audience:
    return {"type": "newsletter", "id": cast.national_newsletter.pk}


def local_newsletter(cast: Cast) -> Audience:
    local = next(
        newsletter
        for newsletter, _share in cast.newsletters
        if newsletter.territory is not None and newsletter.territory.code == words.LOCAL_DEPARTMENTS[0]
    )
    return {"type": "newsletter", "id": local.pk}


def bought_file(cast: Cast) -> Audience:
    return {"type": "source", "id": cast.sources["broker"].pk}


def volunteers(_cast: Cast) -> Audience:
    return {"type": "segment", "id": Segment.objects.values_list("pk", flat=True).get(name=VOLUNTEERS)}


PAST = (
    Past("Lancement de la campagne", 203, 18, letters.LAUNCH, everyone),
    Past("Lettre n° 1", 166, 11, letters.ISSUES[0], national_newsletter),
    Past("Réunion publique à Beauvais", 122, 12, letters.OISE_MEETING, local_newsletter),
    Past("Lettre n° 2", 93, 11, letters.ISSUES[1], national_newsletter),
    Past("Présentation – fichier acheté", 75, 10, letters.TO_A_WHOLE_FILE, bought_file),
    Past("Notre plan pour l’école", 57, 18, letters.SCHOOL, everyone),
    Past("Lettre n° 3", 31, 11, letters.ISSUES[2], national_newsletter),
    Past("Porte-à-porte : appel aux bénévoles", 17, 9, letters.VOLUNTEERS, volunteers),
    Past("Le programme", 6, 18, letters.LAST_STRETCH, everyone),
)
SCHEDULED = ("Lettre n° 4", letters.ISSUES[3], national_newsletter)
SCHEDULED_IN, SCHEDULED_HOUR = 3, 11
REGIONAL = ("Le programme, région par région", letters.NEAR_YOU, everyone)
DRAFT = ("Réunion publique à Compiègne", letters.COMPIEGNE, local_newsletter)

VOLUNTEERS = "Bénévoles joignables"


def make_segments(cast: Cast) -> None:
    """The dynamic lists that the team saved."""
    for name, description, tree in _segments(cast):
        parse_tree(tree)
        Segment.objects.get_or_create(
            name=name,
            defaults={"description": description, "tree": tree, "created_by": cast.administrator},
        )


def _segments(cast: Cast) -> list[tuple[str, str, dict[str, Any]]]:
    oise = Territory.objects.values_list("pk", flat=True).get(
        kind=TerritoryKind.DEPARTMENT, code=words.LOCAL_DEPARTMENTS[0]
    )
    helper = Tag.objects.values_list("pk", flat=True).get(name=words.TAGS[0][0])
    return [
        (
            VOLUNTEERS,
            "Ont proposé leur aide et peuvent recevoir un e-mail",
            {
                "all": [
                    _rule("tag", "any", [helper]),
                    _rule("reachable", "any", [Channel.EMAIL.value]),
                ]
            },
        ),
        (
            "Jeunes de l’Oise",
            "De 18 à 30 ans, d’après la date de naissance",
            {"all": [_rule("age", "between", [18, 30]), _rule("territory", "inside", [oise])]},
        ),
        (
            "Nouveaux venus",
            "Entrés dans la base depuis trente jours",
            {"all": [_rule("created", "days", 30)]},
        ),
        (
            "Adhérents sans la lettre",
            "Adhérents qui ne reçoivent pas la lettre nationale",
            {
                "all": [
                    _rule("relationship", "is", ["member"]),
                    {"none": [_rule("newsletter", "any", [cast.national_newsletter.pk])]},
                ]
            },
        ),
    ]


def _rule(condition: str, operator: str, value: Any) -> dict[str, Any]:
    return {"condition": condition, "operator": operator, "value": value}
