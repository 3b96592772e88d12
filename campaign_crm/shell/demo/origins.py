"""How people came to the campaign: each way in with its source, its share and what it knows of them."""

from __future__ import annotations

from dataclasses import dataclass, field

from contacts.enums import Channel, ConsentPurpose, LawfulBasis, Relationship, SourceKind

# What a person can say, one bit each in `demo_person.said`.
WORDS = (
    (Channel.EMAIL, ConsentPurpose.MESSAGES),
    (Channel.SMS, ConsentPurpose.MESSAGES),
    (Channel.CALL, ConsentPurpose.MESSAGES),
    (Channel.EMAIL, ConsentPurpose.TARGETING),
    (Channel.EMAIL, ConsentPurpose.MEASUREMENT),
)
EMAIL_MESSAGES, SMS_MESSAGES, CALL_MESSAGES, EMAIL_TARGETING, EMAIL_MEASUREMENT = (1, 2, 4, 8, 16)
ABOUT_EMAIL = EMAIL_MESSAGES | EMAIL_TARGETING | EMAIL_MEASUREMENT

ALL_CHANNELS = [channel.value for channel in Channel]
FORM_DAYS = 60
"""Days since the present form opened."""


@dataclass(frozen=True)
class SourceWords:
    """One Source as an officer would have described it."""

    name: str
    kind: SourceKind
    basis: LawfulBasis
    channels: list[str] = field(default_factory=list)
    supplier: str = ""
    licence_ends_in: int | None = None  # days from today
    consent_wording: str = ""
    proof: str = ""
    balance: str = ""
    origin_text: str = ""
    rank: int = 50


SOURCES: dict[str, SourceWords] = {
    "form": SourceWords(
        "Rejoindre la campagne",
        SourceKind.FORM,
        LawfulBasis.NONE,
        origin_text="vous vous êtes inscrit sur la page « Rejoindre la campagne »",
        rank=10,
    ),
    "old_form": SourceWords(
        "Formulaire de l’ancien site",
        SourceKind.FORM,
        LawfulBasis.NONE,
        proof="Export du 30 juin de l’ancien site, dossier Conformité › Formulaires",
        origin_text="vous vous êtes inscrit sur notre ancien site",
        rank=15,
    ),
    "api": SourceWords(
        "Site de campagne (API)",
        SourceKind.API,
        LawfulBasis.NONE,
        proof="Journal des inscriptions du site, conservé trois ans",
        origin_text="vous avez signé un appel sur notre site",
        rank=12,
    ),
    "members": SourceWords(
        "Fichier des adhérents",
        SourceKind.ADDRESS_BOOK,
        LawfulBasis.MEMBER,
        channels=ALL_CHANNELS,
        proof="Bulletins d’adhésion, armoire du siège et logiciel de trésorerie",
        origin_text="vous êtes adhérent",
        rank=5,
    ),
    "former": SourceWords(
        "Anciens adhérents",
        SourceKind.ADDRESS_BOOK,
        LawfulBasis.LEGITIMATE_INTEREST,
        channels=[Channel.EMAIL.value, Channel.POST.value],
        balance="Adhésion de moins de trois ans : la personne peut s’attendre à ces messages. "
        "Refus possible en un clic dans chaque message.",
        origin_text="vous avez été adhérent",
        rank=30,
    ),
    "book": SourceWords(
        "Carnet d’adresses de l’équipe nationale",
        SourceKind.ADDRESS_BOOK,
        LawfulBasis.LEGITIMATE_INTEREST,
        channels=[Channel.EMAIL.value, Channel.CALL.value, Channel.POST.value],
        balance="Élus, associations et presse rencontrés dans l’année ; fonction publique de la personne. "
        "Refus possible en un clic.",
        origin_text="vous êtes en relation avec notre équipe",
        rank=25,
    ),
    "broker": SourceWords(
        "Fichier acheté – Horizon Données",
        SourceKind.BROKER_PURCHASE,
        LawfulBasis.CONSENT,
        channels=[Channel.EMAIL.value, Channel.POST.value],
        supplier="Horizon Données (fournisseur inventé)",
        consent_wording="J’accepte de recevoir des informations de partis politiques partenaires.",
        proof="Contrat n° 2041, annexe 3 : preuves de consentement par ligne",
        origin_text="Horizon Données nous a transmis votre adresse avec votre accord",
        rank=60,
    ),
    "rental": SourceWords(
        "Fichier loué – Contact & Cie",
        SourceKind.BROKER_RENTAL,
        LawfulBasis.CONSENT,
        channels=[Channel.EMAIL.value],
        supplier="Contact & Cie (fournisseur inventé)",
        licence_ends_in=38,
        consent_wording="J’accepte que mon adresse soit louée à des organisations politiques.",
        proof="Bon de commande n° 87 et attestation du fournisseur",
        origin_text="Contact & Cie nous a loué votre adresse avec votre accord",
        rank=70,
    ),
    "hand": SourceWords(
        "Marchés et réunions publiques",
        SourceKind.HAND,
        LawfulBasis.NONE,
        proof="Bulletins papier signés, classeurs des équipes locales",
        origin_text="vous avez laissé vos coordonnées à notre équipe",
        rank=20,
    ),
    "roll": SourceWords(
        "Listes électorales de l’Oise",
        SourceKind.ROLL,
        LawfulBasis.PUBLIC_ROLL,
        channels=[Channel.POST.value],
        proof="Communiquées par la préfecture, engagement de non-usage commercial signé",
        origin_text="vous êtes inscrit sur les listes électorales",
        rank=40,
    ),
    "opt_outs": SourceWords(
        "Oppositions transmises par nos fournisseurs",
        SourceKind.OPT_OUT,
        LawfulBasis.NONE,
        proof="Fichiers attendus avec chaque livraison, dossier Conformité › Fournisseurs",
    ),
}


