"""Comparing what a domain publishes with what it should."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import checkdmarc.dmarc
import checkdmarc.spf
import checkdmarc.utils

from messaging.domains.arrival import Arrival
from messaging.domains.lookup import Lookup, NoAnswer
from messaging.domains.records import WantedRecord
from messaging.models.domain_record import Fault, Purpose, RecordState

AT_ONCE = 8  # questions
MOST_LOOKUPS = 10  # of one SPF record (RFC 7208 §4.6.4)
LOOKUP_SECONDS = 2.0
_TAG = re.compile(r"\s*([a-z]+)\s*=\s*([^;]*)", re.IGNORECASE)

Look = Callable[[str], Arrival]


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look at one record found."""

    state: RecordState
    fault: Fault = Fault.NONE
    found: Sequence[str] = field(default_factory=tuple)
    detail: str = ""


RIGHT = Seen(RecordState.RIGHT)
MISSING = Seen(RecordState.MISSING)


def check_all(wanted: Sequence[WantedRecord], lookup: Lookup, look: Look) -> list[Seen]:
    """Look at every record, several at once; one result a record, in the same order."""
    # checkdmarc remembers answers for half an hour: whoever has just mended a record wants to see it.
    checkdmarc.utils.DNS_CACHE.clear()
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="dns") as pool:
        return list(pool.map(lambda record: check_one(record, lookup, look), wanted))


def check_one(wanted: WantedRecord, lookup: Lookup, look: Look) -> Seen:
    """Look at one record; no answer is `NOT_CHECKED`."""
    try:
        match wanted.purpose:
            case Purpose.DKIM | Purpose.RELAY_DKIM:
                return _key(wanted, lookup)
            case Purpose.SPF | Purpose.RETURN_SPF:
                return _spf(wanted, lookup)
            case Purpose.DMARC:
                return _dmarc(wanted, lookup)
            case Purpose.RETURN_PATH:
                return _alias(wanted, lookup) if wanted.type == "CNAME" else _mail_server(wanted, lookup)
            case _:
                return _tracking(wanted, lookup, look)
    except NoAnswer as silence:
        return Seen(RecordState.NOT_CHECKED, detail=silence.words)


def _key(wanted: WantedRecord, lookup: Lookup) -> Seen:
    found = [text for text in lookup.texts(wanted.name) if "p" in _tags(text)]
    if not found:
        return MISSING
    if len(found) > 1:
        return Seen(RecordState.WRONG, Fault.SEVERAL, found)
    (text,) = found
    published = _tags(text)["p"]
    if not published:
        return Seen(RecordState.WRONG, Fault.REVOKED, found)  # RFC 6376 §3.6.1: an empty key is revoked
    ours = _tags(wanted.value)
    # A key without its algorithm is read as RSA (RFC 6376 §3.6.1): an Ed25519 one would prove nothing.
    kind = _tags(text).get("k", "rsa").lower()
    if wanted.value and (published, kind) != (ours["p"], ours.get("k", "rsa").lower()):
        return Seen(RecordState.WRONG, Fault.OTHER_VALUE, found)
    return Seen(RecordState.RIGHT, found=found)


def _spf(wanted: WantedRecord, lookup: Lookup) -> Seen:
    found = [text for text in lookup.texts(wanted.name) if _is_spf(text)]
    if not found:
        return MISSING
    if len(found) > 1:  # RFC 7208 §4.5: none of them counts
        return Seen(RecordState.WRONG, Fault.SEVERAL, found)
    (text,) = found
    parsed = _parsed_spf(text, wanted.name, lookup)
    if isinstance(parsed, Seen):
        return parsed
    named, lookups = parsed
    if lookups > MOST_LOOKUPS:
        return Seen(RecordState.WRONG, Fault.TOO_MANY_LOOKUPS, found, str(lookups))
    missing = [term for term in wanted.terms if term.lower() not in named]
    if missing:
        return Seen(RecordState.WRONG, Fault.LACKS_TERMS, found, " ".join(missing))
    return Seen(RecordState.RIGHT, found=found)


