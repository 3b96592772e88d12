"""Forms to begin with, one a kind: sensible blocks, their texts in French and English.

What the public reads is in the language of the page: these texts stay out of the interface's catalogue.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tracking.enums import FormKind

Blocks = list[dict[str, Any]]
EXTENT_OF = {("postcode", "city"): "commune", ("city", "postcode"): "commune"}


def preset(kind: FormKind, language: str, *, title: str = "") -> dict[str, Any]:
    """The document that a new form of a kind begins with, `language` first."""
    languages = [language, *({"fr", "en"} - {language})]
    texts, blocks = _PRESETS[kind]
    document: dict[str, Any] = {"languages": languages[:1], "redirect": "", "blocks": blocks()}
    document |= {name: dict(text) for name, text in texts.items()}
    if title:
        document["title"][language] = title
    return document


def simple_document(
    *,
    title: str,
    language: str,
    introduction: str = "",
    thank_you: str = "",
    fields: Iterable[str] = (),
    consents: Iterable[Mapping[str, str]] = (),
    newsletters: bool = False,
) -> dict[str, Any]:
    """A form of questions about the person and boxes, in one language."""
    asked = list(fields)
    blocks: Blocks = []
    names = {name: "required" if name != "gender" else "optional" for name in asked}
    if {"first_name", "last_name", "gender"} & set(asked):
        whole = {name: names.get(name, "no") for name in ("first_name", "last_name", "gender")}
        blocks.append(_block("identity", **whole))
    if "email" in asked:
        blocks.append(_block("email", required=True))
    if "phone" in asked:
        blocks.append(_block("phone"))
    if {"postcode", "city", "street"} & set(asked):
        blocks.append(_block("address", extent="whole" if "street" in asked else "commune"))
    if newsletters:
        blocks.append(_block("newsletters"))
    blocks += [_consent(f"{box['channel']}:{box['purpose']}") for box in consents]
    said = {"title": title, "introduction": introduction, "thank_you": thank_you, "button": ""}
    texts = {name: {language: words} if words else {} for name, words in said.items()}
    return {"languages": [language], "redirect": "", "blocks": blocks, **texts}


def _block(type_: str, name: str = "", **values: Any) -> dict[str, Any]:
    return {"id": name or type_, "type": type_, **values}


def _consent(box: str) -> dict[str, Any]:
    return _block("consent", box.replace(":", "_"), box=box)


def _both(french: str, english: str) -> dict[str, str]:
    return {"fr": french, "en": english}


def _options(*labels: tuple[str, str]) -> list[dict[str, Any]]:
    return [
        {"id": f"o{number}", "label": _both(*label), "tag": None}
        for number, label in enumerate(labels, start=1)
    ]


def _choice(name: str, label: tuple[str, str], *options: tuple[str, str], several: bool) -> dict[str, Any]:
    kind = "several" if several else "one"
    return _block("choice", name, label=_both(*label), several=kind, options=_options(*options))


def _texts(
    title: dict[str, str], introduction: dict[str, str], button: dict[str, str], thanks: dict[str, str]
) -> dict[str, dict[str, str]]:
    return {"title": title, "introduction": introduction, "button": button, "thank_you": thanks}


_THANKS = _both("Merci ! Votre réponse est bien arrivée.", "Thank you! Your answer has arrived.")
_SEND = _both("Envoyer", "Send")


def _who(*, phone: bool = True) -> Blocks:
    points = [_block("identity"), _block("email", required=True)]
    return [*points, *([_block("phone")] if phone else []), _block("address", extent="commune")]


def _boxes(*, targeting: bool = True) -> Blocks:
    boxes = [_consent("email:messages"), _consent("sms:messages")]
    return [*boxes, _consent("email:targeting"), _block("age")] if targeting else boxes


def _sign_up() -> Blocks:
    return [*_who(), _block("newsletters"), *_boxes(), _consent("email:measurement"), _source()]


def _volunteer() -> Blocks:
    skills = _choice(
        "skills",
        ("Ce que j’aimerais faire", "What I would like to do"),
        ("Distribuer des tracts", "Hand out leaflets"),
        ("Frapper aux portes", "Knock on doors"),
        ("Appeler des gens", "Call people"),
        ("Tenir un bureau de vote", "Help at a polling station"),
        ("Écrire, filmer, mettre en page", "Write, film, design"),
        ("Conduire", "Drive"),
        several=True,
    )
    when = _choice(
        "availability",
        ("Quand je suis libre", "When I am free"),
        ("En semaine, la journée", "Weekdays, daytime"),
        ("En semaine, le soir", "Weekday evenings"),
        ("Le samedi", "Saturdays"),
        ("Le dimanche", "Sundays"),
        several=True,
    )
    more = _block("words", "more", label=_both("Quelque chose à ajouter ?", "Anything to add?"))
    agree = [_consent("email:messages"), _consent("sms:messages"), _consent("call:messages")]
    return [*_who(), _block("page", "next"), skills, when, more, *agree, _source()]


def _petition() -> Blocks:
    why = _both("Pourquoi signer", "Why sign")
    return [
        _block(
            "text", "why", title=why, text=_both("Expliquez ici votre demande.", "Explain your demand here.")
        ),
        _block("counter", goal=1_000, label=_both("signatures", "signatures")),
        *_who(phone=False),
        _block("public_name"),
        *_boxes(targeting=False)[:1],
        _source(),
    ]


def _survey() -> Blocks:
    theme = _choice(
        "theme",
        ("Ce qui compte le plus près de chez vous", "What matters most near you"),
        ("Les écoles", "Schools"),
        ("Les transports", "Transport"),
        ("La santé", "Health care"),
        ("Le logement", "Housing"),
        ("Autre chose", "Something else"),
        several=False,
    )
    other = _block(
        "words",
        "other",
        label=_both("Quoi donc ?", "What is it?"),
        size="line",
        only_if={"block": "theme", "is": ["o5"]},
    )
    scale = _block(
        "scale",
        "satisfaction",
        label=_both(
            "Êtes-vous satisfait(e) des services près de chez vous ?",
            "Are you content with services near you?",
        ),
        least_label=_both("Pas du tout", "Not at all"),
        most_label=_both("Tout à fait", "Entirely"),
    )
    idea = _block("words", "idea", label=_both("Une idée pour votre commune ?", "An idea for your town?"))
    who = [
        _block("identity", first_name="optional", last_name="optional"),
        _block("email"),
        _block("address"),
    ]
    who[1]["required"] = False
    return [
        theme,
        other,
        scale,
        idea,
        _block("page", "you", title=_both("Vous", "You")),
        *who,
        *_boxes(targeting=False)[:1],
        _source(),
    ]


def _contact() -> Blocks:
    subject = _choice(
        "subject",
        ("C’est à quel sujet ?", "What is it about?"),
        ("Une question sur le programme", "A question about the programme"),
        ("Inviter le candidat ou la candidate", "Invite the candidate"),
        ("La presse", "The press"),
        ("Autre chose", "Something else"),
        several=False,
    )
    message = _block("words", "message", label=_both("Votre message", "Your message"), required=True)
    return [subject, message, _block("identity"), _block("email", required=True), _block("phone")]


def _wrong_data() -> Blocks:
    what = _choice(
        "what",
        ("Qu’est-ce qui est faux ?", "What is wrong?"),
        ("Mon nom", "My name"),
        ("Mon adresse ou ma commune", "My address or town"),
        ("Mon e-mail ou mon téléphone", "My e-mail or phone"),
        ("Je ne suis pas la personne à qui vous écrivez", "I am not the person you write to"),
        ("Autre chose", "Something else"),
        several=True,
    )
    right = _block(
        "words", "right", label=_both("Ce qu’il faudrait écrire", "What it should say"), required=True
    )
    return [what, right, _block("identity"), _block("email", required=True)]


def _source() -> dict[str, Any]:
    return _block("hidden", "source", parameter="utm_source")


_PRESETS: Mapping[FormKind, tuple[dict[str, dict[str, str]], Any]] = {
    FormKind.SIGN_UP: (
        _texts(
            _both("Rejoindre la campagne", "Join the campaign"),
            _both("Recevez nos nouvelles et nos invitations.", "Receive our news and invitations."),
            _both("Je m’inscris", "Sign up"),
            _both("Merci, et bienvenue !", "Thank you, and welcome!"),
        ),
        _sign_up,
    ),
    FormKind.VOLUNTEER: (
        _texts(
            _both("Devenir bénévole", "Volunteer"),
            _both(
                "Une heure ou une journée : chaque coup de main compte.",
                "An hour or a day: every hand counts.",
            ),
            _both("Je me propose", "Count me in"),
            _both(
                "Merci ! L’équipe près de chez vous vous rappellera.",
                "Thank you! The team near you will call.",
            ),
        ),
        _volunteer,
    ),
    FormKind.PETITION: (
        _texts(
            _both("Notre pétition", "Our petition"),
            {},
            _both("Je signe", "I sign"),
            _both("Merci d’avoir signé !", "Thank you for signing!"),
        ),
        _petition,
    ),
    FormKind.SURVEY: (
        _texts(
            _both("Votre avis", "Your view"),
            _both("Quelques questions, deux minutes.", "A few questions, two minutes."),
            _SEND,
            _THANKS,
        ),
        _survey,
    ),
    FormKind.CONTACT: (
        _texts(
            _both("Nous écrire", "Write to us"),
            {},
            _SEND,
            _both("Merci ! Nous vous répondrons.", "Thank you! We will answer."),
        ),
        _contact,
    ),
    FormKind.WRONG_DATA: (
        _texts(
            _both("Signaler une donnée fausse", "Report wrong data"),
            _both(
                "Dites-nous ce qui est faux : nous le corrigerons.",
                "Tell us what is wrong: we will correct it.",
            ),
            _SEND,
            _both("Merci ! Nous regardons et nous corrigeons.", "Thank you! We look into it and correct it."),
        ),
        _wrong_data,
    ),
}
