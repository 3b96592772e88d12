"""What a chunk says that an earlier import had brought: kept, so that it outlives an undo of that one.

Written for people, points, agreements and fields that are there by another import only: a first import writes
nothing, and a file that says the same every day one row a person, in place.
"""

from __future__ import annotations

from contacts.imports.people.policy import COLUMNS

_NO_TEXT = ("birth_date", "birth_year", "birthplace_hash", "commune_id")
_MARKED = "'field:{0}:' || left(md5(whole.fields ->> '{0}'), 8)"
_FIELDS = ", ".join(
    f"CASE WHEN given.{name} = kept.{name}{'' if name in _NO_TEXT else f''' AND given.{name} <> '' '''}"
    f" THEN {_MARKED.format(name)} END"
    for name in COLUMNS
    if name not in ("custom", "relationship")
)
RUNS_KEPT = 100  # more files that say the very same than anybody undoes
_KEEP = f"""
INSERT INTO contacts_importconfirmation AS own (contact_id, source_id, said, what, runs, days)
SELECT contact_id, %(source)s, md5(array_to_string(what, ' '))::uuid, what, ARRAY[%(import)s::bigint],
       ARRAY[day]
FROM (
    SELECT contact_id, array_agg(DISTINCT what COLLATE "C" ORDER BY what COLLATE "C") AS what,
           coalesce(max(row.collected_on)::timestamptz, now()) AS day
    FROM said JOIN naming USING (contact_id) JOIN {{rows}} AS row USING (line)
    GROUP BY contact_id
) AS one
ON CONFLICT (contact_id, source_id, said) DO UPDATE SET
    runs = own.runs[greatest(1, cardinality(own.runs) - {RUNS_KEPT - 2}):] || excluded.runs,
    days = own.days[greatest(1, cardinality(own.days) - {RUNS_KEPT - 2}):] || excluded.days
WHERE NOT excluded.runs <@ own.runs
"""
CONFIRM = f"""
WITH {{naming}},
said AS (
    SELECT DISTINCT contact_id, 'person' AS what FROM naming
    WHERE EXISTS (SELECT FROM contacts_contact AS kept
                  WHERE kept.id = naming.contact_id AND kept.created_by_import_id <> %(import)s)
       OR EXISTS (SELECT FROM contacts_contactsource AS link
                  WHERE link.contact_id = naming.contact_id AND link.source_id = %(source)s
                    AND link.created_by_import_id <> %(import)s)
    UNION
    SELECT held.contact_id, 'email:' || held.id
    FROM naming JOIN {{emails}} AS own USING (line)
    JOIN contacts_emailaddress AS held
        ON held.contact_id = naming.contact_id AND held.normalised = own.normalised
    WHERE held.created_by_import_id <> %(import)s
    UNION
    SELECT held.contact_id, 'phone:' || held.id
    FROM naming JOIN {{phones}} AS own USING (line)
    JOIN contacts_phonenumber AS held ON held.contact_id = naming.contact_id AND held.e164 = own.e164
    WHERE held.created_by_import_id <> %(import)s
    UNION
    SELECT held.contact_id, 'postal:' || held.id
    FROM naming JOIN {{postal}} AS own USING (line)
    JOIN contacts_postaladdress AS held
        ON held.contact_id = naming.contact_id
       AND held.folded = home_key(own.line1, own.line2, own.locality, own.postcode, own.city)
    WHERE held.created_by_import_id <> %(import)s
    UNION
    SELECT held.contact_id, 'tag:' || held.tag_id
    FROM naming JOIN {{rows}} AS own USING (line)
    CROSS JOIN LATERAL jsonb_array_elements_text(own.tags || %(tags)s::jsonb) AS word
    JOIN contacts_tag AS tag ON fold(tag.name) = fold(word)
    JOIN contacts_contacttag AS held ON held.contact_id = naming.contact_id AND held.tag_id = tag.id
    WHERE held.created_by_import_id <> %(import)s
    UNION
    SELECT held.contact_id, 'list:' || held.list_id
    FROM naming JOIN {{rows}} AS own USING (line)
    CROSS JOIN LATERAL jsonb_array_elements_text(own.lists) AS word
    JOIN contacts_list AS list ON fold(list.name) IN (fold(word), fold(word || %(beside)s))
    JOIN contacts_listmembership AS held ON held.contact_id = naming.contact_id AND held.list_id = list.id
    WHERE held.created_by_import_id <> %(import)s
    UNION
    SELECT held.contact_id, 'list:' || held.list_id
    FROM naming JOIN contacts_listmembership AS held
        ON held.contact_id = naming.contact_id AND held.list_id = %(list)s::bigint
    WHERE held.created_by_import_id <> %(import)s
    UNION
    SELECT held.contact_id, 'membership:' || held.id
    FROM naming JOIN {{rows}} AS own USING (line)
    JOIN contacts_membership AS held ON held.contact_id = naming.contact_id
    WHERE held.created_by_import_id <> %(import)s AND own.membership IS NOT NULL
      AND coalesce((own.membership ->> 'joined')::date = held.joined_on, true)
    UNION
    SELECT held.contact_id, 'left:' || held.id
    FROM naming JOIN {{rows}} AS own USING (line)
    JOIN contacts_membership AS held
        ON held.contact_id = naming.contact_id AND held.left_on = (own.membership ->> 'left')::date
    WHERE (held.proof -> 'left' ->> 'import')::bigint <> %(import)s
    UNION
    SELECT contact_id, what FROM ({{effect}}) AS ledger
){_KEEP}"""
# Fields are compared for people whom another import changed.
CHANGED = """EXISTS (
    SELECT FROM contacts_importchange AS change
    WHERE change."table" = 'contact' AND change.row_id = target.contact_id
      AND change.import_run_id <> %(import)s)"""
CONFIRM_FIELDS = f"""
WITH {{naming}}, {{given}},
said AS (
    SELECT kept.id AS contact_id, said.field AS what
    FROM given JOIN contacts_contact AS kept ON kept.id = given.contact_id
    CROSS JOIN LATERAL (SELECT to_jsonb(kept) AS fields) AS whole
    CROSS JOIN LATERAL unnest(
        ARRAY[{_FIELDS},
              CASE WHEN %(member)s AND kept.relationship = 'member'
                   THEN {_MARKED.format("relationship")} END]
        || ARRAY(SELECT 'extra:' || extra.key || ':' || left(md5(kept.custom ->> extra.key), 8)
                 FROM jsonb_each(given.custom) AS extra
                 WHERE kept.custom -> extra.key = extra.value)
    ) AS said (field)
    WHERE said.field IS NOT NULL
){_KEEP}"""
