-- Which engine has worked an impact out, and at which claim: a program of before this one moves the claim and leaves these.
ALTER TABLE impacts ADD COLUMN engine bigint, ADD COLUMN engine_claim bigint;
