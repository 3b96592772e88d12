"""Domains that look misspelt, and those that are real."""

import pytest

from contacts.mail_domains import doubted, likely_address, likely_domain


@pytest.mark.parametrize(
    ("domain", "meant"),
    [
        ("gmial.com", "gmail.com"),
        ("gmaill.com", "gmail.com"),
        ("gmail.fr", "gmail.com"),
        ("gmail.con", "gmail.com"),
        ("hotmial.fr", "hotmail.fr"),
        ("orange.f", "orange.fr"),
        ("wanado.fr", "wanadoo.fr"),
        ("laposte.ner", "laposte.net"),
        ("yaho.fr", "yahoo.fr"),
        ("free.frr", "free.fr"),
    ],
)
def test_a_slip_beside_a_provider_is_doubted(domain, meant) -> None:
    assert likely_domain(domain) == meant
    assert likely_address(f"lea@{domain}") == f"lea@{meant}"


@pytest.mark.parametrize(
    "domain",
    [
        *["gmail.com", "orange.fr", "mail.com", "email.com", "yahoo.be", "hotmail.it", "gmx.de", "freed.fr"],
        *["mairie-beauvais.fr", "example.org", "sfr.com", "xn--caf-dma.fr"],
    ],
)
def test_a_domain_that_exists_is_not(domain) -> None:
    assert likely_domain(domain) is None
    assert likely_address(f"lea@{domain}") is None


def test_the_doubtful_ones_among_many() -> None:
    assert doubted(["gmial.com", "gmail.com", "example.org"]) == {"gmial.com": "gmail.com"}
