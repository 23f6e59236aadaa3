-- The whole state of governance. Released files never change: a later one adds to them, so that versions N and N+1 of
-- the program run side by side. Amounts are whole numbers: thousandths of a core, bytes, GPUs, bytes, pods.

-- Which life of the database this is (protocol rule 13). One row.
CREATE TABLE epoch (
  singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  epoch bigint NOT NULL CHECK (epoch >= 1),
  minted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  reason text NOT NULL
);
INSERT INTO epoch (epoch, reason) VALUES (1, 'created');

-- Resources as people applied them. Deleted ones stay, so that names in old decisions can be looked up.
CREATE SEQUENCE resource_versions;
CREATE TABLE resources (
  uid uuid PRIMARY KEY,
  kind text NOT NULL,
  name text NOT NULL CHECK (name <> ''),
  generation bigint NOT NULL CHECK (generation >= 1),
  resource_version bigint NOT NULL DEFAULT nextval('resource_versions'),
  labels jsonb NOT NULL,
  annotations jsonb NOT NULL,
  spec jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  deleted_at timestamptz
);
CREATE UNIQUE INDEX resources_live ON resources (kind, name) WHERE deleted_at IS NULL;

-- Grows with every change of what decisions are made on (operators to derogations); read under the offer's lock.
CREATE TABLE offer_state (
  singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  version bigint NOT NULL
);
INSERT INTO offer_state (version) VALUES (0);

