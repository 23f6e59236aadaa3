public import Model
public import Placement
import Postgres

extension GovernanceStore {
  /// The offer as it is, and the database's day: from memory where that is kept true. There may be no policy yet.
  public func presentOffer() async throws -> (offer: Offer, day: CalendarDay) {
    if let known = world.snapshot, let prepared = known.prepared { return (prepared.offer, prepared.day) }
    return try await pool.withConnection { connection in
      let answers = try await connection.pipeline([
        Self.selectOffer, Self.selectFacts, "SELECT \(Self.today) AS day",
      ])
      return (
        Offer(try answers[0].map { try AnyResource(row: $0) }, facts: try Self.facts(answers[1])),
        try Self.day(answers[2].only.decode("day"))
      )
    }
  }
}
