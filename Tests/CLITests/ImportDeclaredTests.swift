import Foundation
import Model
import Testing

@testable import CLI

/// `regie import console`, where zones and clusters are declared already: what neither the console nor the facts say of
/// them stays as it is declared, and what runs is judged by the same.
@Suite(.timeLimit(.minutes(3)))
struct ImportDeclaredTests {
  private static let console = "\(OfflineTests.examples)/../docs/examples/console"
  private static let head = "apiVersion: regie.cloud-pi-native.fr/v1\nkind: "

  private static let zone = """
    \(head)Zone
    metadata: {name: ordinaire, labels: {rang: premier}, annotations: {note: ici}}
    spec:
      region: dtnum-idf
      sensitivity: usuel
      slug: np
      chain: chaine-usuel
      git: {url: "https://git.example.org/np.git", path: regie}

    """

  private static func cluster(_ more: String) -> String {
    """
    \(head)Cluster
    metadata: {name: rosny, labels: {salle: a}, annotations: {note: ici}}
    spec:
      zone: ordinaire
      dataCenters: [idf-2]
      stages: [integration]
      capacity: {cpu: 1, memory: 1Gi, storage: 7Ti}
      console: {label: Ancien nom, id: 8d1c6b52-0000-4000-8000-000000000001}
    \(more)
    """
  }

  /// What came of an import.
  private struct Written {
    var run: Run
    var resources: [AnyResource]

    var cluster: Resource<ClusterSpec>? {
      for case .cluster(let cluster) in resources where cluster.name == "rosny" { return cluster }
      return nil
    }

    var zone: Resource<ZoneSpec>? {
      for case .zone(let zone) in resources where zone.name == "ordinaire" { return zone }
      return nil
    }
  }

  /// - Parameter facts: what stands there in the example's facts, and what is to.
  private static func written(
    _ cluster: String, facts changes: [String: String], _ arguments: [String] = []
  ) async throws -> Written {
    let folder = try copiedExample()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var facts = try String(contentsOfFile: "\(folder)/facts.yaml", encoding: .utf8)
    for (old, new) in changes {
      #expect(facts.contains(old))
      facts = facts.replacing(old, with: new)
    }
    try write(facts, to: "\(folder)/facts.yaml")
    try write("\(zone)---\n\(cluster)", to: "\(folder)/offer.yaml")
    let files = ["1-operators", "2-chains", "3-regions"].map { "\(OfflineTests.examples)/offer/\($0).yaml" }
    let run = try await Run.regie(
      ["import", "console", folder, "--facts", "\(folder)/facts.yaml", "--resources", "\(folder)/resources.yaml"]
        + arguments
        + ["--offer"] + files + ["\(folder)/offer.yaml"])
    let data = try Data(contentsOf: URL(filePath: "\(folder)/resources.yaml"))
    return Written(run: run, resources: try ResourceDocument.decode(data))
  }

  private static func copiedExample() throws -> String {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("regie-import-\(UUID().uuidString)").path
    try FileManager.default.copyItem(atPath: console, toPath: folder)
    return folder
  }

  @Test func `what neither the console nor the facts say of a declared cluster or zone is written as it is declared`()
    async throws
  {
    let more = """
        mode: observe
        capacitySource: measured
        state: draining
        taints: [{key: travaux, effect: NoNewPlacement}]
      """
    let written = try await Self.written(
      Self.cluster(more),
      facts: [
        "{dataCenters: [idf-1], storage: 40Ti, pods: 2500}": "{pods: 2500}",
        "{region: dtnum-idf, sensitivity: usuel, chain: chaine-usuel}": "{region: dtnum-idf}",
      ])
    #expect(written.run.code == 0, "\(written.run)")
    let cluster = try #require(written.cluster)
    #expect(cluster.metadata.labels == ["salle": "a"] && cluster.metadata.annotations == ["note": "ici"])
    #expect(cluster.spec.state == .draining && cluster.spec.capacitySource == .measured)
    #expect(cluster.spec.mode == .observe && cluster.spec.dataCenters == ["idf-2"])
    #expect(cluster.spec.taints == [Taint(key: "travaux", effect: .noNewPlacement)])
    // What they do say is written over it.
    #expect(cluster.spec.stages == ["dev", "integration", "prod", "staging"])
    #expect(cluster.spec.console?.label == "NP mutualisé 1" && cluster.spec.capacity.cpu == Quantity(100))
    #expect(cluster.spec.capacity.storage == Quantity("7Ti") && cluster.spec.capacity.pods == Quantity(2500))
    let zone = try #require(written.zone)
    #expect(zone.metadata.labels == ["rang": "premier"] && zone.metadata.annotations == ["note": "ici"])
    #expect(zone.spec.git == ZoneSpec.GitRepository(url: "https://git.example.org/np.git", path: "regie"))
    #expect(zone.spec.chain == "chaine-usuel" && zone.spec.sensitivity == .usuel)
  }

  @Test func `what runs is judged by what is written, and no more by what was declared`() async throws {
    let judged = ["--policy", "\(OfflineTests.examples)/policy.yaml", "--day", "2026-11-26", "--lang", "en"]
    let facts = ["dataClasses: [diffusion-restreinte]": "dataClasses: [usuelle]"]
    // By its declaration it admits no stage of what runs there, and has room for none of it.
    let sound = try await Self.written(Self.cluster(""), facts: facts, judged)
    #expect(sound.run.code == 0 && !sound.run.output.contains("rosny → "), "\(sound.run)")
    // What stays of the declaration is judged by, too.
    let more = "  taints: [{key: travaux, effect: NoPlacement}]\n"
    let tainted = try await Self.written(Self.cluster(more), facts: facts, judged)
    #expect(tainted.run.code == 1 && tainted.run.output.contains("rosny → "), "\(tainted.run)")
  }
}
