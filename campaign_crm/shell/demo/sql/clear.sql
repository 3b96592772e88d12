DROP TABLE staging.demo_person, staging.demo_origin, staging.demo_word, staging.demo_newsletter,
           staging.demo_tag, staging.demo_list, staging.demo_roll, staging.demo_elector,
           staging.demo_registration, staging.demo_departure, staging.demo_recipient, staging.demo_hit;
DROP FUNCTION staging.demo_draw(bigint, text), staging.demo_submission(bigint);
