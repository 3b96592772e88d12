"""Tokens of public links: what goes in comes out, nothing shows, nothing bends."""

import uuid
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from messaging.content import keyring, return_keys, tokens
from messaging.content.addresses import (
    link_code,
    read_hit,
    read_link_code,
    read_preferences,
    read_view_online,
)
from messaging.content.marks import AnonymousMark, PersonalMark, occasion_number, random_number
from messaging.content.return_keys import ReturnToken, read_return
from messaging.content.tokens import (
    BadToken,
    ClickToken,
    ConfirmToken,
    MessageToken,
    NoticeToken,
    OpenToken,
    PreferencesToken,
    RequestToken,
    RsvpToken,
    SeedToken,
    UnsubscribeToken,
    ViewOnlineToken,
    read_token,
)

MONTH = date(2027, 3, 1)
MOMENT = datetime(2027, 3, 4, 19, 30, tzinfo=UTC)
HASH = bytes(range(32))
PERSON = PersonalMark(MONTH, 42, 1_234_567, occasion_number("rsvp-9"), 3)
NOBODY = AnonymousMark(MONTH, 42, "2A", MOMENT, variant=3)
UNSUBSCRIBE = UnsubscribeToken("email", HASH, 1_234_567, 42, MONTH, date(2027, 3, 4), 7, 8, 1)
CONFIRM = ConfirmToken(uuid.UUID("0b5e2f5c-65b2-4b5e-9d2b-2c7c65f9b0aa"), HASH, MOMENT)
PREFERENCES = PreferencesToken("sms", 1_234_567, HASH, MOMENT, campaign=42)
REQUEST = RequestToken(12, HASH, MOMENT)
NOTICE = NoticeToken(42)
SEED = SeedToken(7, HASH, MOMENT)
RSVP = RsvpToken(12, HASH, MOMENT)
RETURN = ReturnToken(MONTH, 42, 1_234_567, occasion_number("rsvp-9"))

SIGNED = {
    "personal message": (lambda: tokens.sign_message(PERSON), MessageToken(PERSON), 60),
    "anonymous message": (lambda: tokens.sign_message(NOBODY), MessageToken(NOBODY), 60),
    "unsubscribe": (lambda: tokens.sign_unsubscribe(UNSUBSCRIBE), UNSUBSCRIBE, 108),
    "confirm": (lambda: tokens.sign_confirm(CONFIRM), CONFIRM, 96),
    "request": (lambda: tokens.sign_request(REQUEST), REQUEST, 84),
    "seed": (lambda: tokens.sign_seed(SEED), SEED, 84),
    "rsvp": (lambda: tokens.sign_rsvp(RSVP), RSVP, 84),
    "notice": (lambda: tokens.sign_notice(NOTICE), NOTICE, 36),
}

