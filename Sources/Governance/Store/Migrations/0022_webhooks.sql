-- Where owners are told of what concerns them, and what is to be told: written in the transaction of what it tells of.

CREATE TABLE webhooks (
  id uuid PRIMARY KEY,
  number bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  operator text,
  project text,
  url text NOT NULL,
  -- What may be shown of the address.
  shown text NOT NULL,
  events text[] NOT NULL CHECK (cardinality(events) >= 1),
  -- What deliveries are signed with; nobody is shown it after it was made.
  secret bytea NOT NULL CHECK (length(secret) = 32),
  created_by text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  removed_at timestamptz,
  -- Attempts that have failed in a row, and until when the destination is left alone for it.
  failures integer NOT NULL DEFAULT 0,
  retry_at timestamptz NOT NULL DEFAULT '-infinity',
  CHECK (num_nonnulls(operator, project) = 1)
);
COMMENT ON COLUMN webhooks.secret IS 'secret: leaves the database towards the sender only';
CREATE INDEX webhooks_of_operator ON webhooks (operator) WHERE removed_at IS NULL AND operator IS NOT NULL;
CREATE INDEX webhooks_of_project ON webhooks (project) WHERE removed_at IS NULL AND project IS NOT NULL;

CREATE TABLE webhook_deliveries (
  id uuid PRIMARY KEY,
  number bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  webhook uuid NOT NULL REFERENCES webhooks (id),
  event text NOT NULL,
  -- Byte for byte what is sent, however often.
  body bytea NOT NULL,
  state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'dead')),
  at timestamptz NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  -- While somebody sends it, until when nobody else does.
  claimed_until timestamptz,
  status integer,
  failure text,
  settled_at timestamptz,
  CHECK ((state = 'pending') = (settled_at IS NULL))
);
CREATE INDEX webhooks_to_call ON webhooks (retry_at, number) WHERE removed_at IS NULL;
CREATE INDEX webhook_deliveries_waiting ON webhook_deliveries (webhook, number) WHERE state = 'pending';
CREATE INDEX webhook_deliveries_of ON webhook_deliveries (webhook, number DESC);
CREATE INDEX webhook_deliveries_settled ON webhook_deliveries (settled_at) WHERE settled_at IS NOT NULL;

CREATE FUNCTION announce_webhooks() RETURNS trigger LANGUAGE plpgsql AS
  $$BEGIN PERFORM pg_notify('regie_webhooks', ''); RETURN NULL; END$$;
CREATE TRIGGER webhook_deliveries_announced AFTER INSERT ON webhook_deliveries
  FOR EACH STATEMENT EXECUTE FUNCTION announce_webhooks();

-- When the owner of a finding was told that its deadline is near.
ALTER TABLE findings ADD COLUMN due_told_at timestamptz;
CREATE INDEX findings_to_tell ON findings (due_on) WHERE resolved_at IS NULL AND due_told_at IS NULL;
