-- Contact.search_text of the people of %(ids)s: folded names, e-mail addresses, numbers in both forms, commune.
-- Nothing from an electoral roll: stubs are found through their registration.
UPDATE contacts_contact AS person
   SET search_text = wanted.search_text
  FROM (
    SELECT contact.id,
           CASE WHEN contact.erased_at IS NOT NULL THEN '' ELSE fold(concat_ws(' ',
               contact.last_name, contact.first_name, contact.birth_name,
               email.addresses, phone.numbers, commune.name)) END AS search_text
      FROM contacts_contact AS contact
      LEFT JOIN contacts_territory AS commune ON commune.id = contact.commune_id
      LEFT JOIN (
          SELECT contact_id, string_agg(normalised, ' ' ORDER BY id) AS addresses
            FROM contacts_emailaddress WHERE contact_id = ANY(%(ids)s) GROUP BY contact_id
      ) AS email ON email.contact_id = contact.id
      LEFT JOIN (
          SELECT contact_id, string_agg(concat_ws(' ', e164, national_number(e164)), ' ' ORDER BY id) AS numbers
            FROM contacts_phonenumber WHERE contact_id = ANY(%(ids)s) GROUP BY contact_id
      ) AS phone ON phone.contact_id = contact.id
     WHERE contact.id = ANY(%(ids)s)
  ) AS wanted
 WHERE person.id = wanted.id AND person.search_text IS DISTINCT FROM wanted.search_text