# Made earlier with the key b"k" * 32: mailings that left carry such tokens for years.
EARLIER = {
    "personal open": OpenToken(PERSON),
    "personal click": ClickToken(PERSON, 17),
    "view online": ViewOnlineToken(PERSON),
    "unsubscribe": UNSUBSCRIBE,
    "confirm": CONFIRM,
    "preferences": PREFERENCES,
}
SIGNED_SECOND = {  # one token for each link and page, as version 2 seals
    "personal open": "IRUpxbv9RVpUqfHEFow6A-QTgydcStrX8YRwhDnNTyYzpak-xBE9i_ritpKu",
    "personal click": "IsLPQLzEJnOG4qmZf9vel-UTmUtsXraRyg8m1fhubjpdgeZg9ebp04ju0qZu",
    "view online": "JFaBHFURjoy9xxqSNSyoamj9GuyjHKa8IIm3It8FtqS4th97LA90caHV61hy",
    "preferences": "JsdkwVyZbgr2J_eqc56f1l60LjYlVJ7TOecy4TrdrIedUoz9JHrq-HQz_4kT"
    "-hQZgVH-_FHD5hz0R_qTr0uCowb_Vg_w",
}
SIGNED_FIRST = {  # version 1
    "personal open": "EVSjyNli1lw9LJUYMmP9OtaAG09H7_D2iKypEr4zaqusMKMnPzH_qsbgdnad",
    "personal click": "EqrBcVNami5KJmos4NrEUNvQ2-WYTmseRp7lNWPLTIXa9ZId7X15jtlGSPQ6",
    "view online": "FJ9B6b4EQ3tVEORU02qpiLGMzJAPBF0TImXn5itF-iyR4LZqbBU-zhzmL07q",
    "unsubscribe": "Ew9Sc7dFnBZgAb33obTFURhRH8jjSJ79HEjr0mhFssOUcZmCd0zTfjOxC5AUMValApNQ25QSM0oWREzlXF2z"
    "ovMYEEpXm5EUpXhKyfHJWCZ4",
    "confirm": "FV7zYZMJlxWCc-R5M3qHIN4xthZGf7eMcdSsRsGT4YkWZXaWu3YRwV0j62gM"
    "sYIPy3xB4aEdauLBTVhyT5oBCtpEpmxfXz06",
    "preferences": "FkMd_e08uuirLrkFG9nKQ6zv9lAi0V3KNFOKaAio_ARMhtsItG39E5P-KuQc"
    "8yq3Ke6D-qHgVhw7cblvIBB9_-LrX2hh",
}
RETURNED_FIRST = "c5qhqa5pdev3x2rczaezautkj2uur4vdekuf2d6tlt67yvsl7g2aw7scaqbvi"

months = st.dates(date(2020, 1, 1), date(2099, 12, 1)).map(lambda day: day.replace(day=1))
personal_marks = st.builds(
    PersonalMark,
    months,
    st.integers(1, 2**32 - 1),
    st.integers(1, 2**63 - 1),
    st.integers(0, 2**64 - 1),
    st.integers(0, 255),
)
anonymous_marks = st.builds(
    AnonymousMark,
    months,
    st.integers(1, 2**32 - 1),
    st.sampled_from(["", "01", "2A", "75", "971", "988"]),
    st.integers(0, 4_000_000_000).map(lambda minute: datetime.fromtimestamp(minute * 60, UTC)),
    st.integers(0, 255),
    st.integers(-(2**63), 2**63 - 1),
)


@pytest.mark.parametrize("name", SIGNED)
def test_a_token_reads_back_as_what_was_signed(name):
    sign, expected, length = SIGNED[name]
    assert read_token(sign()) == expected
    assert len(sign()) == length


@given(mark=personal_marks | anonymous_marks, link=st.integers(1, 65_535))
@settings(max_examples=200)
def test_any_mark_survives_an_open_and_a_click(mark, link):
    token = tokens.sign_message(mark)
    assert read_hit(token) == OpenToken(mark)
    assert read_hit(f"{token}/{link_code(link, campaign=mark.campaign)}") == ClickToken(mark, link)


def test_measured_and_unmeasured_people_have_tokens_alike():
    """Same length, same header; the rest is indistinguishable from noise: no byte is common to a regime."""
    personal = [PersonalMark(MONTH, 42, contact) for contact in range(1, 200)]
    anonymous = [AnonymousMark(MONTH, 42, "75", MOMENT) for _ in range(1, 200)]
    by_regime = [
        [urlsafe_b64decode(tokens.sign_message(mark)) for mark in marks] for marks in (personal, anonymous)
    ]
    for signed in by_regime:
        assert {len(token) for token in signed} == {45}
        assert {token[0] for token in signed} == {by_regime[0][0][0]}
        for place in range(1, 45):
            assert len({token[place] for token in signed}) > 64  # about 138 of 256 expected


def test_no_identifier_shows_in_a_token():
    seen = urlsafe_b64decode(tokens.sign_unsubscribe(UNSUBSCRIBE))
    assert HASH[:4] not in seen
    assert (1_234_567).to_bytes(4, "big") not in seen


