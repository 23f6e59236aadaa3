-- Which questions, of those that are answered anew, a result was the answer of: whoever reads one page after the other goes on with the
-- result that the first was of, and with no other question's. A program of the version before does not say it of the results that it
-- finds.
ALTER TABLE impact_results ADD COLUMN questions uuid[] NOT NULL DEFAULT '{}';
UPDATE impact_results r SET questions = ARRAY(SELECT i.id FROM impacts i WHERE i.result = r.digest AND i.follows)
WHERE EXISTS (SELECT FROM impacts i WHERE i.result = r.digest AND i.follows);
