public import Events
public import Foundation
import Model
import Postgres
import Requests

/// Something that is to be sent now, by whoever has claimed it.
public struct DeliveryClaim: Sendable, Hashable {
  /// The identifier, the same however often it is sent.
  public let id: UUID
  /// Which attempt this is, from 1: what comes of an earlier one is late.
  public let attempt: Int
  /// Where to.
  public let url: String
  /// What it is signed with.
  public let secret: [UInt8]
  /// The bytes.
  public let body: [UInt8]
  /// The moment, by the database's clock.
  public let at: Timestamp
  /// Why it can not be sent: there is no address then.
  public let obstacle: String?

  /// A claim.
  public init(
    id: UUID, attempt: Int = 1, url: String, secret: [UInt8], body: [UInt8], at: Timestamp, obstacle: String? = nil
  ) {
    self.id = id
    self.attempt = attempt
    self.url = url
    self.secret = secret
    self.body = body
    self.at = at
    self.obstacle = obstacle
  }
}

/// What has become of an attempt.
public enum DeliveryOutcome: Sendable, Hashable {
  /// The destination has taken it.
  case delivered(status: Int)
  /// It has not, and why.
  case failed(status: Int?, String, retryAfter: Int64?)
}

extension GovernanceStore {
  /// Whether a destination is not left alone. Where nothing has failed its moment says whose turn it is and nothing else, and one
  /// that is further off than the longest wait says nothing: a clock that was put back makes nobody wait.
  private static let mayBeTried: PostgresQuery = """
    (w.failures = 0 OR w.retry_at <= clock_timestamp()
      OR w.retry_at > clock_timestamp() + \(WebhookRetry.longest) * interval '1 second')
    """

  /// Nobody keeps what is sent from others for longer: an attempt has to be over well before.
  public static let longestDeliveryLease: Duration = .seconds(120)

  /// Whether nobody sends it. What is kept from others for longer than that was claimed by a clock that was put back.
  private static let isUnclaimed: PostgresQuery = """
    (d.claimed_until IS NULL OR d.claimed_until <= clock_timestamp()
      OR d.claimed_until > clock_timestamp()
        + \(GovernanceStore.longestDeliveryLease.components.seconds) * interval '1 second')
    """

  /// The oldest thing that waits for a destination that is not left alone, and to which nobody sends anything: of each
  /// destination one at a time, in their order, and of destinations the one that has waited longest for its turn, so
  /// that those that are slow or away take nobody else's place.
  ///
  /// - Parameter lease: after so long somebody else may send it, and after ``longestDeliveryLease`` anyway.
  public func claimDelivery(lease: Duration) async throws -> DeliveryClaim? {
    let seconds = min(lease, Self.longestDeliveryLease).components.seconds
    let rows = try await pool.withConnection {
      try await $0.query(
        """
        WITH next AS (
          SELECT d.id, w.id AS webhook, w.url, w.secret, w.sealed, w.sealed_by FROM webhooks w CROSS JOIN LATERAL (
            SELECT id, claimed_until FROM webhook_deliveries
            WHERE webhook = w.id AND state = 'pending' ORDER BY number LIMIT 1) d
          WHERE w.removed_at IS NULL AND \(Self.mayBeTried) AND NOT \(WebhookRecord.isEnded)
            AND \(Self.isUnclaimed) AND NOT EXISTS (SELECT FROM epoch WHERE suspended_at IS NOT NULL)
          ORDER BY w.retry_at, w.number LIMIT 1 FOR NO KEY UPDATE OF w SKIP LOCKED)
        UPDATE webhook_deliveries d SET attempts = attempts + 1,
          claimed_until = clock_timestamp() + \(seconds) * interval '1 second'
        FROM next WHERE d.id = next.id AND d.state = 'pending' AND \(Self.isUnclaimed)
        RETURNING d.id, d.attempts, next.webhook, next.url, next.secret, next.sealed, next.sealed_by, d.body,
          clock_timestamp() AS now
        """)
    }
    return try rows.first.map { row in
      var (secrets, obstacle) = (WebhookVault.Secrets(url: "", secret: []), String?.none)
      do {
        secrets = try self.secrets(of: try row.decode("webhook"), row)
      } catch let error as WebhookVaultError {
        obstacle = error.description
      }
      return DeliveryClaim(
        id: try row.decode("id"), attempt: Int(try row.decode(Int32.self, "attempts")), url: secrets.url,
        secret: secrets.secret, body: try row.decode("body"), at: Timestamp(try row.decode(Date.self, "now")),
        obstacle: obstacle)
    }
  }

