internal import Foundation
internal import Model

/// The repository's example offer, policy and projects.
enum Examples {
  static func load() throws -> [AnyResource] {
    // This file is Benchmarks/Sources/Subjects/Examples.swift.
    var root = URL(fileURLWithPath: #filePath)
    for _ in 0..<4 { root.deleteLastPathComponent() }
    let folder = root.appendingPathComponent("Examples")
    let files =
      FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)?
      .compactMap { $0 as? URL }.filter { $0.pathExtension == "yaml" }.sorted { $0.path < $1.path } ?? []
    guard !files.isEmpty else { throw BenchError("\(folder.path) holds no YAML file") }
    return try files.flatMap { try ResourceDocument.decode(try Data(contentsOf: $0)) }
  }
}
