-- What there was of each cluster's capacity, once a day by the database's clock in Paris; where the cluster was then, and
-- what might be known of it, stand beside it, since clusters come and go.
CREATE TABLE capacity_days (
  day date NOT NULL,
  cluster text NOT NULL,
  resource text NOT NULL CHECK (resource IN ('cpu', 'memory', 'gpu', 'storage', 'pods')),
  -- The zone's slug.
  zone text NOT NULL,
  region text NOT NULL,
  operator text NOT NULL,
  -- Whether everybody may know what is promised of it.
  published boolean NOT NULL,
  declared bigint NOT NULL,
  promisable bigint NOT NULL,
  committed bigint NOT NULL,
  reserved bigint NOT NULL,
  -- As agents have read it in quotas; null where none has.
  used bigint,
  PRIMARY KEY (day, cluster, resource)
);

-- Where the ledger says that something else is promised than what reservations hold together: told, and mended by nobody on
-- its own.
CREATE TABLE ledger_differences (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  cluster text NOT NULL,
  resource text NOT NULL,
  ledger bigint NOT NULL,
  held bigint NOT NULL,
  found_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  ended_at timestamptz
);
CREATE UNIQUE INDEX ledger_differences_open ON ledger_differences (cluster, resource) WHERE ended_at IS NULL;

-- What was published as the current offer and policy, and from when on: a row wherever its meaning has become another.
CREATE TABLE offer_documents (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- SHA-256 of what it means, hexadecimal.
  digest text NOT NULL,
  document text NOT NULL,
  -- The policy in force at that time; null before there was one.
  policy_version bigint,
  published_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
