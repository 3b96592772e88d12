"""Listing, searching, reading and bounding the caught mailbox."""

from __future__ import annotations

import pytest

from campaign_crm.platform.mail_catcher import mailbox, storage
from campaign_crm.platform.mail_catcher.mailbox import NoSuchMessage
from campaign_crm.platform.mail_catcher.storage import Store


def keep(store: Store, number: int, *, body: str = "body", subject: str = "") -> str:
    head = f"From: a@example.org\r\nSubject: {subject or f'Message {number}'}\r\n"
    raw = f"{head}Content-Type: text/plain; charset=utf-8\r\n\r\n{body}\r\n".encode()
    recipients = [f"p{number}@example.com"]
    words = mailbox.words_of(sender="b@example.org", recipients=recipients, raw=raw)
    return store.add(sender="b@example.org", recipients=recipients, message=raw, words=words)


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(tmp_path / "mailbox")


def test_pages_go_from_the_newest_to_the_oldest(store):
    ids = [keep(store, number) for number in range(7)]
    assert ids == sorted(ids)
    first = mailbox.list_messages(store.folder, limit=3)
    second = mailbox.list_messages(store.folder, limit=3, before=first[-1].id)
    third = mailbox.list_messages(store.folder, limit=3, before=second[-1].id)
    assert [summary.id for summary in (*first, *second, *third)] == ids[::-1]
    assert first[0].subject == "Message 6"
    assert first[0].received_at.tzinfo is not None
    assert mailbox.count_messages(store.folder) == 7


def test_an_empty_or_missing_mailbox_has_no_messages(tmp_path):
    assert mailbox.list_messages(tmp_path / "nowhere") == []
    assert mailbox.list_messages(tmp_path / "nowhere", search="x") == []
    assert mailbox.count_messages(tmp_path) == 0


def test_search_needs_every_word_and_no_accents(store):
    wanted = keep(store, 1, subject="Réunion publique", body="Rendez-vous à Saint-Étienne")
    keep(store, 2, subject="Réunion", body="ailleurs")
    for words in ("reunion ETIENNE", "p1@example.com", "publique", "  Étienne\t"):
        assert [found.id for found in mailbox.list_messages(store.folder, search=words)] == [wanted]
    assert len(mailbox.list_messages(store.folder, search="réunion")) == 2
    assert mailbox.list_messages(store.folder, search="reunion nowhere") == []


def test_search_reads_the_files_when_the_index_does_not_know(store):
    wanted = keep(store, 1, subject="Café")
    (store.folder / storage.INDEX_NAME).unlink()
    keep(store, 2)
    assert [found.id for found in mailbox.list_messages(store.folder, search="cafe")] == [wanted]


def test_only_the_newest_messages_are_kept(tmp_path):
    store = Store(tmp_path, kept=120)
    ids = [keep(store, number) for number in range(250)]
    assert mailbox.count_messages(tmp_path) <= 120 + storage.PRUNED_EVERY
    Store(tmp_path, kept=120)
    left = [summary.id for summary in mailbox.list_messages(tmp_path, limit=500)]
    assert left == ids[:-121:-1]
    assert list(storage.read_index(tmp_path)) == ids[-120:]


def test_deleting_one_and_all(store):
    ids = [keep(store, number) for number in range(3)]
    assert mailbox.delete_messages(store.folder, ids[1], ids[1]) == 1
    with pytest.raises(NoSuchMessage):
        mailbox.read_message(store.folder, ids[1])
    assert [found.id for found in mailbox.list_messages(store.folder, search="message")] == [ids[2], ids[0]]
    assert mailbox.delete_all(store.folder) == 2
    assert mailbox.list_messages(store.folder) == []


@pytest.mark.parametrize(
    "bad", ["../secret", "/etc/passwd", "", "x", "20261101T120000000000-0000000g", "a/../b", "."]
)
def test_an_id_can_name_no_other_file(store, bad):
    (store.folder.parent / "secret.eml").write_text("secret")
    for act in (mailbox.read_message, mailbox.delete_messages):
        with pytest.raises(NoSuchMessage):
            act(store.folder, bad)
    assert (store.folder.parent / "secret.eml").exists()


