CREATE UNLOGGED TABLE staging.demo_departure (
    contact_id bigint, address_hash bytea, campaign_id bigint, at timestamptz, how text);
CREATE INDEX ON staging.demo_departure (address_hash);
CREATE INDEX ON staging.demo_departure (contact_id);
