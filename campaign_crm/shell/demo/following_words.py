"""What invented people write to the invented team, and what it does about it. French, as they are."""

from __future__ import annotations

# Subject, text.
ANSWERS = (
    (
        "Re: Notre programme pour l’école",
        "Bonjour,\n\nJe suis enseignante et je voudrais relire le livret. À qui l’envoyer ?",
    ),
    (
        "Re: Réunion à Beauvais",
        "Y a-t-il un covoiturage depuis Clermont ? Je peux prendre trois personnes.",
    ),
    (
        "Re: La Lettre de campagne",
        (
            "Merci pour cette lettre, très claire. Une question : que proposez-vous pour les trains "
            "du quotidien ?"
        ),
    ),
    (
        "Salle des associations",
        (
            "Bonjour, la salle est libre le 14. Elle tient 120 personnes, et elle est gratuite. "
            "Voulez-vous que je la réserve ?"
        ),
    ),
    (
        "Re: Réunion à Beauvais",
        "Je serai en retard d’une demi-heure, est-ce que l’on pourra encore entrer ?",
    ),
    (
        "Re: Donnez un coup de main",
        "D’accord pour le marché samedi matin. Où se retrouve-t-on ?",
    ),
    (
        "Re: La Lettre de campagne",
        "Mon adresse a changé, pouvez-vous la corriger ? J’habite Senlis désormais.",
    ),
    (
        "Question sur les retraites",
        "Bonjour, à quel âge et avec quelles ressources ? Le tract ne le dit pas.",
    ),
    (
        "Re: Notre programme pour l’école",
        "Bravo. J’ai transmis à mes collègues.",
    ),
    (
        "Affiches",
        "Il nous en faudrait cinquante de plus pour le canton, est-ce possible avant jeudi ?",
    ),
    (
        "Re: Donnez un coup de main",
        "Je préfère téléphoner que tracter. Est-ce que cela vous va ?",
    ),
    (
        "Presse locale",
        "Bonjour, pourriez-vous me dire si le candidat sera présent dimanche ? Je prépare un article.",
    ),
)
OUR_ANSWER = (
    "Bonjour,\n\nMerci de votre message. Je vous appelle dans la semaine pour en parler.\n\nBien à "
    "vous,\nCamille"
)
# Name, text.
CANNED = (
    (
        "Où et quand",
        (
            "{greeting}\n\nLa prochaine réunion a lieu jeudi à 19 h, salle des fêtes. L’entrée est "
            "libre.\n\n{my_name}"
        ),
    ),
    (
        "Merci, on vous rappelle",
        (
            "{greeting}\n\nMerci de votre message. Quelqu’un de l’équipe vous appelle cette "
            "semaine.\n\n{my_name}"
        ),
    ),
    (
        "Le programme",
        (
            "{greeting}\n\nLe programme complet est sur notre site. Dites-nous ce que vous en pensez "
            "!\n\n{my_name}"
        ),
    ),
)
# What to do, note.
TASKS = (
    ("Rappeler pour la salle", "Libre le 14, gratuite"),
    ("Inviter à la réunion de Beauvais", ""),
    ("Proposer de tenir le stand", "Disponible le samedi matin"),
    ("Rappeler pour la salle", ""),
    ("Inviter à la réunion de Beauvais", ""),
    ("Remercier", "A fait venir cinq voisins"),
    ("Proposer une procuration", ""),
    ("Répondre sur les retraites", "Attend des chiffres"),
    ("Inviter à la réunion de Beauvais", ""),
    ("Déposer cinquante affiches", "Avant jeudi"),
)
GIFTS = (10_00, 15_00, 20_00, 20_00, 30_00, 50_00, 50_00, 100_00, 150_00, 4_700_00)  # cents