def test_the_same_message_has_the_same_personal_token_and_a_new_anonymous_mark_another():
    assert tokens.sign_message(PERSON) == tokens.sign_message(PERSON)
    again = AnonymousMark(NOBODY.ledger_month, NOBODY.campaign, NOBODY.department, MOMENT, variant=3)
    assert again.number != NOBODY.number
    assert tokens.sign_message(again) != tokens.sign_message(NOBODY)


def test_every_flipped_bit_is_refused():
    for sign, _expected, _length in SIGNED.values():
        raw = urlsafe_b64decode(sign())
        for bit in range(len(raw) * 8):
            bent = bytearray(raw)
            bent[bit // 8] ^= 1 << bit % 8
            with pytest.raises(BadToken):
                read_token(urlsafe_b64encode(bytes(bent)).decode())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "AAAA",
        "A" * 60,
        "A" * 108,
        "é" * 60,
        tokens.__name__,
        "=" * 60,
        "EY w" * 15,
        "A" * 4_000,
        "\n" * 4,
    ],
)
def test_what_was_never_signed_is_refused(text):
    with pytest.raises(BadToken):
        read_token(text)


@given(st.text(max_size=130))
def test_reading_any_text_answers_or_refuses_and_nothing_else(text):
    with pytest.raises(BadToken):
        read_token(text)
    with pytest.raises(BadToken):
        read_return(text)


def test_a_token_has_one_spelling():
    token = tokens.sign_message(PERSON)
    for other in (token + "=", token + "AAAA", token[:-1], f" {token}", f"{token}\n", token.swapcase()):
        with pytest.raises(BadToken):
            read_token(other)


def test_a_body_of_one_kind_is_refused_as_another():
    raw = bytearray(urlsafe_b64decode(tokens.sign_message(PERSON)))
    raw[0] = raw[0] & 0xF0 | keyring.Kind.OPEN
    with pytest.raises(BadToken):
        read_token(urlsafe_b64encode(bytes(raw)).decode())


def test_an_old_key_still_opens_and_the_first_one_signs(settings):
    old, new = b"o" * 32, b"n" * 32
    settings.LINK_KEYS = [old]
    signed_long_ago = tokens.sign_unsubscribe(UNSUBSCRIBE)
    settings.LINK_KEYS = [new, old]
    assert read_token(signed_long_ago) == UNSUBSCRIBE
    signed_today = tokens.sign_unsubscribe(UNSUBSCRIBE)
    assert signed_today != signed_long_ago
    settings.LINK_KEYS = [old]
    with pytest.raises(BadToken):
        read_token(signed_today)


@pytest.mark.parametrize(("name", "signed"), [*SIGNED_FIRST.items(), *SIGNED_SECOND.items()])
def test_what_was_signed_earlier_still_opens(name, signed, settings):
    settings.LINK_KEYS = [b"n" * 32, b"k" * 32]
    assert read_token(signed) == EARLIER[name]
    raw = bytearray(urlsafe_b64decode(signed))
    for place in range(len(raw)):
        bent = raw.copy()
        bent[place] ^= 1
        with pytest.raises(BadToken):
            read_token(urlsafe_b64encode(bytes(bent)).decode())


@pytest.mark.parametrize("earlier", [SIGNED_FIRST, SIGNED_SECOND], ids=["first", "second"])
def test_pages_and_counting_answer_messages_that_left_earlier(earlier, settings):
    settings.LINK_KEYS = [b"k" * 32]
    assert read_hit(earlier["personal open"]) == OpenToken(PERSON)
    assert read_hit(earlier["personal click"]) == ClickToken(PERSON, 17)
    assert read_view_online(earlier["view online"]) == PERSON
    assert read_preferences(earlier["preferences"]) == PREFERENCES
    for name, reads in (
        ("personal open", read_view_online),
        ("personal click", read_preferences),
        ("view online", read_hit),
        ("preferences", read_view_online),
    ):
        with pytest.raises(BadToken):
            reads(earlier[name])
    with pytest.raises(BadToken):
        read_hit(f"{earlier['personal open']}/{link_code(1, campaign=42)}")


