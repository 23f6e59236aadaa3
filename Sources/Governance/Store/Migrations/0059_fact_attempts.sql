-- Which attempt of a fact was made by a publisher that says in `facts_publisher` for how long it lets a fact wait (protocol rule 9): the
-- one at this moment. A program of the version before attempts and leaves it as it is, and its setting is not known.
ALTER TABLE public_facts ADD COLUMN message_attempted_at timestamptz;
