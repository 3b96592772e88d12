"""What a sink does: the extensions it announces and the faults it plays. Plain data, sent as JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong at one stage of a session.

    `stage`: greeting, ehlo, auth, mail, rcpt, data (the command), body (while the payload arrives) or dot.
    `action`: reply (answer `code` and `text`; 421 also closes), close, reset (TCP RST), hang.
    `pattern` is a regular expression searched in the sender (mail) or in the recipients (rcpt and later).
    `times`: how often it happens at most, over all connections; None: always.
    `after_bytes`: for stage body, how much of the payload must have arrived.
    `keeps`: at stage dot, whether the message counts as taken although the answer is bad or missing.
    """

    stage: str
    action: str = "reply"
    code: int = 451
    text: str = "4.3.0 try again later"
    probability: float = 1.0
    pattern: str = ""
    times: int | None = None
    after_bytes: int = 0
    keeps: bool = False


@dataclass(frozen=True)
class SinkOptions:
    """How the sink presents itself. Times in seconds, sizes in bytes."""

    pipelining: bool = True
    eight_bit: bool = True
    smtputf8: bool = True
    size: int = 50_000_000
    ehlo: bool = True  # False: an old server that knows only HELO
    round_trip: float = 0.0  # what arrives is read this much later, as over a long line
    max_messages: int = 0  # a connection; then 421 to MAIL. 0: no limit
    data_without_recipients: bool = False  # 354 although every RCPT was refused
    tls: str = ""  # "starttls" or "implicit", with a self-signed certificate for localhost
    user: str = ""  # with a password: AUTH is required
    password: str = ""
    mechanisms: tuple[str, ...] = ("PLAIN", "LOGIN")
    keep_messages: bool = False  # whole messages, one file each
    faults: tuple[Fault, ...] = ()
    seed: int = 1  # of the probabilities

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> SinkOptions:
        faults = tuple(Fault(**fault) for fault in data.pop("faults", ()))
        return cls(**{**data, "faults": faults, "mechanisms": tuple(data.get("mechanisms", ()))})
