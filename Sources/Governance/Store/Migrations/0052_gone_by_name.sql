-- What a place or a project was when something of its name was deleted last is asked for with every write of a cluster, and with
-- every decision on a project that comes along: it was looked for among everything there is and ever was.
CREATE INDEX resources_by_name ON resources (kind, name, deleted_at DESC);
