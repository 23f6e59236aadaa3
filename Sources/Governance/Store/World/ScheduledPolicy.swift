import Events
import Foundation
import Model
import Placement
import Postgres

/// A version of the policy whose moment is to come.
struct ScheduledPolicy: Sendable, Hashable {
  var version: Int64
  var effectiveAt: Timestamp
  /// As it is stored. It is read for whoever asks: few do.
  var document: PostgresJSON

  /// The policy itself.
  var policy: EffectivePolicy {
    get throws { EffectivePolicy(version: version, spec: try document.model(PolicySpec.self)) }
  }

  /// Those whose moment is to come, or came a moment ago: by a clock that was read before this, it may not have come yet.
  static let select: PostgresQuery = """
    SELECT version, effective_at, document FROM policy_versions
    WHERE effective_at > clock_timestamp() - interval '1 minute' ORDER BY version
    """

  /// Reads ``select``: in the order of their versions.
  static func all(in rows: PostgresRows) throws -> [ScheduledPolicy] {
    try rows.map { row in
      ScheduledPolicy(
        version: try row.decode("version"), effectiveAt: Timestamp(try row.decode(Date.self, "effective_at")),
        document: try row.decode("document"))
    }
  }
}
