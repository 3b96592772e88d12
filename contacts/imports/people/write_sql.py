"""INSERT and UPDATE statements of a chunk, around the SELECTs of `effects_sql`."""

from __future__ import annotations

from contacts.imports.people.policy import COLUMNS

INSERT_CONTACTS = """
WITH {naming}, {given}
INSERT INTO contacts_contact (
    id, civility, first_name, last_name, birth_name, gender, birth_date, birth_year, birthplace_hash,
    language, relationship, commune_id, custom, is_stub, search_text, created_by_import_id)
SELECT new.*, false, '', %(import)s FROM ({effect}) AS new
"""
HOLD_CONTACTS = """
SELECT id FROM contacts_contact
WHERE id IN (SELECT contact_id FROM {targets} AS target WHERE {which} AND NOT target.is_new)
ORDER BY id FOR NO KEY UPDATE
"""
CHANGE_CONTACTS = """
WITH {naming}, {given}, {effect},
remembered AS (
    INSERT INTO contacts_importchange (import_run_id, "table", row_id, before, after, as_of)
    SELECT %(import)s, 'contact', id, jsonb_object_agg(key, before), jsonb_object_agg(key, after),
           coalesce(given.collected_on::timestamptz, now())
    FROM differing JOIN given ON given.contact_id = differing.id GROUP BY id, given.collected_on
)
UPDATE contacts_contact AS kept SET updated_at = now(), {set}
FROM change WHERE kept.id = change.id AND kept.id IN (SELECT id FROM differing)
"""
SET = ", ".join(f"{column} = change.{column}" for column in COLUMNS)

