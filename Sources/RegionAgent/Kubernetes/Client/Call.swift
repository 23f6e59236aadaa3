import Foundation
import NIOHTTP1

/// One request to an API server.
struct Call: Sendable, CustomStringConvertible {
  /// What it does; also a metric label.
  enum Verb: String, Sendable, CaseIterable {
    case get, list, watch, create, update, patch, apply, delete

    var method: HTTPMethod {
      switch self {
      case .get, .list, .watch: .GET
      case .create: .POST
      case .update: .PUT
      case .patch, .apply: .PATCH
      case .delete: .DELETE
      }
    }

    var contentType: String {
      switch self {
      case .patch: "application/merge-patch+json"
      case .apply: "application/apply-patch+yaml"
      default: "application/json"
      }
    }

    /// Whether doing it twice is the same as once. An update is not: its own first try takes the version it names.
    var isRepeatable: Bool {
      switch self {
      case .create, .update: false
      default: true
      }
    }
  }

  var verb: Verb
  var address: String
  var parameters: [(String, String)] = []
  var body: Data?
  /// Whether it waits where the server asks for patience, and is tried again where that may help; otherwise it is sent
  /// at once or not at all, and once.
  var waits = true

  /// Whether a try with unknown outcome may be repeated.
  var isRepeatable: Bool { verb.isRepeatable }

  /// `PATCH /api/v1/namespaces/a`.
  var description: String { "\(verb.method.rawValue) \(address)" }

  /// Encodes a body; what cannot be encoded fails as `decoding` before anything is sent.
  mutating func carry(_ value: some Encodable) throws {
    // Servers read apply bodies as YAML, and old ones do not know JSON's escaped slash.
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    do {
      body = try encoder.encode(value)
    } catch {
      throw KubernetesError(kind: .decoding, call: description, message: "the body cannot be encoded: \(error)")
    }
  }

  mutating func add(dryRun: Bool) {
    if dryRun { parameters.append(("dryRun", "All")) }
  }
}