-- Every policy that was ever ratified. The one in force: the highest version whose moment has come, by this clock.
CREATE TABLE policy_versions (
  version bigint PRIMARY KEY CHECK (version >= 1),
  resource uuid NOT NULL REFERENCES resources (uid),
  effective_at timestamptz NOT NULL,
  document jsonb NOT NULL,
  principal text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- What decisions were made on, once per content.
CREATE TABLE offer_snapshots (
  digest bytea PRIMARY KEY CHECK (length(digest) = 32),
  bytes bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- How much of each cluster is promised. A limit may fall below what is committed (capacity withdrawn): that is kept as
-- an over-promise, which refuses whatever would add to it.
CREATE TABLE capacity_ledger (
  cluster text PRIMARY KEY,
  limit_cpu bigint NOT NULL CHECK (limit_cpu >= 0),
  limit_memory bigint NOT NULL CHECK (limit_memory >= 0),
  limit_gpu bigint NOT NULL CHECK (limit_gpu >= 0),
  limit_storage bigint NOT NULL CHECK (limit_storage >= 0),
  limit_pods bigint NOT NULL CHECK (limit_pods >= 0),
  committed_cpu bigint NOT NULL DEFAULT 0 CHECK (committed_cpu >= 0),
  committed_memory bigint NOT NULL DEFAULT 0 CHECK (committed_memory >= 0),
  committed_gpu bigint NOT NULL DEFAULT 0 CHECK (committed_gpu >= 0),
  committed_storage bigint NOT NULL DEFAULT 0 CHECK (committed_storage >= 0),
  committed_pods bigint NOT NULL DEFAULT 0 CHECK (committed_pods >= 0),
  version bigint NOT NULL DEFAULT 1
);

-- The UUIDs that namespaces are named after: the console's, or minted here; for good once used.
-- The project's row is also the lock under which its placements are decided.
CREATE TABLE project_identities (
  project text PRIMARY KEY,
  project_id uuid NOT NULL UNIQUE,
  from_console boolean NOT NULL
);
CREATE TABLE environment_identities (
  project text NOT NULL REFERENCES project_identities (project),
  environment text NOT NULL,
  environment_id uuid NOT NULL UNIQUE,
  from_console boolean NOT NULL,
  PRIMARY KEY (project, environment)
);

-- Decisions, placed or not, with all that replaying them needs. The numbers order them; ids name them.
CREATE TABLE decisions (
  id uuid PRIMARY KEY,
  number bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  project text NOT NULL,
  placed boolean NOT NULL,
  engine_version text NOT NULL,
  policy_version bigint NOT NULL REFERENCES policy_versions (version),
  snapshot_digest bytea NOT NULL REFERENCES offer_snapshots (digest),
  attempts integer NOT NULL CHECK (attempts >= 1),
  inputs bytea NOT NULL,
  decision bytea NOT NULL,
  epoch bigint NOT NULL,
  principal text NOT NULL,
  decided_at timestamptz NOT NULL
);
CREATE INDEX decisions_by_project ON decisions (project, number DESC);

-- Desired and observed state of every replica of every environment.
CREATE TABLE placements (
  id uuid PRIMARY KEY,
  project text NOT NULL,
  project_id uuid NOT NULL,
  organisation text NOT NULL,
  environment text NOT NULL,
  environment_id uuid NOT NULL,
  stage text NOT NULL,
  replica integer NOT NULL CHECK (replica >= 0),
  zone text NOT NULL,
  cluster text NOT NULL,
  namespace text NOT NULL,
  sensitivity text NOT NULL,
  mode text NOT NULL,
  phase text NOT NULL CHECK (phase IN ('active', 'frozen', 'draining', 'removed')),
  quota jsonb NOT NULL,
  revision bigint NOT NULL CHECK (revision >= 1),
  epoch bigint NOT NULL CHECK (epoch >= 1),
  decision uuid NOT NULL REFERENCES decisions (id),
  decided_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL,
  not_before timestamptz,
  remove_persistent_volumes boolean NOT NULL DEFAULT false,
  removed_at timestamptz,
  traceparent text,
  observed jsonb,
  observed_epoch bigint,
  observed_revision bigint,
  observed_incarnation bigint,
  observed_sequence bigint,
  observed_ready boolean NOT NULL DEFAULT false,
  observed_stored_at timestamptz,
  CHECK (phase = 'removed' OR (not_before IS NULL AND removed_at IS NULL)),
  CHECK ((observed IS NULL) = (observed_sequence IS NULL))
);
CREATE UNIQUE INDEX placements_namespace ON placements (cluster, namespace) WHERE removed_at IS NULL;
CREATE INDEX placements_by_project ON placements (project, environment, replica, id);
CREATE INDEX placements_by_zone ON placements (zone, project, environment, replica, id);
CREATE INDEX placements_by_cluster ON placements (cluster, project, environment, replica, id);

-- What the ledger holds for each placement; the sum of the rows not released is the ledger's `committed` (rule 5).
CREATE TABLE reservations (
  placement uuid PRIMARY KEY REFERENCES placements (id),
  cluster text NOT NULL REFERENCES capacity_ledger (cluster),
  state text NOT NULL CHECK (state IN ('pending', 'confirmed', 'released')),
  cpu bigint NOT NULL CHECK (cpu >= 0),
  memory bigint NOT NULL CHECK (memory >= 0),
  gpu bigint NOT NULL CHECK (gpu >= 0),
  storage bigint NOT NULL CHECK (storage >= 0),
  pods bigint NOT NULL CHECK (pods >= 0),
  expires_at timestamptz,
  confirmed_at timestamptz,
  released_at timestamptz,
  CHECK ((state = 'pending') = (expires_at IS NOT NULL)),
  CHECK ((state = 'released') = (released_at IS NOT NULL))
);
CREATE INDEX reservations_by_cluster ON reservations (cluster) WHERE state <> 'released';

-- What is still to be said on the bus. Rows become visible out of the order of their ids: they are selected by
-- `published_at IS NULL`, never by a cursor (protocol rule 3). A row says *that* a placement changed; what is sent is
-- the placement's latest state.
CREATE TABLE outbox (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  placement uuid NOT NULL REFERENCES placements (id),
  epoch bigint NOT NULL,
  revision bigint NOT NULL,
  reason text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  attempts integer NOT NULL DEFAULT 0,
  attempted_at timestamptz,
  attempted_term bigint,
  published_at timestamptz,
  topic text,
  partition integer,
  "offset" bigint
);
CREATE INDEX outbox_unpublished ON outbox (id) WHERE published_at IS NULL;
CREATE INDEX outbox_unpublished_of ON outbox (placement) WHERE published_at IS NULL;
CREATE INDEX outbox_of_placement ON outbox (placement, epoch, revision);
CREATE INDEX outbox_attempted ON outbox (attempted_at) WHERE attempted_at IS NOT NULL;

-- Who is the relay (rule 9). The term fences: a holder of an earlier one may claim nothing more.
CREATE TABLE relay_leases (
  name text PRIMARY KEY,
  holder text NOT NULL,
  term bigint NOT NULL CHECK (term >= 1),
  backend_pid integer NOT NULL,
  acquired_at timestamptz NOT NULL,
  renewed_at timestamptz NOT NULL
);

-- Pleas of agents for a republication, each answered once.
CREATE TABLE republications (
  request uuid PRIMARY KEY,
  zone text NOT NULL,
  reason text NOT NULL,
  answered_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  placements bigint NOT NULL
);

-- Heartbeats, the latest per zone. Silence is counted only while the centre listens and is caught up (rule 16).
CREATE TABLE agents (
  zone text PRIMARY KEY,
  incarnation bigint NOT NULL,
  sequence bigint NOT NULL,
  status jsonb NOT NULL,
  stored_at timestamptz NOT NULL,
  silent_milliseconds bigint NOT NULL DEFAULT 0
);

-- Where the status consumer stands, stored with the effects of what it read (rule 14).
CREATE TABLE consumer_offsets (
  topic text NOT NULL,
  partition integer NOT NULL,
  next_offset bigint NOT NULL CHECK (next_offset >= 0),
  PRIMARY KEY (topic, partition)
);

-- One answer per key and scope. The response is empty only inside the transaction that makes it.
CREATE TABLE idempotency_keys (
  scope text NOT NULL,
  key text NOT NULL,
  request_digest bytea NOT NULL CHECK (length(request_digest) = 32),
  response bytea,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (scope, key)
);

-- What was done, by whom. The digest is of `body`, byte for byte. One sealer links committed entries into the chain
-- afterwards (rule 4): linking inside the writers' transactions would make them queue for each other.
CREATE TABLE audit_entries (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL,
  principal text NOT NULL,
  action text NOT NULL,
  kind text NOT NULL,
  name text NOT NULL,
  body bytea NOT NULL,
  digest bytea NOT NULL CHECK (length(digest) = 32),
  position bigint UNIQUE,
  previous_link bytea,
  link bytea,
  sealed_at timestamptz,
  CHECK ((position IS NULL) = (link IS NULL) AND (position IS NULL) = (sealed_at IS NULL))
);
CREATE INDEX audit_unsealed ON audit_entries (id) WHERE position IS NULL;
