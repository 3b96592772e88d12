"""The sentences people are shown when they are asked to agree; each text is kept for ever, with a version."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction

from campaign_crm.platform import audit
from campaign_crm.platform.models import User
from contacts.enums import Channel, ConsentPurpose
from contacts.models import ConsentWording

# The first version of each sentence, taken when an installation has not written its own. They are shown to
# the public in the language of the page, so that they stay out of the interface's catalogue.
_BY = {
    "fr": {
        Channel.EMAIL: "par e-mail",
        Channel.SMS: "par SMS",
        Channel.CALL: "par téléphone",
        Channel.POST: "par courrier",
    },
    "en": {
        Channel.EMAIL: "by e-mail",
        Channel.SMS: "by text message",
        Channel.CALL: "by phone",
        Channel.POST: "by post",
    },
}
_TEXTS: Mapping[str, Mapping[ConsentPurpose, str]] = {
    "fr": {
        ConsentPurpose.MESSAGES: (
            "J’accepte de recevoir {by} les informations et les messages de campagne de cette organisation."
        ),
        ConsentPurpose.TARGETING: (
            "J’accepte que les messages reçus {by} soient choisis pour moi selon les données que j’ai"
            " communiquées, comme ma commune ou mon âge."
        ),
        ConsentPurpose.MEASUREMENT: (
            "J’accepte que l’ouverture des messages reçus {by} et les liens sur lesquels je clique soient"
            " mesurés individuellement."
        ),
        ConsentPurpose.PROFILE: (
            "J’accepte que les opinions et centres d’intérêt que je communique soient conservés dans ma"
            " fiche."
        ),
    },
    "en": {
        ConsentPurpose.MESSAGES: (
            "I agree to receive this organisation’s information and campaign messages {by}."
        ),
        ConsentPurpose.TARGETING: (
            "I agree that the messages I receive {by} are chosen for me using the data I gave, such as my"
            " town or my age."
        ),
        ConsentPurpose.MEASUREMENT: (
            "I agree that opening the messages I receive {by}, and the links I follow, are measured for me"
            " individually."
        ),
        ConsentPurpose.PROFILE: "I agree that the opinions and interests I share are kept in my record.",
    },
}
FIRST_LANGUAGE = "fr"


def current_wording(channel: Channel, purpose: ConsentPurpose, language: str) -> ConsentWording:
    """Return the newest sentence for a channel, purpose and language; the shipped one becomes version 1.

    A language without a shipped sentence gets the French one, kept under its own language code.
    """
    newest = _newest(channel, purpose, language)
    if newest is not None:
        return newest
    known = language if language in _TEXTS else FIRST_LANGUAGE
    text = _TEXTS[known][purpose].format(by=_BY[known][channel])
    ConsentWording.objects.bulk_create(
        [ConsentWording(channel=channel, purpose=purpose, language=language, version=1, text=text)],
        ignore_conflicts=True,  # two forms shown for the first time at once
    )
    return ConsentWording.objects.get(channel=channel, purpose=purpose, language=language, version=1)


@transaction.atomic
def publish_wording(
    *, channel: Channel, purpose: ConsentPurpose, language: str, text: str, by: User | None
) -> ConsentWording:
    """Show another sentence from now on; consents already given keep the one they were given under."""
    newest = current_wording(channel, purpose, language)
    if newest.text == text:
        return newest
    wording = ConsentWording.objects.create(
        channel=channel, purpose=purpose, language=language, version=newest.version + 1, text=text
    )
    audit.record(action="wording.publish", on=wording, by=by, detail={"version": wording.version})
    return wording


def _newest(channel: Channel, purpose: ConsentPurpose, language: str) -> ConsentWording | None:
    return (
        ConsentWording.objects.filter(channel=channel, purpose=purpose, language=language)
        .order_by("-version")
        .first()
    )
