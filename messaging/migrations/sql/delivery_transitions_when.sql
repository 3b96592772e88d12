-- The only moves of a ledger row (messaging.dispatch.states.TRANSITIONS; a test holds the two equal). A row
-- that may have left is never queued again but by a person or an event: unknown → queued. The list is in the
-- condition: the function is called for what is refused only, not three times a message.
DROP TRIGGER delivery_transition ON messaging_delivery;

CREATE OR REPLACE FUNCTION crm_check_delivery_transition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'delivery %/%/% cannot go from % to %',
        OLD.campaign_id, OLD.contact_id, OLD.occasion, OLD.state, NEW.state
        USING ERRCODE = 'check_violation', CONSTRAINT = 'delivery_transition_allowed';
END $$;

CREATE TRIGGER delivery_transition BEFORE UPDATE ON messaging_delivery
    FOR EACH ROW WHEN (
        OLD.state IS DISTINCT FROM NEW.state
        AND (OLD.state || '>' || NEW.state) NOT IN (
            'queued>claimed', 'claimed>handed', 'handed>accepted',
            'queued>suppressed', 'queued>cancelled', 'queued>expired',
            'claimed>queued', 'claimed>failed',
            'claimed>suppressed', 'claimed>cancelled', 'claimed>expired',
            'handed>retry_wait', 'handed>failed', 'handed>unknown',
            'retry_wait>queued', 'retry_wait>claimed',
            'retry_wait>suppressed', 'retry_wait>cancelled', 'retry_wait>expired',
            'unknown>accepted', 'unknown>abandoned', 'unknown>queued',
            'accepted>delivered', 'accepted>bounced', 'accepted>complained',
            'delivered>bounced', 'delivered>complained'
        )
    ) EXECUTE FUNCTION crm_check_delivery_transition();
