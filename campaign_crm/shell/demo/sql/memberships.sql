-- Former members: when they joined and left, as the old file says. Members came by a source of members.
INSERT INTO contacts_membership (contact_id, joined_on, left_on, proof, at)
SELECT %(first)s + number,
       (created_at - (1 + 9 * staging.demo_draw(number, 'member for')) * interval '1 year')::date,
       created_at::date, '{"how": "paper"}', created_at
  FROM staging.demo_person
  JOIN staging.demo_origin USING (origin)
 WHERE relationship = 'former'
 ORDER BY number;
