"""What the rows of a file add to the people they name.

`targets` holds (person, contact_id, is_new): each person of the file and who that is in the base. Every
SELECT below gives the rows to write for some targets ({which}): counted by the preview, written by the run.
Parameters: import, source, member (the source's basis makes members), rank.
"""

from __future__ import annotations

from contacts.enums import Channel

CHANNELS = tuple(Channel.values)

# The rows of the file that name each contact, in the order of the file.
NAMING = """
naming AS MATERIALIZED (
    SELECT target.contact_id, target.is_new, persons.line, persons.birthplace_hash
    FROM {targets} AS target JOIN {persons} AS persons ON persons.person = target.person
    WHERE {which}
)
"""

NEW_CONTACTS = """
SELECT given.contact_id, given.civility, given.first_name, given.last_name, given.birth_name, given.gender,
       given.birth_date, given.birth_year, given.birthplace_hash, coalesce(nullif(given.language, ''), 'fr'),
       CASE WHEN %(member)s THEN 'member' ELSE 'occasional' END, given.commune_id, given.custom
FROM given WHERE given.is_new
"""
# One row a contact: the first filled value of each field, in the order of the file.
_FIRST_TEXT = "coalesce((array_agg(own.{0} ORDER BY line) FILTER (WHERE own.{0} <> ''))[1], '') AS {0}"
_TEXT_FIELDS = ("civility", "first_name", "last_name", "birth_name", "gender", "language")
GIVEN = f"""
given AS MATERIALIZED (
    SELECT naming.contact_id, bool_or(naming.is_new) AS is_new,
           {", ".join(_FIRST_TEXT.format(name) for name in _TEXT_FIELDS)},
           (array_agg(own.birth_date ORDER BY line) FILTER (WHERE own.birth_date IS NOT NULL))[1]
               AS birth_date,
           CASE WHEN count(own.birth_date) = 0
                THEN (array_agg(own.birth_year ORDER BY line) FILTER (WHERE own.birth_year IS NOT NULL))[1]
           END AS birth_year,
           (array_agg(naming.birthplace_hash ORDER BY line)
               FILTER (WHERE naming.birthplace_hash IS NOT NULL))[1] AS birthplace_hash,
           (array_agg(postal.territory_id ORDER BY line, postal.place)
               FILTER (WHERE postal.territory_id IS NOT NULL))[1] AS commune_id,
           max(own.collected_on) AS collected_on,
           coalesce(
               (SELECT jsonb_object_agg(extra.key, extra.value)
                FROM unnest(array_agg(own.custom ORDER BY line DESC)) AS one
                CROSS JOIN LATERAL jsonb_each(one) AS extra), '{{{{}}}}') AS custom
    FROM naming
    JOIN {{rows}} AS own USING (line)
    LEFT JOIN {{postal}} AS postal USING (line)
    GROUP BY naming.contact_id
)
"""
# Blanks are filled; what is known gives way as the policy of its field says (`policy.wanted_sql`): `better`
# is a source that ranks above every other one that named the person, `newer` one that is of later than every
# file that said something of the person: the first of each source (its link), those that changed or
# confirmed something.
CHANGED_FIELDS = """
change AS MATERIALIZED (
    SELECT kept.id, wanted.*
    FROM given
    JOIN contacts_contact AS kept ON kept.id = given.contact_id
    CROSS JOIN LATERAL (
        SELECT coalesce(min(source.rank) FILTER (WHERE link.source_id <> %(source)s) > %(rank)s, false)
                   AS better,
               coalesce(given.collected_on::timestamptz, now()) > greatest(
                   coalesce(
                       max(coalesce(link.collected_on::timestamptz, link.first_seen_at)), kept.created_at),
                   (SELECT max(told.as_of) FROM (
                       SELECT change.import_run_id, change.as_of FROM contacts_importchange AS change
                       WHERE change."table" = 'contact' AND change.row_id = ANY(ARRAY(
                           SELECT kept.id UNION ALL SELECT merge.absorbed_id FROM contacts_merge AS merge
                           WHERE merge.kept_id = kept.id AND merge.undone_at IS NULL))
                       UNION ALL
                       SELECT one.run, one.day
                       FROM contacts_importconfirmation AS held
                       CROSS JOIN LATERAL unnest(held.runs, held.days) AS one (run, day)
                       WHERE held.contact_id = kept.id
                    ) AS told
                    JOIN contacts_import AS run ON run.id = told.import_run_id
                    WHERE told.as_of IS NOT NULL AND run.state NOT IN ('undoing', 'undone'))) AS newer
        FROM contacts_contactsource AS link JOIN contacts_source AS source ON source.id = link.source_id
        WHERE link.contact_id = kept.id
    ) AS ranking
    CROSS JOIN LATERAL (
        SELECT coalesce(array_agg(DISTINCT field), ARRAY[]::text[]) AS fields,
               coalesce(array_agg(DISTINCT substring(field FROM 7)) FILTER (WHERE field LIKE 'extra\\_%%'),
                        ARRAY[]::text[]) AS extra
        FROM platform_auditentry AS entry
        CROSS JOIN LATERAL (
            SELECT jsonb_array_elements_text(entry.fields) AS field WHERE entry.action = 'contact.update'
            UNION ALL SELECT 'extra_' || jsonb_array_elements_text(entry.detail -> 'extra')
            UNION ALL SELECT jsonb_array_elements_text(entry.detail -> 'chosen')
        ) AS one
        WHERE (ranking.better OR ranking.newer) AND entry.object_type = 'contacts.contact'
            AND entry.object_id = kept.id::text AND entry.action IN ('contact.update', 'contact.merge')
    ) AS by_hand
    CROSS JOIN LATERAL (SELECT {wanted}) AS wanted
    WHERE NOT given.is_new AND NOT kept.is_stub
),
differing AS (
    SELECT kept.id, was.key, was.value AS before, will.value AS after
    FROM change
    JOIN contacts_contact AS kept ON kept.id = change.id
    CROSS JOIN LATERAL jsonb_each(to_jsonb(change) - 'id') AS will
    JOIN LATERAL jsonb_each(to_jsonb(kept)) AS was ON was.key = will.key
    WHERE was.value IS DISTINCT FROM will.value
)
"""
EMAILS = """
SELECT DISTINCT ON (naming.contact_id, given.normalised)
       naming.contact_id, given.address, given.normalised, naming.line, given.place
FROM naming JOIN {emails} AS given USING (line)
WHERE NOT EXISTS (SELECT FROM contacts_emailaddress AS held
                  WHERE held.contact_id = naming.contact_id AND held.normalised = given.normalised)
ORDER BY naming.contact_id, given.normalised, naming.line, given.place
"""
PHONES = """
SELECT DISTINCT ON (naming.contact_id, given.e164)
       naming.contact_id, given.e164, given.kind, naming.line, given.place
FROM naming JOIN {phones} AS given USING (line)
WHERE NOT EXISTS (SELECT FROM contacts_phonenumber AS held
                  WHERE held.contact_id = naming.contact_id AND held.e164 = given.e164)
ORDER BY naming.contact_id, given.e164, naming.line, given.place
"""
POSTAL = """
SELECT DISTINCT ON (naming.contact_id, home.key)
       naming.contact_id, given.line1, given.line2, given.locality, given.postcode, given.city, given.country,
       given.territory_id, naming.line, given.place
FROM naming JOIN {postal} AS given USING (line)
CROSS JOIN LATERAL (
    SELECT home_key(given.line1, given.line2, given.locality, given.postcode, given.city) AS key
) AS home
WHERE NOT EXISTS (
    SELECT FROM contacts_postaladdress AS held
    WHERE held.contact_id = naming.contact_id AND held.folded = home.key)
ORDER BY naming.contact_id, home.key, naming.line, given.place
"""
_NOT_AGREED = ", ".join(
    f"CASE WHEN bool_and(own.said -> 'not' ? '{channel}') THEN '{channel}' END" for channel in CHANNELS
)
# A link that is there gets one more entry when the file says something that none of its files has said. Of
# several rows of one person, an agreement on one of them is enough.
SOURCES = f"""
SELECT given.contact_id, given.collected_on,
       CASE WHEN given.rows IS NOT NULL THEN jsonb_build_array(jsonb_build_object(
           'import', %(import)s, 'on', given.collected_on, 'not', given.not_agreed, 'rows', given.rows))
       END AS said
FROM (
    SELECT naming.contact_id, max(own.collected_on) AS collected_on,
           to_jsonb(array_remove(ARRAY[{_NOT_AGREED}], NULL)) AS not_agreed,
           jsonb_agg(DISTINCT own.said - 'not') FILTER (WHERE own.said IS NOT NULL) AS rows
    FROM naming JOIN {{rows}} AS own USING (line)
    GROUP BY naming.contact_id
) AS given
LEFT JOIN contacts_contactsource AS link
    ON link.contact_id = given.contact_id AND link.source_id = %(source)s
WHERE link.contact_id IS NULL OR (given.rows IS NOT NULL AND NOT EXISTS (
    SELECT FROM jsonb_array_elements(link.said) AS held WHERE held -> 'rows' = given.rows))
"""
TAGS = """
SELECT DISTINCT naming.contact_id, tag.id AS tag_id
FROM naming
JOIN {rows} AS own USING (line)
CROSS JOIN LATERAL jsonb_array_elements_text(own.tags || %(tags)s::jsonb) AS word
JOIN contacts_tag AS tag ON fold(tag.name) = fold(word)
WHERE NOT EXISTS (SELECT FROM contacts_contacttag AS link
                  WHERE link.contact_id = naming.contact_id AND link.tag_id = tag.id)
"""
# The fixed lists that the rows name, one of which may have to be made, and the one chosen for the whole file.
LISTS = """
SELECT naming.contact_id
FROM naming
JOIN {rows} AS own USING (line)
CROSS JOIN LATERAL jsonb_array_elements_text(own.lists) AS word
WHERE fold(word) <> '' AND NOT EXISTS (
    SELECT FROM contacts_list AS list
    JOIN contacts_listmembership AS held ON held.list_id = list.id
    WHERE held.contact_id = naming.contact_id AND list.targeting_class <> 'subscription'
      AND fold(list.name) IN (fold(word), fold(word || %(beside)s)))
UNION
SELECT naming.contact_id FROM naming
WHERE %(list)s::bigint IS NOT NULL AND NOT EXISTS (
    SELECT FROM contacts_listmembership AS held
    WHERE held.list_id = %(list)s::bigint AND held.contact_id = naming.contact_id)
"""
# The last membership that the rows of a person tell of: one that lasts before one that ended.
_TOLD = """
    SELECT DISTINCT ON (naming.contact_id) naming.contact_id, naming.line, one.joined_on, one.left_on
    FROM naming
    JOIN {rows} AS own USING (line)
    CROSS JOIN LATERAL (SELECT (own.membership ->> 'joined')::date AS joined_on,
                               (own.membership ->> 'left')::date AS left_on) AS one
    WHERE own.membership IS NOT NULL
    ORDER BY naming.contact_id, one.left_on IS NOT NULL, coalesce(one.left_on, one.joined_on) DESC NULLS LAST,
             naming.line
"""
# A membership that the base has at the same time is the same: a file that is older than its end revives none.
MEMBERSHIPS = f"""
SELECT told.contact_id, told.joined_on, told.left_on, told.line
FROM ({_TOLD}) AS told
WHERE NOT EXISTS (
    SELECT FROM contacts_membership AS held
    WHERE held.contact_id = told.contact_id
      AND (held.joined_on IS NULL OR told.left_on IS NULL OR held.joined_on <= told.left_on)
      AND (held.left_on IS NULL OR told.joined_on IS NULL OR held.left_on >= told.joined_on))
"""
# One that lasts in the base, and ended by the file.
ENDED_MEMBERSHIPS = f"""
SELECT held.contact_id, held.id, told.left_on, told.line, held.proof
FROM ({_TOLD}) AS told
JOIN contacts_membership AS held ON held.contact_id = told.contact_id AND held.left_on IS NULL
WHERE told.left_on >= coalesce(held.joined_on, told.left_on)
  AND coalesce(told.joined_on = held.joined_on, true)
"""
HAS_ADDRESS = """CASE channel.name
    WHEN 'email' THEN own.emails <> '[]'
    WHEN 'sms' THEN EXISTS (SELECT FROM {phones} AS one WHERE one.line = own.line AND one.kind = 'mobile')
    WHEN 'call' THEN own.phones <> '[]'
    ELSE own.addresses <> '[]' END"""
