import ArgumentParser
import Foundation

/// What the console's API answers, one file per list: only what a decision can use of it is read.
struct ConsoleExport: Sendable {
  /// `GET /api/v1/zones`.
  struct Zone: Decodable, Sendable {
    var id: String
    var slug: String
    var label: String?
  }

  /// `GET /api/v1/stages`.
  struct Stage: Decodable, Sendable {
    var id: String
    var name: String
  }

  /// `GET /api/v1/clusters`. Cores, and gibibytes of memory, as numbers.
  struct Cluster: Decodable, Sendable {
    var id: UUID
    var label: String
    var privacy: String
    var zoneId: String
    var stageIds: [String]?
    var cpu: Double?
    var memory: Double?
    var gpu: Double?
    var external: Bool?
  }

  /// `GET /api/v1/projects`.
  struct Project: Decodable, Sendable {
    var id: UUID
    /// The one name that no other project has.
    var slug: String?
    var name: String
    var clusterIds: [String]?
  }

  /// `GET /api/v1/environments`.
  struct Environment: Decodable, Sendable {
    var id: UUID
    var name: String
    var projectId: UUID
    var clusterId: UUID
    var stageId: String
    var cpu: Double
    var memory: Double
    var gpu: Double?
  }

  var zones: [Zone] = []
  var stages: [Stage] = []
  var clusters: [Cluster] = []
  var projects: [Project] = []
  var environments: [Environment] = []

  /// Reads `zones.json`, `stages.json`, `clusters.json`, `projects.json` and `environments.json` of a folder.
  ///
  /// - Throws: `ValidationError` that names the file, and what in it can not be read.
  static func read(folder: String) throws -> ConsoleExport {
    ConsoleExport(
      zones: try list("zones", folder), stages: try list("stages", folder), clusters: try list("clusters", folder),
      projects: try list("projects", folder), environments: try list("environments", folder))
  }

  private static func list<Item: Decodable>(_ name: String, _ folder: String) throws -> [Item] {
    let path = "\(folder)/\(name).json"
    guard let data = FileManager.default.contents(atPath: path) else {
      throw ValidationError("\(path) : fichier absent ou illisible / missing, or can not be read")
    }
    do {
      return try JSONDecoder().decode([Item].self, from: data)
    } catch let error as DecodingError {
      throw ValidationError("\(path) : \(place(of: error))")
    }
  }

  private static func place(of error: DecodingError) -> String {
    let (context, missing): (DecodingError.Context, String?) =
      switch error {
      case .keyNotFound(let key, let context): (context, key.stringValue)
      case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context): (context, nil)
      @unknown default: (DecodingError.Context(codingPath: [], debugDescription: "\(error)"), nil)
      }
    let path = context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? ".\($0.stringValue)" }.joined()
    guard let missing else { return "\(path.isEmpty ? "JSON" : path) : \(context.debugDescription)" }
    return "\(path).\(missing) : champ obligatoire absent / required field is missing"
  }
}
