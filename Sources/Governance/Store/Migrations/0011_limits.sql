-- Under which policy, and for which day, the ledger's limits were worked out last, of all clusters. Where these are those of a
-- decision, the ledger's limits bind it as well: a program of a later version may know of more that bounds a cluster than an
-- earlier one beside it.
ALTER TABLE offer_state ADD COLUMN limits_policy bigint, ADD COLUMN limits_day date;
