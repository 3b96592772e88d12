"""Mail that comes back: returns (DSN), reports of spam (ARF), absence notices and answers of people.

`verp` makes the address that returns come to; `imap` reads mailboxes, `lmtp` takes what a mail server hands
over. Both keep each message as it came (`messaging.webhooks.receiving`, form "mail"); `sorting` tells what it
is, `notices` reads the formal ones, `replies` keeps the others for the person's timeline.
"""
