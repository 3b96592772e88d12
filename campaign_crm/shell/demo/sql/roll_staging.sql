CREATE UNLOGGED TABLE staging.demo_roll (
    commune_id bigint PRIMARY KEY, code text, name text, postcode text, electors int, stations int);
CREATE UNLOGGED TABLE staging.demo_elector (
    commune_id bigint, birth_name text, used_name text, first_names text, gender text, birth_date date,
    street text, postcode text, number bigint, linked boolean);
