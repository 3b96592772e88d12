"""First names, surnames and addresses as people write them, drawn from `contacts.invented.names`."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import accumulate
from random import Random

from contacts.folding import fold
from contacts.invented import names

PARTICLES = {"De": "de", "La": "la", "Du": "du"}
RARE_SHARE = 0.3  # of people have a surname that is not among the most frequent
# Reserved for documentation by RFC 2606: nothing sent there can reach anybody.
DOMAINS = ("example.org", "example.com", "example.net", "courriel.example.org", "poste.example.com")
DOMAIN_WEIGHTS = (40, 65, 80, 92, 100)
LOCAL_PARTS: tuple[Callable[[str, str, int], str], ...] = (
    lambda first, last, number: f"{first}.{last}{number}",
    lambda first, last, number: f"{first[0]}.{last}.{number}",
    lambda first, last, number: f"{last}.{first}{number}",
    lambda first, last, number: f"{first}-{last}-{number}",
)
# The numbers that ARCEP keeps for fiction: one mobile range and five of landlines, ten thousand each.
MOBILE, LANDLINES = "+3363998", ("+3319900", "+3326191", "+3335301", "+3346571", "+3353649")
NUMBERS_IN_A_RANGE = 10_000
STEP = 7_351  # no common factor with the size of a range: every number comes once before any comes again


@cache
def surnames() -> tuple[list[str], list[float]]:
    """Surnames and cumulated weights: the frequent ones by rank, then a long tail."""
    frequent = [spelled(name.replace("_", " ")) for name in names.SURNAMES]
    rare = [
        spelled(start + middle + end)
        for start in names.SURNAME_STARTS
        for middle in names.SURNAME_MIDDLES
        for end in names.SURNAME_ENDS
    ]
    weights = [1 / (rank + 15) for rank in range(len(frequent))]
    rare_weight = sum(weights) * RARE_SHARE / (1 - RARE_SHARE) / len(rare)
    return frequent + rare, list(accumulate(weights + [rare_weight] * len(rare)))


@cache
def first_names(year: int, sex: str) -> list[str]:
    """First names given to the children of a year."""
    generation = max(
        (row for row in names.GENERATIONS if row[0] <= year), key=lambda row: row[0], default=None
    )
    _start, women, men = generation or names.GENERATIONS[0]
    return (women if sex == "F" else men).split()


@cache
def streets() -> list[str]:
    """Streets as people write them: "12 rue des Lilas" without its number."""
    return [f"{kind.lower()} {_street(name)}" for kind in names.STREET_KINDS for name in names.STREET_NAMES]


def spelled(upper: str) -> str:
    """`"DE LA TOUR"` → `"de la Tour"`, `"SAINT-MARTIN"` → `"Saint-Martin"`, `"D'ALMEIDA"` → `"d'Almeida"`."""
    words = [PARTICLES.get(word, word) for word in upper.title().split(" ")]
    text = " ".join(words) if len(words) > 2 else upper.title()
    return f"d'{text[2:]}" if text.startswith("D'") else text


@cache
def in_address(name: str) -> str:
    """A name as it stands in an e-mail address: folded, without spaces."""
    return fold(name).replace(" ", "")


def email_of(rng: Random, first: str, last: str, number: int) -> str:
    """An address of this person alone: `number` is theirs."""
    local = LOCAL_PARTS[int(rng.random() * len(LOCAL_PARTS))](in_address(first), in_address(last), number)
    return f"{local}@{rng.choices(DOMAINS, cum_weights=DOMAIN_WEIGHTS)[0]}"


def mobile(number: int) -> str:
    """The `number`th mobile number; they come again after ten thousand."""
    return f"{MOBILE}{number * STEP % NUMBERS_IN_A_RANGE:04d}"


def landline(number: int) -> str:
    """The `number`th landline number; they come again after fifty thousand."""
    area = LANDLINES[number // NUMBERS_IN_A_RANGE % len(LANDLINES)]
    return f"{area}{number * STEP % NUMBERS_IN_A_RANGE:04d}"


def _street(upper: str) -> str:
    small = {"De", "La", "Le", "Du", "Des", "Les", "L'", "D'"}
    words = []
    for word in upper.title().split():
        if word.startswith(("L'", "D'")):
            word = word[0].lower() + word[1:]
        words.append(word.lower() if word in small else word)
    return " ".join(words)
