"""How much may come through a form: nobody fills somebody else's mailbox with our confirmations.

Counted for all forms and the API together. The limits of a place and of a domain refuse a sign-up and say so;
that of a mailbox only keeps the link back, because whoever types the address need not know.
"""

from __future__ import annotations

from campaign_crm.platform.limits import is_within, place_of

# A stand at a meeting stays under it; a program that writes to strangers through our form does not.
FROM_ONE_PLACE, WITHIN_SECONDS = 60, 600
# A website passes the sign-ups of a whole country on: five a second, after a broadcast.
BY_ONE_KEY = 3_000
# Some domains give every name to one mailbox. A school or a company at a meeting stays under it.
OF_ONE_DOMAIN = 100
# Those where everybody has a mailbox of their own: a bound only to what a robot can make leave.
LARGE_HOSTS = frozenset(
    "gmail.com googlemail.com hotmail.com hotmail.fr outlook.com outlook.fr live.com live.fr msn.com yahoo.fr"
    " yahoo.com icloud.com me.com orange.fr wanadoo.fr free.fr sfr.fr neuf.fr numericable.fr laposte.net"
    " bbox.fr gmx.com gmx.fr aol.com proton.me protonmail.com".split()
)
OF_ONE_LARGE_HOST = 3_000
LINKS_A_MAILBOX, DAY_SECONDS = 10, 86_400


def may_sign_up(*, ip: str, email: str) -> bool:
    """Count one sign-up; False when too many came from this IP address, or for addresses of this domain.

    `ip` and `email` are "" when not known or not asked for.
    """
    place, domain = place_of(ip), email.rpartition("@")[2].lower()
    if place and not is_within("sign-up", place, at_most=FROM_ONE_PLACE, seconds=WITHIN_SECONDS):
        return False
    at_most = OF_ONE_LARGE_HOST if domain in LARGE_HOSTS else OF_ONE_DOMAIN
    return not domain or is_within("sign-up-domain", domain, at_most=at_most, seconds=WITHIN_SECONDS)


def may_send_with(key: int) -> bool:
    """Count one sign-up sent with an API key; False when it sent too many."""
    return is_within("sign-up-key", str(key), at_most=BY_ONE_KEY, seconds=WITHIN_SECONDS)


def may_get_link(address: str) -> bool:
    """Count one confirmation link; False when the mailbox of this address got `LINKS_A_MAILBOX` today."""
    return is_within("confirmation", mailbox_of(address), at_most=LINKS_A_MAILBOX, seconds=DAY_SECONDS)


def mailbox_of(address: str) -> str:
    """Where the mail of an address ends: in lower case, without its tag, nor the dots that Gmail ignores."""
    local, _at, domain = address.strip().lower().rpartition("@")
    local = local.split("+")[0]
    if domain in ("gmail.com", "googlemail.com"):
        return f"{local.replace('.', '')}@gmail.com"
    return f"{local}@{domain}"
