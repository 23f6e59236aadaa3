-- The newest anchor of each day, as the bus has it: an export of the trail carries them.
CREATE TABLE audit_anchors (
  key text PRIMARY KEY,
  position bigint NOT NULL CHECK (position >= 1),
  record bytea NOT NULL
);

-- Personal data of the trail, all of it: the name of whoever an entry's pseudonym stands for, and the chance that makes the
-- pseudonym. Nothing of the chain is over these columns; the rule empties them.
ALTER TABLE audit_entries ADD COLUMN person text, ADD COLUMN salt bytea, ADD COLUMN erased_at timestamptz,
  ADD CONSTRAINT audit_entries_person CHECK ((person IS NULL) = (salt IS NULL)) NOT VALID;
COMMENT ON COLUMN audit_entries.person IS 'personal data (EXI-DATA-2): erased by the rule of retention';
COMMENT ON COLUMN audit_entries.salt IS 'personal data (EXI-DATA-2): erased by the rule of retention';

-- How far the rule has come in the chain, and how far of that the trail tells: stretches without names are told with the
-- next name.
ALTER TABLE audit_chain ADD COLUMN erased_position bigint NOT NULL DEFAULT 0 CHECK (erased_position >= 0),
  ADD COLUMN told_position bigint NOT NULL DEFAULT 0 CHECK (told_position BETWEEN 0 AND erased_position);
