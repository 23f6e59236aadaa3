internal import Crypto

/// One immutable step of the schema.
public struct PostgresMigration: Sendable, Hashable {
  /// Its place in the order, from 1.
  public let version: Int
  /// What it is for, in a few words.
  public let name: String
  /// The statements, run in one transaction.
  public let sql: String

  /// A step; once applied anywhere, it never changes.
  public init(version: Int, name: String, sql: String) {
    self.version = version
    self.name = name
    self.sql = sql
  }

  /// SHA-256 of the SQL, in hexadecimal.
  public var checksum: String {
    SHA256.hash(data: Array(sql.utf8)).map { byte in
      let digits = String(byte, radix: 16)
      return digits.utf8.count == 1 ? "0" + digits : digits
    }.joined()
  }
}
