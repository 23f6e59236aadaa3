-- An operator without which the board could decide nothing any more is removed by two administrators: what the first asked
-- for. Who that was is in the entry of the trail alone, and goes from there with the rule of retention. The trail has no rows
-- deleted, and guards that itself: no reference is to answer in its place.
CREATE TABLE board_departures (
  operator uuid PRIMARY KEY REFERENCES resources (uid),
  entry bigint NOT NULL,
  asked_at timestamptz NOT NULL
);
