-- Looks at what was there before 0004, in a transaction of its own and beside everybody's work.
ALTER TABLE decisions VALIDATE CONSTRAINT decisions_basis_check;
ALTER TABLE decisions VALIDATE CONSTRAINT decisions_ledger_checkpoint_fkey;
