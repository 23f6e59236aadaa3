-- What the bus is to tell everybody of the board's work (protocol rule 6): written in the transaction of what it tells of,
-- each state of a thing once, and published after the commit under the same identifier, however often.
CREATE TABLE public_facts (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  event uuid NOT NULL UNIQUE,
  type text NOT NULL,
  -- What it is about: the record's key. States of one thing are written one after the other, under its lock.
  key text NOT NULL,
  revision bigint NOT NULL CHECK (revision >= 1),
  -- The record's value, byte for byte.
  data bytea NOT NULL,
  at timestamptz NOT NULL,
  traceparent text,
  attempts integer NOT NULL DEFAULT 0,
  attempted_at timestamptz,
  published_at timestamptz,
  partition integer,
  "offset" bigint,
  UNIQUE (key, revision)
);
CREATE INDEX public_facts_waiting ON public_facts (id) WHERE published_at IS NULL;
CREATE INDEX public_facts_waiting_of ON public_facts (key, id) WHERE published_at IS NULL;

-- Wakes whoever publishes them.
CREATE FUNCTION announce_facts() RETURNS trigger LANGUAGE plpgsql AS
  $$BEGIN PERFORM pg_notify('regie_facts', ''); RETURN NULL; END$$;
CREATE TRIGGER public_facts_announced AFTER INSERT ON public_facts
  FOR EACH STATEMENT EXECUTE FUNCTION announce_facts();

-- The sections of an impact's result, so many items together: a page is read without the rest. A result that was written
-- before has none.
ALTER TABLE impact_results ADD COLUMN in_parts boolean NOT NULL DEFAULT false;
CREATE TABLE impact_parts (
  digest bytea NOT NULL REFERENCES impact_results (digest) ON DELETE CASCADE,
  section text NOT NULL,
  -- The place of the first of them in the section, from 0, and how many there are.
  first integer NOT NULL CHECK (first >= 0),
  items integer NOT NULL CHECK (items >= 1),
  bytes bytea NOT NULL,
  PRIMARY KEY (digest, section, first)
);
CREATE INDEX impacts_latest ON impacts (requested_at DESC, id);

-- Ended findings are kept for a time.
CREATE INDEX findings_ended ON findings (resolved_at) WHERE resolved_at IS NOT NULL;
