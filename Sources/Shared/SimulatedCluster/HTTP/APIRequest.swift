import Foundation

/// A request, apart from how it came.
struct APIRequest: Sendable {
  var method: String
  /// The path's segments, decoded.
  var path: [String]
  var query: [String: String]
  /// By name in lower case.
  var headers: [String: String]
  var body: [UInt8]

  /// From the target of a request line.
  init(method: String, target: String, headers: [String: String] = [:], body: [UInt8] = []) {
    self.method = method
    self.headers = headers
    self.body = body
    let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    path = (parts.first ?? "").split(separator: "/").map { Self.decoded($0, plusIsSpace: false) }
    query = [:]
    for pair in parts.count > 1 ? parts[1].split(separator: "&") : [] {
      let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      query[Self.decoded(halves[0], plusIsSpace: true)] =
        halves.count > 1 ? Self.decoded(halves[1], plusIsSpace: true) : ""
    }
  }

  private static func decoded(_ text: Substring, plusIsSpace: Bool) -> String {
    let plain = plusIsSpace ? String(text).replacing("+", with: " ") : String(text)
    return plain.removingPercentEncoding ?? plain
  }

  /// A query flag: `true` or `1`; an empty value counts as given.
  func flag(_ name: String) -> Bool {
    query[name].map { ["true", "1", "t", ""].contains($0.lowercased()) } ?? false
  }

  /// The media type of the body, without parameters.
  var contentType: String {
    let type = headers["content-type"]?.split(separator: ";").first.map(String.init) ?? ""
    return type.trimmed.lowercased()
  }

  /// The media types the client takes, in its order, with their parameters.
  var accepted: [String] {
    (headers["accept"] ?? "").split(separator: ",").map { String($0).trimmed.lowercased() }
  }

  /// Whether the client would rather have a table, as `kubectl get` does.
  var wantsTable: Bool {
    accepted.contains { $0.contains("as=table") && $0.contains("g=meta.k8s.io") && $0.hasPrefix("application/json") }
  }

  var acceptsJSON: Bool {
    let types = accepted.map { String($0.split(separator: ";").first ?? "").trimmed }
    return types.isEmpty || types.contains { ["application/json", "*/*", "application/*"].contains($0) }
  }

  /// Who writes: the `fieldManager`, else the first word of the user agent.
  var manager: String {
    if let manager = query["fieldManager"], !manager.isEmpty { return manager }
    let agent = headers["user-agent"]?.split(separator: "/").first.map(String.init) ?? ""
    return agent.isEmpty ? "unknown" : String(agent.prefix(128))
  }
}
