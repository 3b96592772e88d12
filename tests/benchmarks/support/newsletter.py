"""A newsletter as campaigns write them: about 30 kB, 12 tracked links, personal in a few places."""

from __future__ import annotations

from typing import Any

ARTICLES = 10
_PROSE = (
    "Depuis trois mois, nos équipes vont à votre rencontre dans les marchés, sur les places et au pied des"
    " immeubles. Ce que vous nous dites, nous l’écrivons : les transports qui ne passent plus le soir, le"
    " cabinet médical qui ferme, l’école qui perd une classe. De ces rencontres est né un programme précis,"
    " chiffré, que nous vous présentons aujourd’hui point par point, et que vous pouvez encore amender."
)


def newsletter_blocks() -> list[dict[str, Any]]:
    """Blocks of the newsletter; compiled with a pixel and the footer it weighs about 30 kB on the wire."""
    blocks: list[dict[str, Any]] = [
        {"id": "title", "type": "heading", "level": "1", "text": "La lettre de campagne"},
        {
            "id": "hello",
            "type": "text",
            "html": "<p>{{ greeting }}</p>"
            "<p>Nous serons bientôt {{ commune_at | default: 'près de chez vous' }}. Voici où nous en sommes,"
            " et ce que nous ferons {{ department_at | default: 'partout' }}.</p>",
        },
    ]
    for number in range(1, ARTICLES + 1):
        blocks += [
            {"id": f"h{number}", "type": "heading", "level": "2", "text": f"Proposition {number}"},
            {
                "id": f"t{number}",
                "type": "text",
                "html": f'<p>{_PROSE}</p><p><a href="https://example.org/p/{number}">Lire la proposition'
                f" {number}</a></p>",
            },
        ]
    return [
        *blocks,
        {"id": "join", "type": "button", "label": "Je participe", "url": "https://example.org/participer"},
        {"id": "give", "type": "button", "label": "Je donne", "url": "https://example.org/donner"},
    ]
