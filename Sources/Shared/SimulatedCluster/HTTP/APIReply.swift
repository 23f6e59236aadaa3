/// An answer, apart from how it goes out.
enum APIReply: Sendable {
  case json(Int, JSONValue)
  /// A body of another type; with its media type.
  case bytes(Int, String, [UInt8])
  case watch(WatchPlan)

  static func failure(_ error: StatusError) -> APIReply { .json(error.code, error.json) }

  var code: Int {
    switch self {
    case .json(let code, _), .bytes(let code, _, _): code
    case .watch: 200
    }
  }
}

/// A watch that may start: it was checked against the store.
struct WatchPlan: Sendable {
  var selection: ClusterStore.Selection
  var first: [ClusterStore.WatchEvent]
  var cursor: UInt64
  var wantsBookmarks: Bool
  var wantsTable: Bool
  /// Nil means until someone hangs up.
  var timeoutSeconds: Int?
}
