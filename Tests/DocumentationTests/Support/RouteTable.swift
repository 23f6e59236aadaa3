import Foundation

/// The routes of the API, from its OpenAPI document, which the API's own tests keep true.
enum RouteTable {
  private struct Document: Decodable {
    var paths: [String: [String: Operation]]
  }

  /// An operation; what stands beside operations (`parameters`) has no summary.
  private struct Operation: Decodable {
    var summary: String?

    enum CodingKeys: CodingKey {
      case summary
    }

    init(from decoder: any Decoder) throws {
      summary = try? decoder.container(keyedBy: CodingKeys.self).decode(String.self, forKey: .summary)
    }
  }

  private static let methods = ["GET", "POST", "PUT", "DELETE"]

  /// Every route, sorted by path.
  static func all() throws -> [(method: String, path: String, summary: String)] {
    let data = Data(try Repository.text("Sources/Governance/COpenAPI/openapi.json").utf8)
    return try JSONDecoder().decode(Document.self, from: data).paths.sorted { $0.key < $1.key }.flatMap { path, item in
      methods.compactMap { method in
        item[method.lowercased()].map { (method, path, $0.summary ?? "") }
      }
    }
  }

  /// Whether a route answers such a request; `…` and `:name` stand for any part of the path.
  static func answers(_ method: String, _ target: String) throws -> Bool {
    let parts = target.prefix { $0 != "?" }.split(separator: "/")
    return try all().contains { route in
      let wanted = route.path.split(separator: "/")
      return route.method == method && wanted.count == parts.count
        && zip(wanted, parts).allSatisfy { $0 == $1 || $0.hasPrefix("{") }
    }
  }

  static func text() throws -> String {
    GeneratedTable.text(["method", "path", "ce que c’est"], try all().map { [$0.method, "`\($0.path)`", $0.summary] })
  }
}
