"""What a row says of an agreement: channel by channel, in which words, with which proof, on which day."""

from __future__ import annotations

import json
from datetime import date
from typing import Any, NamedTuple

from contacts.folding import fold
from contacts.imports.people.cells import Cells
from contacts.imports.reading import Row
from contacts.imports.states import is_agreement, is_plain_no

WORD_LIMIT = 60
PROOF_LIMIT = 500
_AGREES = {"email": "agrees_email", "sms": "agrees_sms", "call": "agrees_call", "post": "agrees_post"}


class Agreement(NamedTuple):
    """`agrees`: {channel: yes or no} of filled cells, None where it is neither. `said`: the row, in JSON."""

    agrees: dict[str, bool | None]
    words: str
    proof: str
    said: str | None


def read_agreement(cells: Cells, row: Row, collected_on: date | None) -> Agreement:
    texts = {channel: cells.text(row, key) for channel, key in _AGREES.items() if key in cells.columns}
    words = cells.text(row, "consent_words")[:PROOF_LIMIT]
    proof = cells.joined(row, "consent_proof")[:PROOF_LIMIT]
    agrees = {channel: _read(text) for channel, text in texts.items() if fold(text)}
    return Agreement(agrees, words, proof, _said(texts, words, proof, collected_on))


def _read(text: str) -> bool | None:
    return True if is_agreement(text) else False if is_plain_no(text) else None


def _said(texts: dict[str, str], words: str, proof: str, collected_on: date | None) -> str | None:
    """As written; an empty cell says that there is none."""
    if not (texts or words or proof):
        return None
    said: dict[str, Any] = {
        "cells": {channel: text[:WORD_LIMIT] for channel, text in texts.items()},
        "not": [channel for channel, text in texts.items() if not is_agreement(text[:WORD_LIMIT])],
    }
    if words:
        said["words"] = words
    if proof:
        said["proof"] = proof
    if collected_on:
        said["on"] = collected_on.isoformat()
    return json.dumps(said, ensure_ascii=False)
