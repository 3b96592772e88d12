import pytest

from tools.typography import faults

GOOD = [
    "L’envoi est prêt\u00a0: 3\u202f% des personnes.",
    "« Rassemblement »".replace("« ", "«\u00a0").replace(" »", "\u00a0»"),
    "Vraiment\u202f?!",
    'Lire <a href="/aide/?page=2">l’aide</a>',
    "%(count)s personnes, de %(start)s à %(end)s",
    "À 18:30, le https://example.org/?a=b;c",
    "{{ l'heure }} n’est pas du texte",
    "100\u00a0%% des personnes",
    "(facultatif)",
]
BAD = [
    ("L'envoi", "straight apostrophe: write ’"),
    ("Prêt : oui", "“:” needs a no-break space before it"),
    ("Prêt?", "“?” needs a no-break space before it"),
    ("Oui !", "“!” needs a no-break space before it"),
    ("%(name)s: oui", "“:” needs a no-break space before it"),
    ("« mot\u00a0»", "« needs a no-break space after it"),
    ("«\u00a0mot»", "“»” needs a no-break space before it"),
    ('Le "mot"', "straight quotation mark: write « … »"),
    ("d'%(name)s", "straight apostrophe: write ’"),
]


@pytest.mark.parametrize("text", GOOD)
def test_well_set_text_has_no_fault(text: str) -> None:
    assert faults(text) == []


@pytest.mark.parametrize(("text", "fault"), BAD)
def test_fault_is_named(text: str, fault: str) -> None:
    assert faults(text) == [fault]
