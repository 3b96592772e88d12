"""The statements over the staging tables of an opt-out file."""

from __future__ import annotations

GIVEN = "line integer, hash bytea, algorithm text, channel text, scope text, reason text, at timestamptz"
# `state`: new, known, changed (a bounce becomes what a person said), or waiting for its address.
ENTRIES = f"{GIVEN}, state text NOT NULL"
DIGESTS = "algorithm text, digest bytea, address_hash bytea"

# The addresses of the base as other programs hash them, for the algorithms of this file only.
FILL_DIGESTS = """
INSERT INTO {digests} (algorithm, digest, address_hash)
SELECT used.algorithm, crm_digest(used.algorithm, point.normalised), point.address_hash
FROM (SELECT DISTINCT normalised, address_hash FROM contacts_emailaddress) AS point
CROSS JOIN (SELECT DISTINCT algorithm FROM {given} WHERE algorithm <> '') AS used
"""
# One entry for each address, channel and scope, whichever way the file names it: what a person said before a
# bounce, the earliest moment first.
FILL_ENTRIES = """
INSERT INTO {entries} (line, hash, algorithm, channel, scope, reason, at, state)
SELECT DISTINCT ON (named.hash, named.algorithm, named.channel, named.scope)
       named.line, named.hash, named.algorithm, named.channel, named.scope, named.reason, named.at,
       CASE WHEN named.algorithm <> '' THEN
                CASE WHEN EXISTS (
                    SELECT FROM contacts_suppresseddigest AS kept
                    WHERE kept.algorithm = named.algorithm AND kept.digest = named.hash
                      AND kept.channel = named.channel AND kept.scope = named.scope)
                     THEN 'known' ELSE 'waiting' END
            WHEN kept.id IS NULL THEN 'new'
            WHEN kept.reason = 'hard_bounce' AND named.reason <> 'hard_bounce' THEN 'changed'
            ELSE 'known' END
FROM (
    SELECT given.line, coalesce(known.address_hash, given.hash) AS hash,
           CASE WHEN known.address_hash IS NULL THEN given.algorithm ELSE '' END AS algorithm,
           given.channel, given.scope, given.reason, given.at
    FROM {given} AS given
    LEFT JOIN {digests} AS known ON known.algorithm = given.algorithm AND known.digest = given.hash
) AS named
LEFT JOIN contacts_suppression AS kept
    ON named.algorithm = '' AND kept.address_hash = named.hash AND kept.channel = named.channel
   AND kept.scope = named.scope AND kept.lifted_at IS NULL
ORDER BY named.hash, named.algorithm, named.channel, named.scope, named.reason = 'hard_bounce', named.at,
         named.line
"""
# A row counts by the best that became of it; a row whose entries other rows gave is in the file twice.
COUNTS = """
WITH own AS (
    SELECT line, bool_or(state IN ('new', 'waiting')) AS is_new, bool_or(state = 'changed') AS is_changed
    FROM {entries} GROUP BY line
)
SELECT count(*) FILTER (WHERE is_new) AS new,
       count(*) FILTER (WHERE is_changed AND NOT is_new) AS updated,
       count(*) FILTER (WHERE NOT is_changed AND NOT is_new) AS unchanged,
       (SELECT count(DISTINCT given.line) FROM {given} AS given
         WHERE NOT EXISTS (SELECT FROM own WHERE own.line = given.line)) AS duplicate,
       (SELECT count(*) FROM {rejects} AS refused
         WHERE NOT EXISTS (SELECT FROM {given} AS given WHERE given.line = refused.line)) AS rejected,
       (SELECT count(*) FROM {entries} WHERE state = 'waiting') AS waiting,
       (SELECT count(DISTINCT point.contact_id)
          FROM {entries} AS entry
          JOIN (SELECT address_hash, contact_id FROM contacts_emailaddress
                UNION ALL SELECT address_hash, contact_id FROM contacts_phonenumber) AS point
            ON point.address_hash = entry.hash
         WHERE entry.algorithm = '' AND entry.state IN ('new', 'changed')) AS stopped
FROM own
"""
CHUNK = """
SELECT entry.hash AS address_hash, entry.channel, entry.scope, entry.reason, coalesce(entry.at, now()) AS at
FROM {entries} AS entry WHERE entry.algorithm = '' AND {inside}
"""
KEEP_DIGESTS = """
INSERT INTO contacts_suppresseddigest AS kept (algorithm, digest, channel, scope, reason, at, detail)
SELECT entry.algorithm, entry.hash, entry.channel, entry.scope, entry.reason,
       coalesce(least(entry.at, now()), now()), jsonb_build_object('imports', jsonb_build_array(%(import)s))
FROM {entries} AS entry WHERE entry.algorithm <> '' AND {inside}
ORDER BY entry.algorithm, entry.hash
ON CONFLICT (algorithm, digest, channel, scope) DO UPDATE SET detail = jsonb_set(
    kept.detail, '{{imports}}', (kept.detail -> 'imports') || jsonb_build_array(%(import)s))
WHERE NOT kept.detail -> 'imports' @> jsonb_build_array(%(import)s)
"""
# Addresses that came in between the preview and the moment their hash was kept: no trigger saw both.
LATE = """
SELECT point.address_hash, entry.channel, entry.scope, entry.reason, coalesce(entry.at, now()) AS at
FROM {entries} AS entry
JOIN {digests} AS point ON point.algorithm = entry.algorithm AND point.digest = entry.hash
WHERE entry.algorithm <> ''
"""
FORGET_LATE = """
DELETE FROM contacts_suppresseddigest AS kept USING {digests} AS point
WHERE kept.algorithm = point.algorithm AND kept.digest = point.digest
"""
