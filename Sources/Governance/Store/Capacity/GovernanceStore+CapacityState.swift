import Events
import Foundation
import Model
import Placement
import Policy
import Postgres

extension GovernanceStore {
  /// The capacity of everything on offer, and whether the books agree, all of one moment.
  ///
  /// - Parameter withUse: whether what is really in use is read too, which takes a look at every placement.
  public func capacityState(withUse: Bool) async throws -> CapacityState {
    let read = try await pool.withTransaction(isolation: .repeatableRead, readOnly: true) {
      try await readCapacity(withUse: withUse, in: $0)
    }
    return try await read.state
  }

  /// What was read of one moment, not worked out yet.
  struct CapacityReading: Sendable {
    fileprivate var offer: Offer
    fileprivate var policy: PolicySpec?
    fileprivate var books: CapacityBooks
    fileprivate var policyVersion: Int64?
    fileprivate var day: CalendarDay
    fileprivate var asOf: Timestamp

    /// Worked out beside everything else, with no connection held.
    var state: CapacityState {
      get async throws {
        try await LongWork.run { [self] in
          CapacityState(
            clusters: CapacityReader(offer: offer, policy: policy, day: day, books: books).clusters,
            differences: books.differences, policyVersion: policyVersion, day: day, asOf: asOf)
        }
      }
    }
  }

  /// - Parameter connection: in a repeatable transaction.
  func readCapacity(withUse: Bool, in connection: PostgresConnection) async throws -> CapacityReading {
    let answers = try await connection.pipeline([
      """
      SELECT o.version, e.epoch, \(DecisionBasis.Head.life) AS life, clock_timestamp() AS now, \(Self.today) AS day,
        (\(Self.inForce)) AS policy FROM offer_state o, epoch e
      """,
      OfferRows.versions, Self.selectFacts,
      "SELECT document FROM policy_versions WHERE version = (\(Self.inForce))",
    ])
    let head = try answers[0].only
    let read = try await offerRows.resources(
      answers[1], epoch: head.decode("epoch"), life: head.decode("life"), offerVersion: head.decode("version"),
      in: connection)
    let offer = read.offer(facts: try Self.facts(answers[2]))
    let policy = try answers[3].first.map { try $0.decode(PostgresJSON.self, "document").model(PolicySpec.self) }
    let books = try await CapacityBooks(withUse: withUse, in: connection)
    return CapacityReading(
      offer: offer, policy: policy, books: books, policyVersion: try head.decode("policy"),
      day: try Self.day(head.decode("day")), asOf: Timestamp(try head.decode(Date.self, "now")))
  }
}
