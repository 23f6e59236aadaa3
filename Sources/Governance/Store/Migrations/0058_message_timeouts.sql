-- For how long whoever publishes lets a record wait in its producer's queue (protocol rule 9): whoever comes next waits that out,
-- whatever is set for itself. It counts for the term that says it: a program of the version before begins a term and leaves it as it
-- is, and its setting is not known. `earlier_until`: until when the leaders before the present one may have something put on the bus.
ALTER TABLE relay_leases ADD COLUMN message_milliseconds bigint CHECK (message_milliseconds > 0),
  ADD COLUMN message_term bigint, ADD COLUMN earlier_until timestamptz;

-- The same of whoever publishes public facts, without a term. Of those before it is only known that they can not have been set to
-- more than this.
CREATE TABLE facts_publisher (
  singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  message_milliseconds bigint NOT NULL CHECK (message_milliseconds > 0),
  earlier_until timestamptz
);
INSERT INTO facts_publisher (message_milliseconds) SELECT 120000 WHERE EXISTS (SELECT FROM public_facts);