  /// Writes down what has become of an attempt. One that was settled meanwhile stays as it is, and so does one that somebody
  /// else tries since: what comes of an attempt that was given up is late, and says nothing of the later one.
  ///
  /// - Parameter jitter: 0 up to 1.
  /// - Returns: how far it has come; nil where the answer is late.
  public func settle(
    _ claim: DeliveryClaim, _ outcome: DeliveryOutcome, jitter: Double
  ) async throws -> DeliveryRecord.State? {
    try await pool.withTransaction { connection in
      let rows = try await connection.query(
        """
        SELECT d.webhook, coalesce(d.resent_at, d.at) AS at, w.failures, clock_timestamp() AS now
        FROM webhook_deliveries d JOIN webhooks w ON w.id = d.webhook
        WHERE d.id = \(claim.id) AND d.state = 'pending' AND d.attempts = \(Int32(clamping: claim.attempt)) FOR UPDATE OF d
        """)
      guard let row = rows.first else { return nil }
      let now = Timestamp(try row.decode(Date.self, "now"))
      let webhook = try row.decode(UUID.self, "webhook")
      switch outcome {
      case .delivered(let status):
        try await connection.pipeline([
          """
          UPDATE webhook_deliveries SET state = 'delivered', settled_at = \(now.date), status = \(Int32(status)),
            failure = NULL, claimed_until = NULL WHERE id = \(claim.id)
          """,
          // Behind all others that wait: with more that are slow than there are places, each has its turn.
          "UPDATE webhooks SET failures = 0, retry_at = clock_timestamp() WHERE id = \(webhook)",
        ])
        return .delivered
      case .failed(let status, let why, let retryAfter):
        let failures = Int(try row.decode(Int32.self, "failures")) + 1
        let verdict = WebhookRetry.verdict(
          failures: failures, since: Timestamp(try row.decode(Date.self, "at")), now: now, retryAfter: retryAfter,
          jitter: jitter, isGone: status == 410)
        let code = status.map { Int32(clamping: $0) }
        let text = String(why.prefix(300))
        switch verdict {
        case .again(let at):
          try await connection.pipeline([
            """
            UPDATE webhook_deliveries SET status = \(code), failure = \(text), claimed_until = NULL
            WHERE id = \(claim.id)
            """, "UPDATE webhooks SET failures = \(Int32(failures)), retry_at = \(at.date) WHERE id = \(webhook)",
          ])
          return .pending
        case .dead:
          try await connection.pipeline([
            """
            UPDATE webhook_deliveries SET state = 'dead', settled_at = \(now.date), status = \(code),
              failure = \(text), claimed_until = NULL WHERE id = \(claim.id)
            """,
            // What waits behind it is as old, or nearly: it is left alone for a while as well.
            """
            UPDATE webhooks SET failures = \(Int32(failures)), retry_at = \(now.date) + interval '1 minute'
            WHERE id = \(webhook)
            """,
          ])
          return .dead
        }
      }
    }
  }

  /// How things stand with deliveries, and in how long the next may be sent.
  public func webhookCounts() async throws -> WebhookCounts {
    let rows = try await pool.withConnection {
      try await $0.query(
        """
        SELECT count(d.id) AS pending, \(Self.age(of: "min(d.at)")) AS oldest,
          CASE WHEN NOT EXISTS (SELECT FROM epoch WHERE suspended_at IS NOT NULL) THEN
            (extract(epoch FROM min(greatest(CASE WHEN w.failures > 0 THEN w.retry_at ELSE '-infinity' END,
              coalesce(d.claimed_until, '-infinity'), now())) - clock_timestamp()) * 1000000)::bigint END AS next
        FROM webhook_deliveries d JOIN webhooks w ON w.id = d.webhook
        WHERE d.state = 'pending' AND w.removed_at IS NULL AND NOT \(WebhookRecord.isEnded)
        """)
    }
    let row = try rows.only
    return WebhookCounts(
      pending: Int(try row.decode(Int64.self, "pending")), oldest: try row.age("oldest") ?? .zero,
      next: try row.age("next"))
  }