def test_foreign_files_in_the_folder_are_ignored(store):
    wanted = keep(store, 1)
    (store.folder / "notes.eml").write_text("x")
    (store.folder / f"{wanted}.part").write_text("half")
    assert [found.id for found in mailbox.list_messages(store.folder)] == [wanted]


HOSTILE = """<html><head><style>p { color: red }</style><script>alert(1)</script><base href="https://evil.example"></head>
<body onload="alert(2)" bgcolor="#fff"><p style="color:blue" onclick="x()">Hi <a href="https://a.example/1">one</a>
<a href="javascript:alert(3)">two</a> <a href="data:text/html,x">three</a><form action="https://evil.example">
<input name="q"></form><iframe src="https://evil.example"></iframe><svg onload="x()"><a href="#">s</a></svg>
<img src="cid:logo@x" onerror="x()"><img src="data:text/html,x">
<meta http-equiv="refresh" content="0;url=//e">
<table cellpadding="4" width="600"><tr><td valign="top" bgcolor="#eee">cell</td></tr></table></p>
</body></html>"""


def multipart(html: str) -> bytes:
    return (
        "Subject: =?utf-8?b?w4l0w6k=?=\r\nDate: not a date\r\nTo: <<<broken\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/related; boundary="B"\r\n\r\n'
        f"--B\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{html}\r\n"
        "--B\r\nContent-Type: image/png\r\nContent-ID: <logo@x>\r\nContent-Transfer-Encoding: base64\r\n"
        'Content-Disposition: inline; filename="logo.png"\r\n\r\niVBORw0KGgo=\r\n--B--\r\n'
    ).encode()


def test_hostile_html_loses_what_runs_and_keeps_its_looks(store):
    message_id = store.add(
        sender="a@example.org", recipients=["b@example.com"], message=multipart(HOSTILE), words=""
    )
    caught = mailbox.read_message(store.folder, message_id)
    safe = caught.safe_html
    for gone in (
        "script",
        "onload",
        "onclick",
        "onerror",
        "javascript:",
        "evil.example",
        "<form",
        "<svg",
        "refresh",
    ):
        assert gone not in safe
    assert "text/html" not in safe
    assert '<a href="https://a.example/1" rel="noopener noreferrer" target="_blank">' in safe.replace(
        'target="_blank" rel="noopener noreferrer"', 'rel="noopener noreferrer" target="_blank"'
    )
    assert "<style>p { color: red }</style>" in safe
    assert 'style="color:blue"' in safe
    assert 'cellpadding="4"' in safe
    assert 'src="data:image/png;base64,iVBORw0KGgo="' in safe
    assert [(link.url, link.text) for link in caught.links] == [("https://a.example/1", "one")]
    assert [(part.name, part.type, part.size) for part in caught.attachments] == [
        ("logo.png", "image/png", 8)
    ]
    assert caught.summary.subject == "Été"
    assert dict(caught.headers)["Date"] == "not a date"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00\xff\xfe",
        b"Subject: =?utf-8?b?!!!?=\r\nFrom: \xff\xfe\r\n\r\nx",
        b"Content-Type: text/plain; charset=nonsense\r\n\r\n\xff\r\n",
        b"Content-Type: text/html\r\n\r\n<![x<!-- <a href=https://a.example/1>\xff",
        b"Content-Type: multipart/mixed\r\n\r\nno boundary\r\n",
        b"Content-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n%%%\r\n",
        b'Content-Type: ;;;=\r\nTo: a@b, <"\r\nDate: Mon, 99 Foo 20000000000 99:99:99 +9999\r\n\r\nx\r\n',
        b"Message-ID: <[\r\nReply-To: @\r\n\r\nx",
    ],
)
def test_a_broken_message_can_still_be_read(store, raw):
    words = mailbox.words_of(sender="a@example.org", recipients=["b@example.com"], raw=raw)
    message_id = store.add(sender="a@example.org", recipients=["b@example.com"], message=raw, words=words)
    assert [found.id for found in mailbox.list_messages(store.folder, search="b@example.com")] == [message_id]
    assert mailbox.read_message(store.folder, message_id).raw == raw
