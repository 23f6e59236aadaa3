/// How a client shows who it is. Never printed.
enum Credential: Sendable, Hashable {
  case none
  case token(String)
  /// Read again while the client runs: such tokens are rotated.
  case tokenFile(String)
  /// PEM.
  case certificate(chain: [UInt8], key: [UInt8])
}

/// Whom a client believes.
enum Trust: Sendable, Hashable {
  /// The system's authorities.
  case system
  /// These authorities only; PEM.
  case authority([UInt8])
  /// Anyone; only when explicitly allowed.
  case anyone
}
