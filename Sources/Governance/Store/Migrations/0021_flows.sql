-- Network flows, from their motive to their end.

-- What is looked for stands in columns; the whole value is the machine's, which alone changes it. `operators`: all that are, or
-- were, concerned. `ground`: what flow_ground said when it was last looked at. `next_at`: when time alone changes something.
CREATE TABLE network_flows (
  id uuid PRIMARY KEY,
  number bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  project text NOT NULL,
  environment text NOT NULL,
  system text NOT NULL,
  -- The environment at the other end, where the system is one.
  peer_project text,
  peer_environment text,
  operators text[] NOT NULL,
  state text NOT NULL CHECK (state IN ('pending', 'opened', 'suspended', 'rejected', 'withdrawn', 'lapsed')),
  revision bigint NOT NULL CHECK (revision >= 1),
  ground jsonb NOT NULL,
  next_at timestamptz,
  body jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CHECK ((peer_project IS NULL) = (peer_environment IS NULL)),
  CHECK (next_at IS NULL OR state = 'pending')
);
CREATE INDEX network_flows_of ON network_flows (project, number DESC);
CREATE INDEX network_flows_towards ON network_flows (peer_project, number DESC) WHERE peer_project IS NOT NULL;
CREATE INDEX network_flows_by_operator ON network_flows USING gin (operators);
CREATE INDEX network_flows_by_state ON network_flows (state, number DESC);
CREATE INDEX network_flows_due ON network_flows (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX network_flows_live ON network_flows (id) WHERE state IN ('pending', 'opened', 'suspended');

-- What operators have yet to do: the waiting tasks of the flows above, as their values have them.
CREATE TABLE flow_tasks (
  flow uuid NOT NULL REFERENCES network_flows (id),
  operator text NOT NULL,
  due_at timestamptz NOT NULL,
  escalated boolean NOT NULL,
  PRIMARY KEY (flow, operator)
);
CREATE INDEX flow_tasks_due ON flow_tasks (due_at);

CREATE TRIGGER network_flows_stay BEFORE DELETE OR TRUNCATE ON network_flows
  FOR EACH STATEMENT EXECUTE FUNCTION keep_what_was_said();

-- A database that was restored asks and reminds nobody before somebody recovers it (see 0009).
CREATE TRIGGER flows_while_suspended BEFORE INSERT OR UPDATE ON network_flows
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_while_suspended();

CREATE TRIGGER network_flows_announced AFTER INSERT OR UPDATE ON network_flows
  FOR EACH STATEMENT EXECUTE FUNCTION announce_requests();

-- Where an environment is: a row for each operator, region and sensitivity. What is only reserved is nowhere yet.
CREATE FUNCTION flow_sites(wanted_project text, wanted_environment text)
  RETURNS TABLE (operator text, region text, sensitivity text) STABLE LANGUAGE sql AS $$
  SELECT DISTINCT r.spec ->> 'operator', r.name, p.sensitivity
  FROM placements p
  JOIN resources z ON z.kind = 'Zone' AND z.deleted_at IS NULL AND z.spec ->> 'slug' = p.zone
  JOIN resources r ON r.kind = 'Region' AND r.deleted_at IS NULL AND r.name = z.spec ->> 'region'
  WHERE p.project = wanted_project AND p.environment = wanted_environment AND p.phase <> 'removed' AND p.revision >= 1
$$;

-- The ends of a flow. Where the system is an environment, the other end is where that is. Else a region that is connected to
-- the system opens onto it itself; from one that is not, the flow leads through another that is: one with a zone of the
-- same sensitivity before others, then one of the same operator, then by name.
CREATE FUNCTION flow_ground(
  wanted_project text, wanted_environment text, wanted_system text, peer_project text, peer_environment text
) RETURNS jsonb STABLE LANGUAGE sql AS $$
  WITH here AS MATERIALIZED (SELECT * FROM flow_sites(wanted_project, wanted_environment)),
  lacking AS MATERIALIZED (
    SELECT h.* FROM here h JOIN resources r ON r.kind = 'Region' AND r.deleted_at IS NULL AND r.name = h.region
    WHERE peer_project IS NULL AND NOT coalesce(r.spec -> 'interconnections' ? wanted_system, false)),
  there AS MATERIALIZED (
    SELECT s.* FROM flow_sites(peer_project, peer_environment) s WHERE peer_project IS NOT NULL
    UNION
    SELECT g.* FROM lacking l CROSS JOIN LATERAL (
      SELECT r.spec ->> 'operator' AS operator, r.name AS region, z.spec ->> 'sensitivity' AS sensitivity
      FROM resources r JOIN resources z ON z.kind = 'Zone' AND z.deleted_at IS NULL AND z.spec ->> 'region' = r.name
      WHERE r.kind = 'Region' AND r.deleted_at IS NULL AND coalesce(r.spec -> 'interconnections' ? wanted_system, false)
        AND r.spec ->> 'state' IS DISTINCT FROM 'closed'
      ORDER BY (z.spec ->> 'sensitivity' = l.sensitivity) DESC, (r.spec ->> 'operator' = l.operator) DESC,
        r.name COLLATE "C", z.name COLLATE "C"
      LIMIT 1) g)
  SELECT jsonb_build_object(
    'environment', coalesce((SELECT jsonb_agg(to_jsonb(h) ORDER BY to_jsonb(h)) FROM here h), '[]'),
    'system', coalesce((SELECT jsonb_agg(to_jsonb(t) ORDER BY to_jsonb(t)) FROM there t), '[]'),
    'reached', CASE WHEN peer_project IS NULL THEN NOT EXISTS (SELECT FROM lacking) OR EXISTS (SELECT FROM there)
      ELSE EXISTS (SELECT FROM there) END)
$$;
