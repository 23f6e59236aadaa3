import Foundation
import Logging
import Postgres
import Requests

extension GovernanceStore {
  /// How secrets of a destination are stored: the columns `url`, `secret`, `sealed` and `sealed_by`.
  struct StoredSecrets {
    var url: String
    var secret: [UInt8]
    var sealed: [UInt8]?
    var sealedBy: String?

    /// What the columns hold that hold no secret.
    static let noSecret = [UInt8](repeating: 0, count: 32)
  }

  /// Secrets as they are to be stored: sealed where there is a key.
  func stored(_ secrets: WebhookVault.Secrets, of id: UUID) throws -> StoredSecrets {
    guard let vault else { return StoredSecrets(url: secrets.url, secret: secrets.secret) }
    var chance = SystemRandomNumberGenerator()
    let nonce = (0..<WebhookVault.nonceLength).map { _ in UInt8.random(in: .min ... .max, using: &chance) }
    let sealed = try vault.seal(secrets, of: id, nonce: nonce)
    return StoredSecrets(url: "", secret: StoredSecrets.noSecret, sealed: sealed.bytes, sealedBy: sealed.key)
  }

  /// The secrets in a row with the columns of ``StoredSecrets``.
  ///
  /// - Throws: `WebhookVaultError` where they do not open.
  func secrets(of id: UUID, _ row: PostgresRow) throws -> WebhookVault.Secrets {
    guard let sealed = try row.decode([UInt8]?.self, "sealed"), let key = try row.decode(String?.self, "sealed_by")
    else { return WebhookVault.Secrets(url: try row.decode("url"), secret: try row.decode("secret")) }
    guard let vault else { throw WebhookVaultError.unknownKey(key) }
    return try vault.open(WebhookVault.Sealed(key: key, bytes: sealed), of: id)
  }

  /// Seals what stands in clear, or is sealed by an earlier key, by the present one: so many destinations at a time, in their
  /// order. Without a key nothing happens; what does not open stays, and is told in the log.
  public func sealWebhooks(atATime batch: Int = 100) async throws {
    guard let vault else { return }
    var (last, hasMore): (Int64, Bool) = (0, true)
    while hasMore {
      let from = last
      (last, hasMore) = try await pool.withTransaction { connection in
        let rows = try await connection.query(
          """
          SELECT id, number, url, secret, sealed, sealed_by FROM webhooks
          WHERE removed_at IS NULL AND number > \(from)
            AND (sealed_by IS NULL OR sealed_by = ANY(\(vault.known.dropFirst().map(\.self))))
          ORDER BY number LIMIT \(batch) FOR NO KEY UPDATE SKIP LOCKED
          """)
        for row in rows { try await seal(row, in: connection) }
        return (try rows.last?.decode(Int64.self, "number") ?? from, rows.count == batch)
      }
    }
  }

  private func seal(_ row: PostgresRow, in connection: PostgresConnection) async throws {
    let id = try row.decode(UUID.self, "id")
    let secrets: WebhookVault.Secrets
    do {
      secrets = try self.secrets(of: id, row)
    } catch let error as WebhookVaultError {
      logger.warning(
        "The secrets of a webhook can not be sealed anew",
        metadata: ["webhook": "\(id.uuidString.lowercased())", "error": "\(error)"])
      return
    }
    let stored = try stored(secrets, of: id)
    try await connection.execute(
      """
      UPDATE webhooks SET url = \(stored.url), secret = \(stored.secret), sealed = \(stored.sealed),
        sealed_by = \(stored.sealedBy) WHERE id = \(id)
      """)
  }

  /// How many destinations' secrets stand in clear.
  public func webhooksInClear() async throws -> Int {
    let rows = try await pool.withConnection {
      try await $0.query("SELECT count(*) FROM webhooks WHERE removed_at IS NULL AND sealed_by IS NULL")
    }
    return Int(try rows.only.decode(Int64.self, at: 0))
  }
}
