import Foundation
import Model
import Testing

@Suite("The examples")
struct ExamplesTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Examples")

  private static func files() throws -> [URL] {
    let folders = ["offer", ".", "projects"].map { root.appending(path: $0) }
    return try folders.flatMap { folder in
      try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        .filter { $0.pathExtension == "yaml" }
        .sorted { $0.path < $1.path }
    }
  }

  private static func resources() throws -> [AnyResource] {
    try files().flatMap { try ResourceDocument.decode(Data(contentsOf: $0)) }
  }

  @Test("are valid, without a warning, each by itself and all together")
  func valid() throws {
    for file in try Self.files() {
      let text = try String(contentsOf: file, encoding: .utf8)
      for document in try ResourceDocument.read(text) { #expect(document.problems == [], "\(file.lastPathComponent)") }
    }
    #expect(CrossReferences.problems(in: try Self.resources()) == [])
  }

  @Test("hold what the demo needs")
  func contents() throws {
    let resources = try Self.resources()
    func count(_ kind: Kind) -> Int { resources.count { $0.kind == kind } }
    #expect(count(.operator) == 4 && count(.region) >= 5 && count(.cluster) >= 8 && count(.policy) == 1)
    #expect((2...3).contains(count(.chain)))
    let sensitivities = resources.compactMap { if case .zone(let zone) = $0 { zone.spec.sensitivity } else { nil } }
    #expect(sensitivities.count { $0 == .usuel } >= 3 && sensitivities.count { $0 == .restricted } >= 2)
    let names = resources.filter { $0.kind == .project }.map(\.metadata.name)
    #expect(names.count == 8 && Set(["candilib", "basegun", "betaapp", "pissenlit", "ccaf"]).isSubset(of: names))
  }

  @Test("express the four ways of hosting")
  func hosting() throws {
    let clusters = try Self.resources().compactMap { if case .cluster(let cluster) = $0 { cluster.spec } else { nil } }
    #expect(clusters.contains { $0.privacy == .public && !$0.external && $0.management == .operator })
    #expect(clusters.contains { $0.external })
    #expect(clusters.contains { $0.management == .application && $0.mode == .observe })
    #expect(clusters.contains { $0.privacy == .dedicated && $0.management == .operator })
    #expect(clusters.contains { $0.capacity.gpu == Quantity(100) })
    #expect(clusters.contains { $0.dataCenters.count == 2 })
  }
}
