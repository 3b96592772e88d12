"""A fake in a process of its own, for benchmarks: `python -m tests.support.http_fakes brevo PORT`.

It answers as fast as it can and counts recipients without making their messages. It prints its address; each
line on its standard input makes it print how many recipients it took since the last, and forget them.
"""

from __future__ import annotations

import json
import sys

from tests.support.http_fakes.api import FakeApi
from tests.support.http_fakes.brevo import BrevoFake
from tests.support.http_fakes.mailgun import MailgunFake
from tests.support.http_fakes.mailjet import MailjetFake
from tests.support.http_fakes.sendgrid import SendGridFake
from tests.support.http_fakes.server import FakeServer
from tests.support.http_fakes.ses import SesFake

FAKES: dict[str, type[FakeApi]] = {
    "brevo": BrevoFake,
    "mailgun": MailgunFake,
    "mailjet": MailjetFake,
    "sendgrid": SendGridFake,
    "ses": SesFake,
}


def main(name: str, port: int) -> None:
    api = FAKES[name](lean=True)
    with FakeServer(api, keep=False, port=port) as server:
        print(server.url, flush=True)
        for _line in sys.stdin:
            print(json.dumps(api.start_over()), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
