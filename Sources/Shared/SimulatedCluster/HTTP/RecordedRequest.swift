/// A request that the cluster was asked, for tests that count what their subject needs.
public struct RecordedRequest: Sendable, Hashable {
  /// Its method, such as `GET`.
  public var method: String
  /// Its path, without the query.
  public var path: String
}
