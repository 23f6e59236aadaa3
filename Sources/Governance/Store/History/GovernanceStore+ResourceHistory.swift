public import Events
import Foundation
public import Identity
public import Model
import Placement
public import Policy
import Postgres
import Requests

extension GovernanceStore {
  /// The versions of something on offer, the latest first, those of its former lives under the same name too.
  ///
  /// - Parameter scope: versions at whose time it was another's are left out.
  /// - Throws: ``StoreError`` of kind `notFound` where there is none within reach.
  public func history(
    of kind: Kind, _ name: String, within scope: Scope = .everything, limit: Int = 100, cursor: String? = nil
  ) async throws -> Page<ResourceVersion> {
    try Cursor.check(limit: limit)
    let before = try Cursor.decode(cursor, as: Int64.self)
    var restriction: PostgresQuery = ""
    if case .own(let operators, _) = scope { restriction = "AND \(operators.condition("h.operator"))" }
    let rows = try await pool.withConnection {
      try await $0.query(
        """
        SELECT \(ResourceVersion.columns) FROM resource_history h
        WHERE h.kind = \(kind.rawValue) AND h.name = \(name) AND h.id < \(before ?? .max) \(restriction)
        ORDER BY h.id DESC LIMIT \(limit + 1)
        """)
    }
    guard before != nil || rows.first != nil else { throw StoreError.notFound(kind, name) }
    return try Page(rows.map { try ResourceVersion(row: $0) }, limit: limit, key: \.number)
  }

  /// The offer and the policy of two moments, as they were known then, both read at once.
  ///
  /// - Parameter to: now where it is nil, or yet to come.
  public func offerMoments(from: Timestamp, to: Timestamp?) async throws -> OfferMoments {
    try await pool.withTransaction(isolation: .repeatableRead, readOnly: true) { connection in
      let head = try await connection.query(
        """
        SELECT least(coalesce(\(to?.date), clock.now), clock.now) AS until, o.history_since
        FROM offer_state o, (SELECT clock_timestamp() AS now) AS clock
        """
      ).only
      let until = Timestamp(try head.decode(Date.self, "until"))
      // What is read a second time is only what has become of it since.
      let answers = try await connection.pipeline([
        Self.latest("at <= \(from.date)"), Self.latest("at > \(from.date) AND at <= \(until.date)"),
        Self.policy(at: from), Self.policy(at: until),
      ])
      let before = try answers[0].map { try ResourceVersion(row: $0) }
      let since = try answers[1].map { try ResourceVersion(row: $0) }
      let after = Dictionary((before + since).map { ($0.resource.label, $0) }) { $0.number > $1.number ? $0 : $1 }
      return OfferMoments(
        before: try Self.offer(before, answers[2].first, at: from),
        after: try Self.offer(after.values.sorted { $0.number < $1.number }, answers[3].first, at: until),
        wholeSince: Timestamp(try head.decode(Date.self, "history_since")))
    }
  }

  /// The last version of each thing, also where that is its end.
  private static func latest(_ period: PostgresQuery) -> PostgresQuery {
    """
    SELECT \(ResourceVersion.columns) FROM (
      SELECT DISTINCT ON (kind, name) * FROM resource_history WHERE \(period) ORDER BY kind, name, id DESC) AS h
    """
  }

  private static func policy(at moment: Timestamp) -> PostgresQuery {
    """
    SELECT version, document FROM policy_versions WHERE version = (
      SELECT max(version) FROM policy_versions WHERE effective_at <= \(moment.date) AND created_at <= \(moment.date))
    """
  }

  private static func offer(
    _ versions: [ResourceVersion], _ policy: PostgresRow?, at moment: Timestamp
  ) throws -> OfferMoment {
    OfferMoment(
      at: moment, state: Self.state(versions),
      policyVersion: try policy?.decode("version"),
      policy: try policy?.decode(PostgresJSON.self, "document").model(PolicySpec.self))
  }

  private static func state(_ versions: [ResourceVersion]) -> OfferState {
    var declared: [String: [RegionSpec.Qualification]] = [:]
    let resources = versions.filter { $0.change != .deleted }.map { version -> AnyResource in
      guard case .region(var region) = version.resource else { return version.resource }
      declared[region.name] = region.spec.qualifications
      region.spec.qualifications = version.qualifications.counting(of: region.spec.qualifications)
      return .region(region)
    }
    return OfferState(Offer(resources), declared: declared)
  }

  /// Says who writes, for the history that the database keeps of what is on offer.
  static func author(_ context: RequestContext) -> PostgresQuery {
    "SELECT set_config('regie.principal', \(context.principal), true)"
  }
}

/// The offer and the policy of a moment.
public struct OfferMoment: Sendable {
  /// The moment.
  public var at: Timestamp
  /// What was on offer.
  public var state: OfferState
  /// The policy that was in force; nil where there was none.
  public var policyVersion: Int64?
  /// Its text.
  public var policy: PolicySpec?
}

/// The offer and the policy of two moments.
public struct OfferMoments: Sendable {
  /// The one to compare with.
  public var before: OfferMoment
  /// The one that is compared.
  public var after: OfferMoment
  /// Since when every change is known: of earlier moments only what was last changed before then is.
  public var wholeSince: Timestamp
}
