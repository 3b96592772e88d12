"""What the invented team wrote down: newsletters, tags, lists, notes, its form. French, as its people are."""

from __future__ import annotations

from dataclasses import dataclass

from contacts.enums import TargetingClass
from contacts.models import CustomField

ORGANISATION = {
    "name": "Campagne 2027",
    "legal_name": "Association de financement de la campagne 2027 (démonstration)",
    "postal_address": "12 rue de l’Exemple\n75011 Paris",
    "contact_email": "contact@example.org",
    "dpo_contact": "dpo@example.org",
    "privacy_url": "https://example.org/confidentialite",
    "primary_colour": "#0f766e",
}
# Name, e-mail, role. The first is the account that the command prints.
TEAM = (
    ("Camille Démo", "demo@example.org", "administrator"),
    ("Inès Carpentier", "ines.carpentier@example.org", "director"),
    ("Hugo Lemaître", "hugo.lemaitre@example.org", "read_only"),
)
FORM_TITLE = "Rejoindre la campagne"
FORM_INTRODUCTION = (
    "Recevez nos propositions, soyez prévenu des réunions près de chez vous et donnez un coup de main "
    "si vous en avez envie."
)
FORM_THANKS = "Merci ! Ouvrez le message que nous venons de vous envoyer pour confirmer votre adresse."
NEW_WORDING = (
    "J’accepte de recevoir par e-mail la lettre et les messages de la campagne 2027. Je peux me désinscrire "
    "en un clic dans chaque message."
)


@dataclass(frozen=True)
class NewsletterWords:
    """`department` is a code, empty for the whole country. `share`: of the people it may concern."""

    name: str
    description: str
    share: float
    department: str = ""


NATIONAL = "La Lettre de campagne"
NEWSLETTERS = (
    NewsletterWords(NATIONAL, "Nos propositions et l’actualité de la campagne, chaque quinzaine", 0.72),
    NewsletterWords("Agenda des réunions", "Les réunions publiques des trois semaines à venir", 0.3),
    NewsletterWords("Climat et énergie", "Le dossier du mois sur le climat", 0.16),
    NewsletterWords("École", "Nos propositions pour l’école, une fois par mois", 0.13),
)
LOCAL_SHARE = 0.55
LOCAL_DEPARTMENTS = ("60", "75", "59", "69", "13", "31", "33", "974")

# Tag, share of everybody, share of members.
TAGS = (
    ("Bénévole", 0.02, 0.22),
    ("Porte-à-porte", 0.01, 0.12),
    ("Collage", 0.004, 0.06),
    ("Relais numérique", 0.03, 0.08),
    ("A proposé une salle", 0.002, 0.01),
    ("Élu local", 0.006, 0.02),
    ("Presse", 0.003, 0.0),
    ("À rappeler", 0.012, 0.02),
    ("Parrainage", 0.001, 0.004),
)
FORM_TAG = "Formulaire 2027"

# Name, description, who chose, share.
LISTS = (
    (
        "Équipe de l’Oise",
        "Responsables de commune et de canton",
        TargetingClass.CRITERION,
        0.004,
    ),
    (
        "Invités de la réunion de Beauvais",
        "Premiers rangs et presse locale",
        TargetingClass.CRITERION,
        0.006,
    ),
    (
        "Relecteurs du programme",
        "Se sont inscrits pour relire les livrets",
        TargetingClass.SUBSCRIPTION,
        0.012,
    ),
    ("Presse nationale", "Accréditations de la campagne", TargetingClass.CRITERION, 0.002),
)
CUSTOM_FIELDS = (
    ("disponibilite", "Disponibilité", CustomField.Kind.CHOICE, ["En semaine", "Le soir", "Le week-end"]),
    ("vehicule", "A un véhicule", CustomField.Kind.BOOLEAN, []),
)
NOTES = (
    "Rencontre au marché samedi : veut aider à la distribution, plutôt le matin.",
    "Demande le livret sur l’énergie dès qu’il est imprimé.",
    "Préfère être appelé après 18 h.",
    "A proposé la salle des associations, 120 places, gratuite en semaine.",
    "Connaît bien le maire, prêt à faire les présentations.",
    "Question sur les retraites à laquelle il faut répondre.",
    "Vient à la réunion avec trois voisins.",
    "A déménagé, l’adresse postale est à vérifier.",
    "À l’aise avec les tableurs : lui confier le pointage des procurations.",
    "Souhaite recevoir uniquement les messages locaux.",
    "Peut héberger deux bénévoles le week-end du congrès.",
    "Travaille à la médiathèque : affiche possible dans le hall.",
)
