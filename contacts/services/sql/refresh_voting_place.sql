-- Contact.votes_in of the people of %(ids)s: the polling station, else the commune, of the newest row of a roll
-- that they are on today.
UPDATE contacts_contact AS person
   SET votes_in_id = wanted.place
  FROM (
    SELECT contact.id, contact.votes_in_id, (
               SELECT coalesce(elector.polling_station_id, elector.commune_id)
                 FROM contacts_electoralregistration AS elector
                WHERE elector.contact_id = contact.id AND elector.left_on IS NULL
                  AND contact.erased_at IS NULL
                ORDER BY elector.id DESC LIMIT 1
           ) AS place
      FROM contacts_contact AS contact
     WHERE contact.id = ANY(%(ids)s)
  ) AS wanted
 WHERE person.id = wanted.id AND wanted.votes_in_id IS DISTINCT FROM wanted.place
