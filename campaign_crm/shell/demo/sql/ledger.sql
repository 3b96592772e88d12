INSERT INTO messaging_delivery (
    ledger_month, campaign_id, contact_id, occasion, state, address, address_hash, measured, department, language,
    attempts, due_at, provider_account_id, provider_message_id, handed_at, settled_at, answer, source_id, basis,
    consent_id, subscription_id, notice_version, rulebook_version, segment_version)
SELECT %(month)s, %(campaign)s, contact_id, '', state, address, address_hash, measured, department, language,
       CASE state WHEN 'suppressed' THEN 0 ELSE 1 END, %(started)s,
       CASE state WHEN 'suppressed' THEN NULL ELSE %(account)s END,
       CASE WHEN state IN ('accepted', 'delivered', 'bounced', 'complained')
            THEN format('%%s.%%s@example.org', %(campaign)s, number) ELSE '' END,
       handed_at, settled_at,
       CASE state WHEN 'bounced' THEN '550 5.1.1 User unknown'
                  WHEN 'failed' THEN '552 5.2.2 Mailbox full'
                  WHEN 'suppressed' THEN 'On the do-not-contact list'
                  WHEN 'unknown' THEN 'Connection lost after the message'
                  WHEN 'abandoned' THEN 'Connection lost after the message'
                  ELSE '' END,
       source_id, basis, consent_id, subscription_id, %(notice)s, %(rulebook)s, %(version)s
  FROM staging.demo_recipient
 ORDER BY contact_id;
