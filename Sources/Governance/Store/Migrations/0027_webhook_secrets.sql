-- Address and secret of a destination, sealed by a key that stands outside of the database. Where they are, the columns of the
-- version before hold nothing.
ALTER TABLE webhooks
  ADD COLUMN sealed bytea,
  -- Which key has sealed them.
  ADD COLUMN sealed_by text,
  ADD CONSTRAINT webhooks_sealed CHECK ((sealed IS NULL) = (sealed_by IS NULL)),
  ADD CONSTRAINT webhooks_sealed_only CHECK (sealed IS NULL OR url = '');
COMMENT ON COLUMN webhooks.sealed IS 'secret: sealed; leaves the database towards the sender only';

-- When somebody had it sent again that was given up: it is tried for a day from then on.
ALTER TABLE webhook_deliveries ADD COLUMN resent_at timestamptz;