@dataclass(frozen=True)
class Origin:
    """One way in; every figure but the days is a share of people, 0 to 1.

    `arrived` is the day of a file, in days ago; without it people come one by one from `since` on. `said` are
    the chances of each of WORDS.
    """

    source: str
    share: float
    relationship: Relationship
    arrived: int | None = None
    since: int = 0
    email: float = 1.0
    phone: float = 0.0
    street: float = 0.0  # the whole postal address
    town: float = 0.0  # postcode and town at least
    birth: float = 0.0  # birth date
    said: tuple[float, float, float, float, float] = (0.0, 0.0, 0.0, 0.0, 0.0)


ORIGINS = (
    Origin(
        "members", share=0.09, relationship=Relationship.MEMBER, arrived=590,
        email=0.9, phone=0.85, street=0.95, town=0.97, birth=1.0, said=(0.3, 0.2, 0.0, 0.3, 0.3),
    ),
    Origin(
        "members", share=0.04, relationship=Relationship.MEMBER, since=580,
        email=0.98, phone=0.9, street=0.9, town=1.0, birth=1.0, said=(0.5, 0.4, 0.1, 0.5, 0.4),
    ),
    Origin(
        "former", share=0.03, relationship=Relationship.FORMER, arrived=585,
        email=0.8, phone=0.6, street=0.8, town=0.9, birth=0.9,
    ),
    Origin(
        "book", share=0.08, relationship=Relationship.REGULAR, arrived=640,
        email=0.85, phone=0.6, street=0.35, town=0.5, birth=0.1,
    ),
    Origin(
        "old_form", share=0.23, relationship=Relationship.OCCASIONAL, since=720,
        phone=0.35, street=0.1, town=0.8, birth=0.4, said=(0.95, 0.25, 0.1, 0.4, 0.35),
    ),
    Origin(
        "api", share=0.19, relationship=Relationship.REGULAR, since=400,
        phone=0.4, street=0.05, town=0.75, birth=0.5, said=(0.95, 0.3, 0.1, 0.45, 0.4),
    ),
    Origin(
        "broker", share=0.13, relationship=Relationship.OCCASIONAL, arrived=96,
        email=0.95, phone=0.2, street=0.85, town=0.95, birth=0.9,
    ),
    Origin(
        "rental", share=0.06, relationship=Relationship.OCCASIONAL, arrived=35, town=0.6, birth=0.5,
    ),
    Origin(
        "hand", share=0.07, relationship=Relationship.REGULAR, since=500,
        email=0.6, phone=0.7, street=0.2, town=0.9, birth=0.2, said=(0.8, 0.5, 0.3, 0.3, 0.1),
    ),
    Origin(
        "form", share=0.08, relationship=Relationship.OCCASIONAL, since=FORM_DAYS,
        phone=0.5, town=0.9, said=(0.92, 0.4, 0.15, 0.5, 0.4),
    ),
)  # fmt: skip
