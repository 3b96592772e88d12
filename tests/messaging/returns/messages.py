"""Mail as servers and people send it back, written after real shapes with invented people."""

from __future__ import annotations

DSN = """\
Return-Path: <>
From: MAILER-DAEMON@mx.example.net (Mail Delivery System)
To: b+{key}@returns.example.org
Subject: Undelivered Mail Returned to Sender
Date: Thu, 26 Nov 2026 10:00:00 +0100
Message-ID: <dsn-{number}@mx.example.net>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="XX"

--XX
Content-Type: text/plain

This is the mail system. I'm sorry to have to inform you that your message could not be delivered.

--XX
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net
Arrival-Date: Thu, 26 Nov 2026 09:59:00 +0100

Final-Recipient: rfc822; person1@example.com
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {said}

--XX
Content-Type: text/rfc822-headers

From: news@example.org
Message-ID: <{inner}@example.org>
Subject: Bonjour

--XX--
"""
ARF = """\
From: feedback@mailbox.example
To: abuse@example.org
Subject: FW: Bonjour
Message-ID: <arf@mailbox.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="YY"

--YY
Content-Type: text/plain

This is an email abuse report.

--YY
Content-Type: message/feedback-report

Feedback-Type: {type}
User-Agent: SomeGenerator/1.0
Version: 1
Original-Rcpt-To: person1@example.com

--YY
Content-Type: message/rfc822

From: news@example.org
Message-ID: <{key}@example.org>
Subject: Bonjour

text
--YY--
"""
QMAIL = """\
From: MAILER-DAEMON@old.example
To: b+{key}@returns.example.org
Subject: failure notice

Hi. This is the qmail-send program at old.example.
<person1@example.com>:
Sorry, no mailbox here by that name. (#5.1.1)
"""
EXIM = """\
From: Mail Delivery System <Mailer-Daemon@exim.example>
To: b+{key}@returns.example.org
X-Failed-Recipients: person1@example.com
Subject: Mail delivery failed: returning message to sender

  person1@example.com
    host mx.example.com [192.0.2.5]
    SMTP error from remote mail server after RCPT TO:<person1@example.com>:
    550 5.7.1 Message rejected due to local policy
"""
EXIM_WARNING = """\
From: Mail Delivery System <Mailer-Daemon@exim.example>
To: b+{key}@returns.example.org
X-Failed-Recipients: person1@example.com
Subject: Warning: message delayed 24 hours

This message was created automatically. A message that you sent has not yet been delivered.
    451 4.7.1 try later
No action is required on your part.
"""
FRENCH = """\
From: postmaster@outlook.example
To: b+{key}@returns.example.org
Subject: =?utf-8?q?Non_remis=C2=A0:_Bonjour?=

La boîte aux lettres du destinataire est pleine. 554 5.2.2 mailbox full
"""
REPLY = """\
From: =?utf-8?q?L=C3=A9a_Martin?= <{address}>
To: answers@example.org
Subject: Re: Bonjour
In-Reply-To: <{key}@example.org>
Message-ID: <reply-{number}@example.com>
Date: Thu, 26 Nov 2026 10:00:00 +0100
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

Merci, je viendrai !

Le jeu. 26 nov. 2026 à 09:00, Équipe de campagne <news@example.org>
a écrit :
> Bonjour
"""
