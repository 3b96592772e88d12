-- What people are to the organisation, from recorded acts alone (CNIL, recommandation du 5 janvier 2012: a
-- regular contact did something towards the candidate, more than once or for good).
--   member: a membership that lasts, or a source of members that named them after they last left
--   former: a membership that ended
--   regular: a newsletter that they receive by their own choice, or acts on two days of the last three years
--   roll_only: nothing but an electoral roll
WITH acts AS (
    {acts}
), acted AS (
    SELECT contact_id, count(DISTINCT at::date) FILTER (WHERE at > now() - interval '3 years') AS days
    FROM acts GROUP BY contact_id
), told AS (
    SELECT person.id, CASE
        WHEN EXISTS (
            SELECT FROM contacts_membership own WHERE own.contact_id = person.id AND own.left_on IS NULL)
            THEN 'member'
        WHEN EXISTS (
            SELECT FROM contacts_contactsource link JOIN contacts_source source ON source.id = link.source_id
            WHERE link.contact_id = person.id AND source.lawful_basis = 'member' AND NOT EXISTS (
                SELECT FROM contacts_membership own WHERE own.contact_id = person.id
                  AND own.left_on >= coalesce(link.collected_on, link.first_seen_at::date)))
            THEN 'member'
        WHEN EXISTS (SELECT FROM contacts_membership own WHERE own.contact_id = person.id)
            THEN 'former'
        WHEN EXISTS (
            SELECT FROM contacts_subscription own WHERE own.contact_id = person.id AND own.ended_at IS NULL)
            OR acted.days >= 2
            THEN 'regular'
        WHEN person.is_stub AND acted.contact_id IS NULL
            AND NOT EXISTS (
                SELECT FROM contacts_contactsource link JOIN contacts_source source ON source.id = link.source_id
                WHERE link.contact_id = person.id AND source.kind <> 'roll')
            THEN 'roll_only'
        ELSE 'occasional' END AS relationship
    FROM contacts_contact person LEFT JOIN acted ON acted.contact_id = person.id
    WHERE person.id = ANY(%(ids)s)
)
UPDATE contacts_contact AS person SET relationship = told.relationship
FROM told WHERE told.id = person.id AND person.relationship <> told.relationship