  /// Tells a destination that is just made of its owner's open findings whose deadline was told to be near already.
  func tellDue(_ webhook: WebhookRecord, in connection: PostgresConnection) async throws {
    // Whoever tells of deadlines is waited for: he sees this destination, or is seen here.
    try await connection.execute(StoreLocks.takeDeadlines())
    let rows = try await connection.query(
      """
      SELECT \(Self.noted) FROM findings
      WHERE resolved_at IS NULL AND due_told_at IS NOT NULL AND \(webhook.owner.condition) ORDER BY due_on, id
      """)
    let notes = try rows.map { try Self.note(.findingDue, $0) }
    if let statement = try WebhookWriter.insert(notes, at: webhook.createdAt, onlyTo: webhook.id) {
      try await connection.execute(statement)
    }
  }

  /// Tells of open findings whose deadline is near, each once, and forgets what was settled long ago.
  public func tendWebhooks() async throws {
    try await pool.withTransaction { connection in
      try await connection.execute(StoreLocks.shareDeadlines())
      let rows = try await connection.query(
        """
        UPDATE findings SET due_told_at = clock_timestamp() WHERE id IN (
          SELECT id FROM findings WHERE resolved_at IS NULL AND due_told_at IS NULL
            AND due_on <= (\(StoreClock.now) AT TIME ZONE 'Europe/Paris')::date + 7
            AND NOT EXISTS (SELECT FROM epoch WHERE suspended_at IS NOT NULL)
          ORDER BY due_on, id LIMIT 500 FOR UPDATE SKIP LOCKED)
        RETURNING \(Self.noted), clock_timestamp() AS now
        """)
      if let first = rows.first {
        let now = Timestamp(try first.decode(Date.self, "now"))
        let notes = try rows.map { try Self.note(.findingDue, $0) }
        if let statement = try WebhookWriter.insert(notes, at: now) { try await connection.execute(statement) }
      }
      // What is for a destination that has ended, was written while it was taken away, or is too old to be sent.
      try await connection.execute(
        """
        UPDATE webhook_deliveries SET state = 'dead', settled_at = clock_timestamp(),
          failure = coalesce(failure, 'given up'), claimed_until = NULL
        WHERE id IN (SELECT d.id FROM webhook_deliveries d JOIN webhooks w ON w.id = d.webhook
          WHERE d.state = 'pending' AND \(Self.isUnclaimed)
            AND (w.removed_at IS NOT NULL OR \(WebhookRecord.isEnded)
              OR coalesce(d.resent_at, d.at) < clock_timestamp() - \(WebhookRetry.patience) * interval '1 second'
                AND d.attempts > 0)
          ORDER BY d.number LIMIT 1000 FOR UPDATE OF d SKIP LOCKED)
        """)
      // Left by a program of the version before, which knows nothing of what is sealed.
      try await connection.execute(
        "UPDATE webhooks SET sealed = NULL, sealed_by = NULL WHERE removed_at IS NOT NULL AND sealed IS NOT NULL")
      try await connection.execute(
        """
        DELETE FROM webhook_deliveries WHERE id IN (SELECT id FROM webhook_deliveries
          WHERE settled_at < \(StoreClock.now) - interval '30 days'
          ORDER BY settled_at LIMIT 1000)
        """)
    }
  }

  static let noted: PostgresQuery =
    "id, project, environment, operator, rules, due_on::text AS due_on, resolution, may_stay"

  /// What is told of a finding.
  static func note(_ event: WebhookEvent, _ row: PostgresRow, isReplaced: Bool = false) throws -> WebhookNote {
    .finding(
      event, id: try row.decode("id"), project: try row.decode("project"), environment: try row.decode("environment"),
      operator: try row.decode("operator"), rules: try row.decode("rules"),
      dueOn: try day(row.decode("due_on")), mayStay: try row.decode("may_stay"),
      resolution: try row.decode("resolution"),
      isReplaced: isReplaced)
  }
}

/// How things stand with deliveries.
public struct WebhookCounts: Sendable, Hashable {
  /// What waits.
  public let pending: Int
  /// For how long the oldest of it has waited.
  public let oldest: Duration
  /// In how long the next may be sent; nil where nothing waits.
  public let next: Duration?
}
