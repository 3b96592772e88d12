"""What makes an answer of a public page suspect: it then waits for a look, and is not refused.

A signed time says when the page was made: under two seconds no person fills it in; a page kept by a cache is
older, which says nothing. A proof of work (ALTCHA's protocol, checked here, used once) costs a robot more
than a person. Throw-away mailboxes and domains without mail are looked up; where nobody answers, nothing is
said.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode
from datetime import timedelta
from typing import Any

from altcha.v1 import ChallengeOptions, create_challenge, verify_solution
from disposable_email_domains import blocklist
from django.conf import settings
from django.core.signing import BadSignature, SignatureExpired, TimestampSigner
from django.utils import timezone

from campaign_crm.platform.caching import remembered
from campaign_crm.platform.limits import is_within
from messaging.domains.lookup import Lookup, NoAnswer, system_lookup
from tracking.enums import Suspicion
from tracking.services.sign_up_limits import LARGE_HOSTS

LEAST_TIME = timedelta(seconds=2)
PROOF_LASTS = timedelta(hours=2)
DOMAIN_KEPT = 3_600  # seconds
SIGNER = TimestampSigner(salt="tracking.form")
STAMP, PROOF = "stamp", "proof"  # names of the page's hidden fields
LONGEST_PROOF = 2_000  # characters


def page_stamp(slug: str) -> str:
    """When the page of a form was made, signed."""
    return SIGNER.sign(slug)


def new_challenge() -> dict[str, Any]:
    """A puzzle for a browser, in ALTCHA's words; its answer is good for `PROOF_LASTS`."""
    options = ChallengeOptions(
        max_number=settings.FORM_PROOF_COST,
        hmac_key=_proof_key(),
        expires=timezone.now() + PROOF_LASTS,
    )
    made: dict[str, Any] = create_challenge(options).to_dict()
    return made


def suspicions_of(*, slug: str, posted: Any, email: str, lookup: Lookup | None = None) -> list[Suspicion]:
    """Reasons to look at what a browser sent, none for most people. `lookup`: this machine's resolver, unless
    FORM_MAIL_CHECK is off."""
    found = [_of_stamp(slug, posted.get(STAMP, "")), _of_proof(posted.get(PROOF, ""))]
    domain = email.rpartition("@")[2].lower()
    if domain and domain not in LARGE_HOSTS:
        found.append(_of_domain(domain, lookup))
    return [one for one in found if one is not None]


def _of_stamp(slug: str, stamp: str) -> Suspicion | None:
    """A page that was not made here, or not for this form, was read by no person."""
    try:
        if SIGNER.unsign(stamp) != slug:
            return Suspicion.FORGED
        SIGNER.unsign(stamp, max_age=LEAST_TIME)
    except SignatureExpired:  # older than what only a robot needs
        return None
    except BadSignature:
        return Suspicion.FORGED
    return Suspicion.TOO_FAST


def _of_proof(proof: str) -> Suspicion | None:
    if not proof:
        return Suspicion.NO_PROOF
    if len(proof) > LONGEST_PROOF:
        return Suspicion.FORGED
    try:
        is_good, _error = verify_solution(proof, _proof_key(), check_expires=True)
        once = str(json.loads(b64decode(proof))["signature"]) if is_good else ""
    except (ValueError, KeyError, TypeError, AttributeError):
        return Suspicion.FORGED
    seconds = int(PROOF_LASTS.total_seconds())
    if is_good and is_within("form-proof", once, at_most=1, seconds=seconds):
        return None
    return Suspicion.FORGED


def _of_domain(domain: str, lookup: Lookup | None) -> Suspicion | None:
    parents = [domain.split(".", cut)[-1] for cut in range(domain.count("."))]
    if any(parent in blocklist for parent in (domain, *parents)):
        return Suspicion.DISPOSABLE
    key = f"mail-domain:{hashlib.sha256(domain.encode()).hexdigest()[:32]}"
    if lookup is None and not settings.FORM_MAIL_CHECK:
        return None
    receives = remembered(key, seconds=DOMAIN_KEPT, compute=lambda: _receives_mail(domain, lookup))
    return None if receives else Suspicion.NO_MAILBOX


def _receives_mail(domain: str, lookup: Lookup | None) -> bool:
    """RFC 5321 §5.1: its MX records, else its address; RFC 7505: "." receives none."""
    try:
        asked = lookup or system_lookup()
        servers = asked.mail_servers(domain)
        if servers:
            return any(server.host for server in servers)
        return bool(asked.addresses(domain))
    except NoAnswer:
        return True


def _proof_key() -> str:
    return hashlib.sha256(f"tracking.form.proof:{settings.SECRET_KEY}".encode()).hexdigest()
