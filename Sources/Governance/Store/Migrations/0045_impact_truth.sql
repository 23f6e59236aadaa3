-- What else an impact is worked out on, and the audit trail does not tell: how often the ledger was written, which zones were silent,
-- and when the next derogation takes effect by time alone. Null of what an earlier program has worked out.
ALTER TABLE impacts ADD COLUMN ledger_writes bigint, ADD COLUMN silent_zones text[], ADD COLUMN next_notification timestamptz;
