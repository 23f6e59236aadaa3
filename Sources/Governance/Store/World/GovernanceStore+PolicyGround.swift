public import Events
public import Model
public import Placement
import Postgres

/// What a question is answered on under another policy than the one in force.
public struct PolicyGround: Sendable {
  /// The policy.
  public var policy: EffectivePolicy
  /// The offer, with what of it counts by this policy.
  public var offer: Offer
  /// The zones that are silent by it; nil where they are those that are silent by the one in force.
  public var silentZones: [String]?
  /// Whether memory does not hold all of it, nor follow it: what agents say counts for another time by this policy.
  public var isRead: Bool
}

extension CalendarDay {
  /// The moment for which a question about a day is answered: its noon, in UTC.
  public var noon: Timestamp? { Timestamp("\(self)T12:00:00Z") }
}

extension GovernanceStore {
  /// What a question is answered on under the policy that it supposes, or else under the one that will be in force on the day
  /// it supposes. For how long an agent may be silent and a measurement counts each policy says for itself, as in its impact:
  /// where one says otherwise than the one in force, the database is asked. Else nothing is asked that memory holds.
  ///
  /// - Returns: nil where the policy in force answers.
  public func ground(
    under supposed: PolicySpec?, on day: CalendarDay?, in basis: PlacementBasis
  ) async throws -> PolicyGround? {
    let present = basis.engine.policy
    let offer = basis.engine.offer
    let other: EffectivePolicy? =
      if let supposed {
        EffectivePolicy(version: present.version, spec: supposed)
      } else if let day {
        try await scheduledPolicy(on: day, beyond: basis)
      } else {
        nil
      }
    guard let other else { return nil }
    let before = present.spec.measuredWithin
    let after = other.spec.measuredWithin
    let silence = other.spec.silentAfter == present.spec.silentAfter ? nil : other.spec.silentAfter
    guard before != after || silence != nil else {
      return PolicyGround(policy: other, offer: offer, silentZones: nil, isRead: false)
    }
    let heard = try await pool.withTransaction(
      isolation: .repeatableRead, readOnly: true, deadline: deadlineWhileCutOff
    ) { connection in
      let silent = try await Self.zones(silentFor: silence, in: connection)
      let measurements = try await Self.measurements(isWanted: before != after, in: connection)
      return (silent: silent, measurements: measurements)
    }
    guard let rows = heard.measurements else {
      return PolicyGround(policy: other, offer: offer, silentZones: heard.silent, isRead: true)
    }
    let counting = try await LongWork.answer {
      // Of clusters that were left out of the situation nothing is said.
      let clusters = Set(offer.clusters.map(\.name))
      let measurements = try HeardMeasurement.all(in: rows).filter { clusters.contains($0.known.cluster) }
      return offer.counting(measurements, within: after, insteadOf: before)
    }
    return PolicyGround(policy: other, offer: counting, silentZones: heard.silent, isRead: true)
  }

  private static func measurements(
    isWanted: Bool, in connection: PostgresConnection
  ) async throws -> HeardMeasurement.Rows? {
    guard isWanted else { return nil }
    return try await HeardMeasurement.Rows(in: connection)
  }

  private static func zones(
    silentFor limit: Int64?, in connection: PostgresConnection
  ) async throws -> [String]? {
    guard let limit else { return nil }
    let zones = DecisionBasis.Head.silentZones(beyond: "\(limit)")
    return try await connection.query("SELECT \(zones) AS silent").only.decode([String].self, "silent")
  }

  /// The policy that will be in force on a day that is to come, as far as it is known by now; nil where it is the one that is
  /// in force already.
  private func scheduledPolicy(
    on day: CalendarDay, beyond basis: PlacementBasis
  ) async throws -> EffectivePolicy? {
    guard day > basis.engine.day, let noon = day.noon else { return nil }
    let scheduled = if let known = basis.scheduled { known } else { try await readScheduled() }
    return try scheduled.last { $0.effectiveAt <= noon && $0.version > basis.policyVersion }?.policy
  }

  private func readScheduled() async throws -> [ScheduledPolicy] {
    try ScheduledPolicy.all(
      in: try await pool.withConnection(deadline: deadlineWhileCutOff) { try await $0.query(ScheduledPolicy.select) })
  }
}