def test_one_token_leads_to_all_pages_of_its_reader():
    token = tokens.sign_unsubscribe(UNSUBSCRIBE)
    assert read_view_online(token) == PersonalMark(MONTH, 42, 1_234_567, 8, 1)
    assert read_preferences(token) == UNSUBSCRIBE
    with pytest.raises(BadToken):
        read_hit(token)
    for reads in (read_view_online, read_preferences):
        with pytest.raises(BadToken):
            reads(tokens.sign_message(PERSON))


def test_codes_of_links_are_told_by_no_other_and_belong_to_their_campaign(settings):
    codes = [link_code(number, campaign=42) for number in range(1, 60)]
    assert {len(code) for code in codes} == {12}
    assert len({code[3:] for code in codes}) == len(codes)
    assert [read_link_code(code, campaign=42) for code in codes] == list(range(1, 60))
    raw = bytearray(urlsafe_b64decode(codes[0]))
    for bit in range(len(raw) * 8):
        bent = bytearray(raw)
        bent[bit // 8] ^= 1 << bit % 8
        with pytest.raises(BadToken):
            read_link_code(urlsafe_b64encode(bytes(bent)).decode(), campaign=42)
    for other in ("", codes[0][:-1], f"{codes[0]}A", "é" * 12, f"{codes[0]}\n"):
        with pytest.raises(BadToken):
            read_link_code(other, campaign=42)
    with pytest.raises(BadToken):
        read_link_code(codes[0], campaign=43)
    settings.LINK_KEYS = [b"n" * 32, *settings.LINK_KEYS]
    assert read_link_code(codes[0], campaign=42) == 1
    assert link_code(1, campaign=42) != codes[0]


def test_a_return_path_of_the_first_way_still_names_its_message(settings):
    settings.LINK_KEYS = [b"k" * 32]
    assert read_return(RETURNED_FIRST) == RETURN
    assert len(RETURNED_FIRST) == len(return_keys.sign_return(RETURN))


def test_every_refusal_says_the_same():
    messages = set()
    for text in ("", "A" * 60, tokens.sign_message(PERSON)[:-4] + "AAAA"):
        with pytest.raises(BadToken) as refused:
            read_token(text)
        messages.add(str(refused.value))
    assert len(messages) == 1


def test_a_return_token_fits_in_a_local_part_and_survives_a_change_of_case():
    token = return_keys.sign_return(RETURN)
    assert len(f"b1+{token}") <= 64
    assert token.isascii()
    assert token.isalnum()
    assert read_return(token) == read_return(token.upper()) == RETURN
    assert return_keys.sign_return(RETURN) == token


def test_a_return_token_is_no_public_token():
    with pytest.raises(BadToken):
        read_token(return_keys.sign_return(RETURN))
    with pytest.raises(BadToken):
        read_return(tokens.sign_message(PERSON))


def test_every_bent_return_token_is_refused():
    token = return_keys.sign_return(RETURN)
    for place, char in enumerate(token):
        bent = token[:place] + ("a" if char != "a" else "b") + token[place + 1 :]
        with pytest.raises(BadToken):
            read_return(bent)


def test_an_address_hash_of_another_size_cannot_be_signed():
    with pytest.raises(ValueError, match="32 bytes"):
        tokens.sign_confirm(ConfirmToken(CONFIRM.submission, b"short", MOMENT))


def test_a_moment_without_a_time_zone_cannot_be_signed():
    with pytest.raises(ValueError, match="time zone"):
        tokens.sign_message(AnonymousMark(MONTH, 42, "75", datetime(2027, 3, 4)))  # noqa: DTZ001


def test_random_numbers_fit_a_bigint_and_differ():
    numbers = {random_number() for _ in range(100)}
    assert len(numbers) == 100
    assert all(-(2**63) <= number < 2**63 for number in numbers)


def test_the_occasion_of_a_mailing_is_zero():
    assert occasion_number("") == 0
    assert occasion_number("rsvp-9") == occasion_number("rsvp-9") != occasion_number("rsvp-8")
