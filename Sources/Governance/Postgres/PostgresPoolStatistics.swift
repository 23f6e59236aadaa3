/// What a pool holds at one moment.
public struct PostgresPoolStatistics: Sendable, Equatable {
  /// Connections open.
  public var open: Int
  /// Connections open and not in use.
  public var idle: Int
  /// Connections in use.
  public var leased: Int
  /// Tasks that wait for a connection.
  public var waiters: Int
}
