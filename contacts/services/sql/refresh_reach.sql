-- One Reach row a person and channel, for the people of %(ids)s. Its slow, obvious twin in Python is
-- tests/contacts/segments/plain_reach.py; a property test holds the two equal.
WITH person AS MATERIALIZED (
    SELECT id, erased_at IS NOT NULL AS erased FROM contacts_contact WHERE id = ANY(%(ids)s)
),
-- The names that letters to a person may bear; asked only when somebody objected to post (%(post_objections)s).
called AS (
    SELECT contact.id AS contact_id, wanted.name
      FROM contacts_contact AS contact
     CROSS JOIN LATERAL (VALUES (contact.last_name), (contact.birth_name)) AS own (last)
     CROSS JOIN LATERAL (SELECT own.last || ' ' || contact.first_name AS name) AS wanted
     WHERE %(post_objections)s AND contact.id = ANY(%(ids)s) AND own.last <> ''
    UNION
    SELECT elector.contact_id,
           own.last || ' ' || split_part(btrim(replace(elector.first_names, ',', ' ')), ' ', 1)
      FROM contacts_electoralregistration AS elector
     CROSS JOIN LATERAL (VALUES (elector.birth_name), (elector.used_name)) AS own (last)
     WHERE %(post_objections)s AND elector.contact_id = ANY(%(ids)s) AND own.last <> ''
),
named AS MATERIALIZED (
    SELECT contact_id, array_agg(name) AS names FROM called GROUP BY contact_id
),
-- Every address a person has, by channel. `fits`: could be written to, were it in good order.
candidate AS (
    SELECT contact_id, 'email' AS channel, id, status, is_primary, verified_at IS NOT NULL AS verified,
           ARRAY[address_hash] AS hashes, true AS fits
      FROM contacts_emailaddress WHERE contact_id = ANY(%(ids)s)
    UNION ALL
    SELECT contact_id, by.channel, id, status, is_primary, verified_at IS NOT NULL, ARRAY[address_hash],
           by.channel = 'call' OR line = 'mobile'
      FROM contacts_phonenumber CROSS JOIN (VALUES ('sms'), ('call')) AS by (channel)
     WHERE contact_id = ANY(%(ids)s)
    UNION ALL
    SELECT home.contact_id, 'post', id, status, is_primary, false,
           (SELECT array_agg(crm_keyed_hash('post', post_key(called.name, home.line1, home.locality,
                                                             home.postcode, home.city)))
              FROM unnest(named.names) AS called (name)),
           postcode <> '' OR city <> ''
      FROM contacts_postaladdress AS home LEFT JOIN named ON named.contact_id = home.contact_id
     WHERE home.contact_id = ANY(%(ids)s)
    UNION ALL  -- an elector's address is read from the roll, never copied
    SELECT elector.contact_id, 'post', NULL, 'active', false, false,
           (SELECT array_agg(crm_keyed_hash('post', post_key(called.name, elector.street, elector.locality,
                                                             elector.postcode, elector.city)))
              FROM unnest(named.names) AS called (name)),
           true
      FROM contacts_electoralregistration AS elector LEFT JOIN named ON named.contact_id = elector.contact_id
     WHERE elector.contact_id = ANY(%(ids)s) AND left_on IS NULL AND (street <> '' OR locality <> '')
),
judged AS (
    SELECT candidate.*,
           coalesce(against.objected, false) AS objected,
           coalesce(against.objected_to_all, false) AS objected_to_all,
           fits AND (status = 'bounced' OR coalesce(against.returned, false)) AS bounced,
           fits AND status = 'active' AND NOT coalesce(against.everything, false) AS usable
      FROM candidate
      LEFT JOIN LATERAL (
          SELECT bool_or(reason <> 'hard_bounce') AS objected,
                 bool_or(reason <> 'hard_bounce' AND scope = 'everything') AS objected_to_all,
                 bool_or(reason = 'hard_bounce') AS returned,
                 bool_or(scope = 'everything') AS everything
            FROM contacts_suppression
           WHERE address_hash = ANY(candidate.hashes) AND channel = candidate.channel AND lifted_at IS NULL
      ) AS against ON true
),
point AS (
    SELECT contact_id, channel,
           (array_agg(id ORDER BY is_primary DESC, verified DESC, id) FILTER (WHERE usable))[1] AS point_id,
           bool_or(usable) AS usable,
           bool_or(bounced) AS bounced,
           bool_or(objected) AS objected,  -- whoever objects by one address is not written to at another
           bool_or(objected_to_all) AS objected_to_all
      FROM judged GROUP BY contact_id, channel
),
-- What the person said last, by channel and purpose.
said AS (
    SELECT DISTINCT ON (contact_id, channel, purpose) contact_id, channel, purpose, given, id, source_id
      FROM contacts_consent WHERE contact_id = ANY(%(ids)s)
     ORDER BY contact_id, channel, purpose, at DESC, id DESC
),
word AS (
    SELECT said.contact_id, said.channel,
           bool_or(given) FILTER (WHERE purpose = 'messages') AS messages,
           max(said.id) FILTER (WHERE purpose = 'messages' AND given) AS consent_id,
           max(source_id) FILTER (WHERE purpose = 'messages' AND given) AS source_id,
           bool_or(given) FILTER (WHERE purpose = 'measurement') AS measurement,
           bool_or(given AND source.kind = ANY(%(direct_kinds)s)) FILTER (WHERE purpose = 'targeting') AS targeting
      FROM said LEFT JOIN contacts_source AS source ON source.id = said.source_id
     GROUP BY said.contact_id, said.channel
),
-- Where the person came from, and what that opens. `not_agreed`: channels of a file's empty or negative cells.
origin AS (
    SELECT contact_id, source_id, said -> -1 -> 'not' AS not_agreed
      FROM contacts_contactsource WHERE contact_id = ANY(%(ids)s)
    UNION
    SELECT contact_id, source_id, NULL FROM contacts_electoralregistration
     WHERE contact_id = ANY(%(ids)s) AND left_on IS NULL
),
opening AS (
    SELECT source.id AS source_id, law.channel, source.rank,
           CASE WHEN source.kind = ANY(%(broker_kinds)s) THEN %(broker_basis)s ELSE source.lawful_basis END AS basis,
           source.kind = ANY(%(broker_kinds)s) AND law.channel = ANY(%(digital)s) AS whole_file,
           source.lawful_basis = 'consent' AS by_consent,
           coalesce(source.licence_ends_on, %(no_end)s) AS until
      FROM contacts_source AS source
      JOIN unnest(%(law_basis)s, %(law_channel)s) AS law (basis, channel)
        ON law.basis = source.lawful_basis AND law.channel = ANY(source.channels)
),
opened AS (
    SELECT origin.contact_id, opening.*
      FROM origin JOIN opening ON opening.source_id = origin.source_id
       AND NOT (by_consent AND coalesce(not_agreed, '[]') ? channel)
),
basis AS (
    SELECT DISTINCT ON (contact_id, channel) contact_id, channel, basis, source_id, until
      FROM opened WHERE NOT whole_file
     ORDER BY contact_id, channel, until DESC, rank, source_id
),
broker AS (
    SELECT contact_id, channel, max(until) AS until
      FROM opened WHERE whole_file
     GROUP BY contact_id, channel
),
roll AS (
    SELECT contact_id, bool_and(source.kind = 'roll') AS only_roll
      FROM origin JOIN contacts_source AS source ON source.id = origin.source_id
     GROUP BY contact_id
),
verdict AS (
    SELECT person.id AS contact_id, by.channel,
           point.point_id,
           CASE WHEN person.erased THEN 'erased'
                WHEN point.objected THEN 'suppressed'
                WHEN NOT word.messages THEN 'withdrawn'
                WHEN point.usable THEN
                    CASE WHEN word.messages OR basis.basis IS NOT NULL THEN ''
                         WHEN roll.only_roll THEN 'roll_only'
                         WHEN broker.until IS NOT NULL THEN 'broker_only'
                         ELSE 'no_basis' END
                WHEN point.bounced THEN 'bounced'
                ELSE 'no_address' END AS reason,
           CASE WHEN person.erased THEN 'erased'
                WHEN point.usable THEN ''
                WHEN point.objected_to_all THEN 'suppressed'
                WHEN point.bounced THEN 'bounced'
                ELSE 'no_address' END AS service_reason,
           CASE WHEN word.messages THEN %(no_end)s ELSE basis.until END AS political_until,
           broker.until AS broker_until,
           coalesce(word.targeting, false) AS targeting,
           coalesce(word.measurement, false) AS measurement,
           CASE WHEN word.messages THEN 'consent' ELSE coalesce(basis.basis, '') END AS basis,
           CASE WHEN word.messages THEN word.source_id ELSE basis.source_id END AS source_id,
           word.consent_id
      FROM person
     CROSS JOIN (VALUES ('email'), ('sms'), ('call'), ('post')) AS by (channel)
      LEFT JOIN point ON point.contact_id = person.id AND point.channel = by.channel
      LEFT JOIN word ON word.contact_id = person.id AND word.channel = by.channel
      LEFT JOIN basis ON basis.contact_id = person.id AND basis.channel = by.channel
      LEFT JOIN broker ON broker.contact_id = person.id AND broker.channel = by.channel
      LEFT JOIN roll ON roll.contact_id = person.id
)
INSERT INTO contacts_reach AS kept (
    contact_id, channel, point_id, political, service, political_until, broker_until, targeting, measurement,
    basis, source_id, consent_id, reason, service_reason)
SELECT contact_id, channel, point_id, reason = '', service_reason = '', political_until, broker_until, targeting,
       measurement, basis, source_id, consent_id, reason, service_reason
  FROM verdict
    ON CONFLICT (contact_id, channel) DO UPDATE SET
       point_id = excluded.point_id, political = excluded.political, service = excluded.service,
       political_until = excluded.political_until, broker_until = excluded.broker_until,
       targeting = excluded.targeting, measurement = excluded.measurement, basis = excluded.basis,
       source_id = excluded.source_id, consent_id = excluded.consent_id, reason = excluded.reason,
       service_reason = excluded.service_reason
 WHERE kept IS DISTINCT FROM excluded
