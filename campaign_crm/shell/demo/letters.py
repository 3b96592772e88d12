"""The texts of the mailings and templates, as block documents (`messaging.content.blocks`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

SITE = "https://example.org"
Block = dict[str, Any]


@dataclass(frozen=True)
class Letter:
    """A subject, the line that mailboxes show after it, and blocks."""

    subject: str
    preview_text: str
    blocks: list[Block]


def letter(subject: str, preview_text: str, *blocks: Block) -> Letter:
    """Number the blocks: each needs an identifier of its own."""
    numbered = [{"id": f"b{number}", **block} for number, block in enumerate(blocks, start=1)]
    return Letter(subject, preview_text, numbered)


def heading(text: str) -> Block:
    return {"type": "heading", "text": text, "level": "1"}


def text(*paragraphs: str) -> Block:
    return {"type": "text", "html": "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)}


def button(label: str, page: str) -> Block:
    return {"type": "button", "label": label, "url": f"{SITE}/{page}"}


def meeting(title: str, when: str, where: str, page: str) -> Block:
    return {
        "type": "card",
        "title": title,
        "when": when,
        "where": where,
        "html": "<p>Entrée libre, on reste pour discuter après.</p>",
        "label": "Je viens",
        "url": f"{SITE}/reunions/{page}",
    }


def signed() -> Block:
    return {
        "type": "signature",
        "closing": "À très bientôt,",
        "name": "Camille Démo",
        "role": "Directrice de campagne",
    }


RULE: Block = {"type": "divider"}
HELLO = "{{ greeting }}"

LAUNCH = letter(
    "C’est parti : rejoignez la campagne",
    "Un projet, des équipes partout, et une place pour vous.",
    heading("La campagne commence"),
    text(
        HELLO,
        "Depuis hier, une équipe se forme dans chaque département. Nous avons besoin de tout le monde : "
        "de votre voix, d’une heure par semaine, d’une idée.",
        f'Notre <a href="{SITE}/projet">projet tient en dix pages</a>. Lisez-le, faites-le lire.',
    ),
    button("Je rejoins l’équipe la plus proche", "equipes"),
    signed(),
)
SCHOOL = letter(
    "{{ first_name | default: 'Bonjour' }}, notre plan pour l’école",
    "Des classes moins nombreuses, des remplaçants, et des devoirs faits à l’école.",
    heading("L’école d’abord"),
    text(
        HELLO,
        "Trois mesures, chiffrées et financées : vingt élèves par classe en primaire, un vivier de "
        "remplaçants par académie, et l’étude du soir gratuite.",
    ),
    button("Lire le plan en deux minutes", "ecole"),
    text(f'Vous enseignez ? <a href="{SITE}/ecole/temoigner">Racontez-nous votre classe</a>.'),
    signed(),
)
LAST_STRETCH = letter(
    "Le programme est en ligne",
    "Quarante propositions, toutes chiffrées. Dites-nous laquelle compte le plus.",
    heading("Quarante propositions pour 2027"),
    text(
        HELLO,
        "Il a été écrit avec vous : 12 000 contributions, 96 ateliers, une nuit blanche pour finir.",
    ),
    button("Lire le programme", "programme"),
    {
        "type": "columns",
        "split": "50-50",
        "left": [
            {"id": "c1", "type": "heading", "text": "Parlez-en", "level": "3"},
            {"id": "c2", "type": "text", "html": "<p>Un résumé d’une page à imprimer pour vos voisins.</p>"},
        ],
        "right": [
            {"id": "c3", "type": "heading", "text": "Soutenez", "level": "3"},
            {
                "id": "c4",
                "type": "text",
                "html": f'<p>Chaque don compte : <a href="{SITE}/don">faire un don</a>.</p>',
            },
        ],
    },
    signed(),
)
OISE_MEETING = letter(
    "Rendez-vous à Beauvais jeudi soir",
    "Réunion publique à 19 h, maladrerie Saint-Lazare.",
    heading("On se voit jeudi ?"),
    text(HELLO, "La campagne passe {{ department_at | default: 'près de chez vous' }} cette semaine."),
    meeting(
        "Réunion publique à Beauvais", "Jeudi à 19 h", "Maladrerie Saint-Lazare, 203 rue de Paris", "beauvais"
    ),
    text(f'Vous venez de loin ? <a href="{SITE}/covoiturage">Organisez un covoiturage</a>.'),
    signed(),
)
TO_A_WHOLE_FILE = letter(
    "Faisons connaissance",
    "Qui nous sommes, ce que nous proposons, et comment ne plus recevoir nos messages.",
    heading("Bonjour, nous sommes la campagne 2027"),
    text(
        HELLO,
        "Nous vous écrivons une fois, pour nous présenter. Si nos idées vous intéressent, inscrivez-vous ; "
        "sinon, le lien en bas de ce message arrête tout.",
    ),
    button("Découvrir le projet", "projet"),
    button("Recevoir la lettre", "lettre"),
    signed(),
)
VOLUNTEERS = letter(
    "Samedi, on frappe aux portes",
    "Deux heures, à deux, avec une équipe qui sait faire.",
    heading("Porte-à-porte samedi"),
    text(
        HELLO,
        "Rendez-vous à 10 h au local le plus proche. On vous montre, on part à deux, on revient à midi.",
    ),
    button("Je m’inscris pour samedi", "porte-a-porte"),
    text(f'Pas libre ? <a href="{SITE}/benevoles">Il y a cent autres façons d’aider</a>.'),
    signed(),
)


def newsletter(number: int, lead: str, story: str, page: str) -> Letter:
    """One issue of the national newsletter."""
    return letter(
        f"Lettre n° {number} : {lead}",
        story[:90],
        heading(f"La Lettre de campagne n° {number}"),
        text(HELLO, story),
        button("Lire la suite", page),
        RULE,
        {"type": "heading", "text": "Près de chez vous", "level": "2"},
        text(
            "Les équipes locales se réunissent toutes les semaines. "
            f'<a href="{SITE}/agenda">Voir l’agenda {{{{ department_of | default: "national" }}}}</a>.'
        ),
        meeting("Atelier programme", "Mardi à 18 h 30", "En ligne", "atelier"),
        signed(),
    )


ISSUES = (
    newsletter(
        1,
        "ce que vous nous avez dit",
        "Dix mille réponses à notre consultation, et trois surprises : le logement passe devant le pouvoir "
        "d’achat, les trains du quotidien devant les autoroutes.",
        "lettre/1",
    ),
    newsletter(
        2,
        "l’hôpital, parlons-en",
        "Nous avons passé une nuit aux urgences de Creil avec celles et ceux qui les font tenir. Voici ce "
        "qu’ils demandent, et ce que nous proposons.",
        "lettre/2",
    ),
    newsletter(
        3,
        "trois cents réunions en un mois",
        "De Lille à Saint-Denis de La Réunion, les équipes se sont rencontrées. Retour en images et en "
        "chiffres sur un mois de route.",
        "lettre/3",
    ),
    newsletter(
        4,
        "la dernière ligne droite",
        "Il reste quelques semaines. Voici comment chacun peut aider, dix minutes ou dix heures, de chez soi "
        "ou sur un marché.",
        "lettre/4",
    ),
)
COMPIEGNE = letter(
    "Réunion publique à Compiègne",
    "Brouillon : vérifier la salle et l’heure.",
    heading("Rendez-vous à Compiègne"),
    text(HELLO, "Après Beauvais, la campagne vient à Compiègne."),
    meeting("Réunion publique à Compiègne", "Date à confirmer", "Salle à confirmer", "compiegne"),
    signed(),
)
THANKS = letter(
    "Merci d’être venu",
    "Les suites de la réunion.",
    heading("Merci !"),
    text(HELLO, "Vous étiez nombreux. Voici les réponses aux questions restées en suspens."),
    button("Lire les réponses", "reunions/reponses"),
    signed(),
)

NEAR_YOU = letter(
    "Le programme, près de chez vous",
    "Ce que nous proposons, et ce qui se passe dans votre région.",
    heading("Le programme arrive chez vous"),
    text(HELLO, "Partout, les équipes présentent le programme et répondent à vos questions."),
    {**text("Une réunion se prépare près de chez vous : nous vous écrirons très vite."), "open": True},
    button("Lire le programme", "programme"),
    signed(),
)
LOCAL_KIT = letter(
    "Réunion publique près de chez vous",
    "Venez rencontrer l’équipe et poser vos questions.",
    heading("On se retrouve ?"),
    text(HELLO, "L’équipe vous attend pour parler du programme et de ce qui compte ici."),
    {**meeting("Réunion publique", "Date et heure", "Lieu", "locale"), "open": True},
    signed(),
)
REGIONAL_WORDS = {
    "32": "Rendez-vous samedi à 15 heures à Amiens, place Gambetta.",
    "11": "Rendez-vous dimanche à 11 heures à Paris, place de la République.",
}
TEMPLATES = (
    ("Lettre de campagne", ISSUES[3]),
    ("Réunion publique", OISE_MEETING),
    ("Remerciement", THANKS),
    ("Kit local : réunion publique", LOCAL_KIT),
)