# The first point of a person is the main one; among new numbers a mobile comes first.
INSERT_EMAILS = """
WITH {naming}
INSERT INTO contacts_emailaddress (
    contact_id, status, is_primary, source_id, created_by_import_id, address, normalised, address_hash)
SELECT new.contact_id, 'active',
       row_number() OVER (PARTITION BY new.contact_id ORDER BY new.line, new.place) = 1
       AND NOT EXISTS (SELECT FROM contacts_emailaddress AS main
                       WHERE main.contact_id = new.contact_id AND main.is_primary),
       %(source)s, %(import)s, new.address, new.normalised, crm_keyed_hash('email', new.normalised)
FROM ({effect}) AS new
ON CONFLICT DO NOTHING
"""
INSERT_PHONES = """
WITH {naming}
INSERT INTO contacts_phonenumber (
    contact_id, status, is_primary, source_id, created_by_import_id, e164, line, address_hash)
SELECT new.contact_id, 'active',
       row_number() OVER (PARTITION BY new.contact_id ORDER BY new.kind <> 'mobile', new.line, new.place) = 1
       AND NOT EXISTS (SELECT FROM contacts_phonenumber AS main
                       WHERE main.contact_id = new.contact_id AND main.is_primary),
       %(source)s, %(import)s, new.e164, new.kind, crm_keyed_hash('phone', new.e164)
FROM ({effect}) AS new
ON CONFLICT DO NOTHING
"""
INSERT_POSTAL = """
WITH {naming}
INSERT INTO contacts_postaladdress (
    contact_id, status, is_primary, source_id, created_by_import_id, line1, line2, locality, postcode, city,
    country, commune_id)
SELECT new.contact_id, 'active',
       row_number() OVER (PARTITION BY new.contact_id ORDER BY new.line, new.place) = 1
       AND NOT EXISTS (SELECT FROM contacts_postaladdress AS main
                       WHERE main.contact_id = new.contact_id AND main.is_primary),
       %(source)s, %(import)s, new.line1, new.line2, new.locality, new.postcode, new.city, new.country,
       new.territory_id
FROM ({effect}) AS new
ON CONFLICT DO NOTHING
"""
INSERT_SOURCES = """
WITH {naming}
INSERT INTO contacts_contactsource AS link (
    contact_id, source_id, created_by_import_id, collected_on, said)
SELECT new.contact_id, %(source)s, %(import)s, new.collected_on, new.said FROM ({effect}) AS new
ON CONFLICT (contact_id, source_id) DO UPDATE SET said =
    CASE WHEN excluded.said -> 0 ->> 'on' < link.said -> -1 ->> 'on' THEN excluded.said || link.said
         ELSE coalesce(link.said, '[]') || excluded.said END
WHERE excluded.said IS NOT NULL
"""
INSERT_SOURCE_ROWS = """
WITH {naming}
INSERT INTO contacts_sourcerow (source_id, digest, contact_id, created_by_import_id)
SELECT DISTINCT ON (one.digest) %(source)s, one.digest, naming.contact_id, %(import)s
FROM naming JOIN {rows} AS own USING (line)
CROSS JOIN LATERAL (VALUES (own.digest), (own.part)) AS one (digest)
WHERE one.digest IS NOT NULL
ORDER BY one.digest, naming.line
ON CONFLICT DO NOTHING
"""
_PROOF = "jsonb_build_object('how', 'import', 'import', %(import)s, 'line', line)"
END_MEMBERSHIPS = f"""
WITH {{naming}},
ending AS MATERIALIZED (
    SELECT id, left_on, proof, proof || jsonb_build_object('left', {_PROOF}) AS proof_after
    FROM ({{effect}}) AS one
),
remembered AS (
    INSERT INTO contacts_importchange (import_run_id, "table", row_id, before, after, as_of)
    SELECT %(import)s, 'membership', id, jsonb_build_object('left_on', NULL, 'proof', proof),
           jsonb_build_object('left_on', left_on, 'proof', proof_after), now()
    FROM ending
)
UPDATE contacts_membership AS held SET left_on = ending.left_on, proof = ending.proof_after
FROM ending WHERE held.id = ending.id
"""
INSERT_MEMBERSHIPS = f"""
WITH {{naming}}
INSERT INTO contacts_membership (contact_id, joined_on, left_on, proof, recorded_by_id, created_by_import_id)
SELECT new.contact_id, new.joined_on, new.left_on, {_PROOF}, %(by)s, %(import)s
FROM ({{effect}}) AS new
ON CONFLICT DO NOTHING
"""
MAKE_TAGS = """
INSERT INTO contacts_tag (name)
SELECT DISTINCT ON (fold(word)) word
FROM (
    SELECT jsonb_array_elements_text(tags) AS word FROM {rows}
    UNION ALL SELECT jsonb_array_elements_text(%(tags)s::jsonb)
) AS words
WHERE fold(word) <> '' AND NOT EXISTS (SELECT FROM contacts_tag AS tag WHERE fold(tag.name) = fold(word))
ORDER BY fold(word), word
ON CONFLICT DO NOTHING
"""
INSERT_TAGS = """
WITH {naming}
INSERT INTO contacts_contacttag (contact_id, tag_id, created_by_import_id)
SELECT new.contact_id, new.tag_id, %(import)s FROM ({effect}) AS new
ON CONFLICT DO NOTHING
"""
INSERT_MEMBERS = """
WITH {naming}
INSERT INTO contacts_listmembership (list_id, contact_id, created_by_import_id)
SELECT DISTINCT %(list)s::bigint, contact_id, %(import)s::bigint FROM naming
ON CONFLICT DO NOTHING
"""
# A list that people join themselves takes nobody from a file: a list of that name is made beside it.
MAKE_LISTS = """
INSERT INTO contacts_list (name, description, targeting_class, created_by_id)
SELECT word || CASE WHEN EXISTS (SELECT FROM contacts_list AS other WHERE other.name = word)
                    THEN %(beside)s ELSE '' END, '', 'criterion', %(by)s
FROM (
    SELECT DISTINCT ON (fold(word)) word
    FROM {rows} CROSS JOIN LATERAL jsonb_array_elements_text(lists) AS word
    WHERE lists <> '[]'
    ORDER BY fold(word), word
) AS named
WHERE NOT EXISTS (SELECT FROM contacts_list AS list
                  WHERE list.targeting_class <> 'subscription'
                    AND fold(list.name) IN (fold(word), fold(word || %(beside)s)))
ON CONFLICT DO NOTHING
"""
INSERT_LISTED = """
WITH {naming}
INSERT INTO contacts_listmembership (list_id, contact_id, created_by_import_id)
SELECT DISTINCT list.id, naming.contact_id, %(import)s::bigint
FROM naming
JOIN {rows} AS own USING (line)
CROSS JOIN LATERAL jsonb_array_elements_text(own.lists) AS word
JOIN contacts_list AS list ON fold(list.name) IN (fold(word), fold(word || %(beside)s))
WHERE list.targeting_class <> 'subscription'
ON CONFLICT DO NOTHING
"""
# What the rows of the chunk put on the do-not-contact list, a bounce after what a person said.
STOPS = """
SELECT DISTINCT ON (stop.address_hash, stop.channel, stop.scope)
       stop.address_hash, stop.channel, stop.scope, stop.reason, coalesce(stop.at, now()) AS at
FROM {persons} AS persons JOIN {stops} AS stop USING (line)
WHERE {which}
ORDER BY stop.address_hash, stop.channel, stop.scope, stop.reason = 'hard_bounce', stop.at
"""
# Rows of elsewhere and of organisations are left out; who left is obeyed, wherever they live.
STOPS_OUTSIDE = """
SELECT DISTINCT ON (address_hash, channel, scope)
       address_hash, channel, scope, reason, coalesce(at, now()) AS at
FROM {stops} AS stop WHERE NOT EXISTS (SELECT FROM {persons} AS persons WHERE persons.line = stop.line)
ORDER BY address_hash, channel, scope, reason = 'hard_bounce', at
"""
INSERT_CONSENTS = """
WITH {naming}
INSERT INTO contacts_consent (
    contact_id, channel, purpose, given, at, source_id, proof, recorded_by_id, created_by_import_id)
SELECT new.contact_id, new.channel, 'messages', new.given, new.at, %(source)s,
       jsonb_strip_nulls(jsonb_build_object(
           'import', %(import)s, 'line', new.line,
           'words', nullif(new.words, ''), 'said', nullif(new.proof, ''),
           'undated', nullif(new.undated, false), 'doubted', nullif(new.doubted, false))),
       %(by)s, %(import)s
FROM ({effect}) AS new
"""