# What a row says of a channel: "no", "yes", "doubt" (a word that is neither, or a state of somebody who never
# subscribed), else "source", what the source says for everyone who has an address on it and whose cell is not
# empty where the file has a column for it. Of several rows a no counts most, and a doubt less than a yes.
_WORD = """
CASE WHEN own.agrees ->> channel.name = 'false' THEN 'no'
     WHEN own.agrees ->> channel.name = 'true' THEN 'yes'
     WHEN own.agrees ? channel.name THEN 'doubt' ELSE 'source' END
"""
_SPOKEN = f"""
    SELECT DISTINCT ON (naming.contact_id, channel.name)
           naming.contact_id, channel.name AS channel, naming.line, said.word IN ('yes', 'source') AS given,
           said.word = 'doubt' AS doubted,
           CASE WHEN said.word = 'no' AND own.refused_at IS NOT NULL THEN least(own.refused_at, now())
                ELSE least(coalesce(own.collected_on::timestamptz, now()), now()) END AS at,
           least(own.collected_on, current_date) AS collected_on,
           own.collected_on IS NULL AND (said.word <> 'no' OR own.refused_at IS NULL) AS undated,
           own.consent_words AS words, own.consent_proof AS proof
    FROM naming
    JOIN {{rows}} AS own USING (line)
    CROSS JOIN (VALUES ('email'), ('sms'), ('call'), ('post')) AS channel (name)
    CROSS JOIN LATERAL (SELECT {_WORD} AS word) AS said
    WHERE CASE said.word WHEN 'yes' THEN %(agreeing)s
               WHEN 'source' THEN %(agreeing)s AND channel.name = ANY(%(channels)s) AND {{has_address}}
                                  AND NOT coalesce(own.said -> 'not' ? channel.name, false)
               ELSE true END
    ORDER BY naming.contact_id, channel.name, array_position(ARRAY['no', 'yes', 'doubt'], said.word),
             said.word <> 'no' AND own.collected_on IS NULL, naming.line
"""
# A refusal always counts. An agreement never goes against one, unless the row is dated after it, and no date
# is later than today. A doubt ends nothing but what this source had said itself. The ledger has a moment for
# every entry: where the row has no day, that of the import, marked as such (`undated`), and no refusal is
# taken for earlier.
CONSENTS = f"""
SELECT said.contact_id, said.channel, said.given, said.line, said.words, said.proof, said.undated,
       said.doubted,
       CASE WHEN NOT said.given AND last.undated THEN greatest(said.at, last.at) ELSE said.at END AS at
FROM ({_SPOKEN}) AS said
LEFT JOIN LATERAL (
    SELECT held.given, held.at, held.source_id,
           coalesce((held.proof ->> 'undated')::boolean, false) AS undated
    FROM contacts_consent AS held
    WHERE held.contact_id = said.contact_id AND held.channel = said.channel AND held.purpose = 'messages'
    ORDER BY held.at DESC, held.id DESC LIMIT 1
) AS last ON true
WHERE last.given IS DISTINCT FROM said.given
  AND (last.given IS NULL OR NOT said.given OR said.collected_on > last.at::date)
  AND (last.given IS NULL OR NOT said.doubted OR last.source_id = %(source)s)
  AND NOT EXISTS (SELECT FROM contacts_consent AS same
                  WHERE same.contact_id = said.contact_id AND same.channel = said.channel
                    AND same.purpose = 'messages' AND same.source_id = %(source)s AND same.given = said.given
                    AND (said.collected_on IS NULL OR same.at >= said.collected_on::timestamptz))
"""
# What stands in the ledger already, because another file said it.
SAID_ALREADY = f"""
SELECT said.contact_id, CASE WHEN said.given THEN 'agrees:' ELSE 'refuses:' END || said.channel
       || CASE WHEN said.undated THEN ':undated' ELSE '' END AS what
FROM ({_SPOKEN}) AS said
CROSS JOIN LATERAL (
    SELECT held.given, held.created_by_import_id FROM contacts_consent AS held
    WHERE held.contact_id = said.contact_id AND held.channel = said.channel AND held.purpose = 'messages'
    ORDER BY held.at DESC, held.id DESC LIMIT 1
) AS last
WHERE said.given = last.given AND NOT said.doubted AND last.created_by_import_id <> %(import)s
"""