def _parsed_spf(text: str, name: str, lookup: Lookup) -> tuple[set[str], int] | Seen:
    """Every term that the record names, by itself or through others, and its lookups; or what is wrong."""
    try:
        parsed = checkdmarc.spf.parse_spf_record(
            text,
            name,
            ignore_too_many_lookups=True,
            resolver=lookup.resolver,
            timeout=LOOKUP_SECONDS,
            retries=0,
        )
    except checkdmarc.spf.SPFSyntaxError as error:
        return Seen(RecordState.WRONG, Fault.SYNTAX, [text], str(error.args[0])[:300])
    except checkdmarc.spf.SPFError as error:
        # An included record that is away says nothing about ours.
        return Seen(RecordState.NOT_CHECKED, found=[text], detail=str(error.args[0])[:300])
    return {word.lower() for word in text.split()} | _named(parsed["parsed"]), parsed["dns_lookups"] or 0


def _named(parsed: object) -> set[str]:
    """Mechanisms of a parsed record and of those it includes, as they are written."""
    if isinstance(parsed, dict):
        own = set()
        if isinstance(parsed.get("mechanism"), str) and isinstance(parsed.get("value"), str):
            own.add(f"{parsed['mechanism']}:{parsed['value']}".lower())
        return own.union(*(_named(value) for value in parsed.values()))
    if isinstance(parsed, list):
        return set[str]().union(*(_named(value) for value in parsed))
    return set()


def _dmarc(wanted: WantedRecord, lookup: Lookup) -> Seen:
    domain = wanted.name.removeprefix("_dmarc.")
    for name in dict.fromkeys((domain, checkdmarc.utils.get_base_domain(domain))):
        found = [text for text in lookup.texts(f"_dmarc.{name}") if _is_dmarc(text)]
        if len(found) > 1:  # RFC 9989 §4.7: none of them counts
            return Seen(RecordState.WRONG, Fault.SEVERAL, found)
        if found:
            return _policy(found)
    return MISSING


def _policy(found: list[str]) -> Seen:
    tags = _tags(found[0])
    if tags.get("p", "").strip().lower() not in ("none", "quarantine", "reject"):
        return Seen(RecordState.WRONG, Fault.SYNTAX, found, "p=")
    return Seen(RecordState.RIGHT, found=found)


def _mail_server(wanted: WantedRecord, lookup: Lookup) -> Seen:
    found = lookup.mail_servers(wanted.name)
    shown = [f"{server.preference} {server.host}" for server in found]
    if not found:
        return MISSING
    target = wanted.value.split()[-1]
    # Every server in the list may be given the return: all must be ours.
    if any(server.host != target for server in found):
        return Seen(RecordState.WRONG, Fault.OTHER_VALUE, shown)
    return Seen(RecordState.RIGHT, found=shown)


def _alias(wanted: WantedRecord, lookup: Lookup) -> Seen:
    target = lookup.alias(wanted.name)
    if not target:
        return MISSING
    if target != wanted.value.lower():
        return Seen(RecordState.WRONG, Fault.OTHER_VALUE, [target])
    return Seen(RecordState.RIGHT, found=[target])


def _tracking(wanted: WantedRecord, lookup: Lookup, look: Look) -> Seen:
    """An alias is asked for; an address of the same server does as well. Then whether readers arrive."""
    target = lookup.alias(wanted.name)
    found = [target] if target else lookup.addresses(wanted.name)
    if not found:
        return MISSING
    arrival = look(wanted.name)
    if arrival.came is None:
        return Seen(RecordState.NOT_CHECKED, found=found, detail=arrival.detail)
    if arrival.came:
        return Seen(RecordState.RIGHT, found=found)
    if target and target != wanted.value:
        return Seen(RecordState.WRONG, Fault.OTHER_VALUE, found)
    return Seen(RecordState.WRONG, arrival.fault, found, arrival.detail)


def _tags(text: str) -> dict[str, str]:
    """`k=rsa; p=…` as a dictionary; white space within values does not count (RFC 6376 §3.2)."""
    found = (_TAG.fullmatch(part) for part in text.split(";"))
    return {match[1].lower(): "".join(match[2].split()) for match in found if match}


def _is_spf(text: str) -> bool:
    return text.lower() == "v=spf1" or text.lower().startswith("v=spf1 ")


def _is_dmarc(text: str) -> bool:
    return _tags(text).get("v", "").upper() == "DMARC1"
