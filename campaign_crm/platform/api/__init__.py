"""What every operation of the REST API has in common.

access.py        who may: keys, personal tokens, sessions; scopes and rights
keys.py          keys: made, rotated, revoked
views.py         the base of every view: limits, conditional requests, requests sent twice, other origins
problems.py      errors, in one shape
idempotency.py   a request that is sent again is done once
filters.py       filters that a list declares
chosen.py        `?fields=`: only what is asked for
pages.py         pages by cursor
schema.py        how the OpenAPI description tells all this
"""
