-- An operator without which the board could decide nothing any more is removed by two administrators: what the first asked
-- for. Who that was is in the entry of the trail alone, and goes from there with the rule of retention.
CREATE TABLE board_departures (
  operator uuid PRIMARY KEY REFERENCES resources (uid),
  entry bigint NOT NULL REFERENCES audit_entries (id),
  asked_at timestamptz NOT NULL
);
