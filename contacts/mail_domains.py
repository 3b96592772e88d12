"""Likely slips in the domain of an e-mail address: said to people, never changed by the program.

Only domains next to a mailbox provider that many use are doubted, and none that is known to exist:
"gmial.com" and "orange.f" are, "mail.com" and "yahoo.be" are not.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from rapidfuzz.distance import OSA

PROVIDERS = frozenset(
    """
    gmail.com hotmail.com hotmail.fr outlook.com outlook.fr live.com live.fr msn.com yahoo.com yahoo.fr
    ymail.com orange.fr wanadoo.fr free.fr sfr.fr neuf.fr laposte.net bbox.fr numericable.fr
    club-internet.fr aliceadsl.fr cegetel.net noos.fr icloud.com protonmail.com proton.me aol.com gmx.fr
    gmx.com googlemail.com tutanota.com mailo.com
    """.split()
)
# Real ones that lie one slip from those: never doubted.
OTHERS = frozenset(
    """
    mail.com email.com hotmail.de hotmail.it hotmail.es hotmail.be hotmail.ca hotmail.ch hotmail.nl hotmail.gr
    outlook.be outlook.de outlook.es outlook.it outlook.pt live.be live.ca live.ch live.it live.nl live.de
    yahoo.be yahoo.ca yahoo.ch yahoo.de yahoo.es yahoo.it yahoo.in gmx.de gmx.net gmx.at gmx.ch aol.fr aol.de
    orange.com orange.be sfr.com free.com laposte.fr icloud.fr proton.ch protonmail.ch me.com mac.com
    maif.fr oranger.fr
    """.split()
)
ALWAYS_MEANT = dict.fromkeys(("gmail.fr", "gmail.co", "gmail.cm", "gmail.om"), "gmail.com")
"""Wrong whatever the rule says: Gmail has one ending."""
ENDINGS = frozenset(
    "fr com net org be ch de es it uk ca pt eu lu nl at me re gp mq yt nc pf info pro".split()
)
SHORTEST_LABEL = 5  # letters before the dot: "free" and "sfr" have too many neighbours


def likely_address(address: str) -> str | None:
    """Return the address that was perhaps meant, None when nothing looks wrong. `address` is normalised."""
    local, _at, domain = address.rpartition("@")
    meant = likely_domain(domain)
    return f"{local}@{meant}" if meant else None


@lru_cache(maxsize=65_536)
def likely_domain(domain: str) -> str | None:
    """`"gmial.com"` → `"gmail.com"`, `"orange.f"` → `"orange.fr"`, `"mairie-beauvais.fr"` → None."""
    if domain in PROVIDERS or domain in OTHERS:
        return None
    if domain in ALWAYS_MEANT:
        return ALWAYS_MEANT[domain]
    near = [known for known in PROVIDERS if _is_slip(domain, known)]
    return min(near, key=lambda known: (OSA.distance(domain, known), known)) if near else None


def doubted(domains: Iterable[str]) -> dict[str, str]:
    """The domains among some that look wrong, each with the one that was perhaps meant."""
    return {domain: meant for domain in domains if (meant := likely_domain(domain))}


def _is_slip(domain: str, known: str) -> bool:
    """One slip before the last dot, or in what follows it when that is no ending of a country or kind."""
    label, _dot, ending = domain.rpartition(".")
    known_label, _dot, known_ending = known.rpartition(".")
    if ending == known_ending:
        return len(known_label) >= SHORTEST_LABEL and OSA.distance(label, known_label) == 1
    if label == known_label:
        return ending not in ENDINGS and OSA.distance(ending, known_ending) <= 1
    # The dot was lost or moved: "gmailcom" is no address, "gmail.c.om" and "hotmail.f.r" are.
    return domain.replace(".", "") == known.replace(".", "")
