"""What a chunk says that an earlier import had brought: kept, so that it outlives an undo of that one.

Written for people, points and fields that are there by another import only: a first import writes nothing,
and a file that comes every day one row a person, in place.
"""

from __future__ import annotations

from contacts.imports.people.policy import COLUMNS

_NO_TEXT = ("birth_date", "birth_year", "birthplace_hash", "commune_id")
_FIELDS = ", ".join(
    f"CASE WHEN given.{name} = kept.{name}{'' if name in _NO_TEXT else f''' AND given.{name} <> '' '''}"
    f" THEN 'field:{name}' END"
    for name in COLUMNS
    if name not in ("custom", "relationship")
)
# What an undone file had confirmed says nothing of the next one.
FORGET_UNDONE = """
WITH {naming}
DELETE FROM contacts_importconfirmation AS own
USING contacts_import AS run
WHERE own.contact_id IN (SELECT contact_id FROM naming) AND own.source_id = %(source)s
  AND run.id = own.import_run_id AND run.state IN ('undoing', 'undone')
"""
_KEEP = """
INSERT INTO contacts_importconfirmation AS own (contact_id, source_id, import_run_id, what, as_of)
SELECT contact_id, %(source)s, %(import)s, array_agg(DISTINCT what ORDER BY what),
       coalesce(max(row.collected_on)::timestamptz, now())
FROM said JOIN naming USING (contact_id) JOIN {rows} AS row USING (line)
GROUP BY contact_id
ON CONFLICT (contact_id, source_id) DO UPDATE SET
    import_run_id = excluded.import_run_id,
    as_of = greatest(own.as_of, excluded.as_of),
    what = CASE WHEN excluded.what <@ own.what THEN own.what
                ELSE ARRAY(SELECT unnest(own.what) UNION SELECT unnest(excluded.what) ORDER BY 1) END
WHERE own.import_run_id <> excluded.import_run_id OR NOT excluded.what <@ own.what
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
    CROSS JOIN LATERAL unnest(
        ARRAY[{_FIELDS},
              CASE WHEN %(member)s AND kept.relationship = 'member' THEN 'field:relationship' END]
        || ARRAY(SELECT 'extra:' || extra.key FROM jsonb_each(given.custom) AS extra
                 WHERE kept.custom -> extra.key = extra.value)
    ) AS said (field)
    WHERE said.field IS NOT NULL
){_KEEP}"""
