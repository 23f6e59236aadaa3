import ArgumentParser
import Contract
import Foundation
import Model
import Testing

@testable import CLI

/// Which clusters are real, what the built-in examples hold, and how refusals read.
struct DevPlanTests {
  private func withKubeconfig(_ body: (DemoOffer, String) throws -> Void) async throws {
    try await withFolder { folder in
      try write(
        """
        current-context: c
        clusters: [{name: c, cluster: {server: "https://10.0.0.1:6443"}}]
        users: [{name: u, user: {token: t}}]
        contexts: [{name: c, context: {cluster: c, user: u}}]
        """, to: "\(folder)/k")
      try body(try DemoOffer.load([]), "\(folder)/k")
    }
  }

  private func plan(_ offer: DemoOffer, _ kubeconfigs: [String]) throws -> [String: String] {
    try DevPlan(offer: offer, kubeconfigs: kubeconfigs, port: nil, dataDirectory: "x").realClusters
  }

  @Test func `a kubeconfig names its cluster, or takes the next one by name`() async throws {
    try await withKubeconfig { (offer, file) throws in
      #expect(try plan(offer, []).isEmpty)
      #expect(try plan(offer, ["sud-gpu=\(file)"]) == ["sud-gpu": file])
      #expect(try plan(offer, [file, "ard-pissenlit=\(file)"]) == ["ard-pissenlit": file, "ard-usuel-1": file])
    }
  }

  @Test func `what can not be meant is told`() async throws {
    try await withKubeconfig { (offer, file) throws in
      func refusal(_ kubeconfigs: [String]) -> String {
        do { return "accepted: \(try plan(offer, kubeconfigs))" } catch let error as ValidationError {
          return error.message
        } catch { return "\(error)" }
      }
      #expect(refusal(["mars-1=\(file)"]).contains("elle a : ard-pissenlit, "))
      #expect(refusal(["/nowhere"]).contains("/nowhere (ard-pissenlit) : fichier illisible"))
      #expect(refusal(["sud-gpu=\(file)", "sud-gpu=\(file)"]).contains("nommé deux fois"))
      #expect(refusal(Array(repeating: file, count: 14)).contains("plus de clusters dans l'offre"))
      try write("current-context: nothing\n", to: file)
      #expect(refusal([file]).contains("contexts[nothing]"))
    }
  }

  @Test func `what stays on real clusters is told with what removes it, one command for each kubeconfig`() {
    let none = RealClusters.farewell([:])
    #expect(none == nil)
    let text = RealClusters.farewell(["c": "/k/a b's", "b": "/k/plain.yaml", "a": "/k/plain.yaml"]) ?? ""
    let lines = text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
    let commands = lines.filter { $0.hasPrefix("kubectl ") }
    let rest = "delete namespaces --selector regie.cloud-pi-native.fr/placement"
    let expected = ["'/k/a b'\\''s'", "/k/plain.yaml"].map { "kubectl --kubeconfig \($0) \(rest)" }
    #expect(commands == expected)
    #expect(text.contains("(a, b, c)"))
  }

  @Test func `the scenario has succeeded only when all that was decided is there and ready`() throws {
    let decisions = [try Samples.decision(placed: true), try Samples.decision(placed: false)]
    #expect(Scenario.isComplete([try Samples.placement()], of: decisions))
    #expect(!Scenario.isComplete([try Samples.placement(ready: false)], of: decisions))
    #expect(!Scenario.isComplete([], of: decisions), "one that is missing is not ready")
  }

  @Test func `the built-in offer is what the scenario speaks of`() throws {
    let offer = try DemoOffer.load([])
    #expect(
      Scenario.inventory(offer.resources)
        == "4 opérateurs, 3 chaînes, 6 régions, 8 zones, 13 clusters, 1 politique, 8 projets")
  }

  @Test func `refusals that say the same in one region share a row, and a remedy stands once`() throws {
    func candidate(_ cluster: String, _ region: String, _ code: String, _ sentence: String, _ remedy: String) -> String
    {
      """
      {"cluster":"\(cluster)","zone":"z","region":"\(region)","operator":"o","accepted":false,"chosen":[],"reasons":[
      {"code":"\(code)","category":"fit","temporary":false,"parameters":{},"sentence":"\(sentence)","remedy":"\(remedy)"}]}
      """
    }
    let short = candidate("n1", "nord", "CapacityShort", "Il manque 2 de cpu.", "Libérer 2 de cpu.")
    let stages = [("s2", "sud"), ("s1", "sud"), ("n2", "nord")].map {
      candidate($0.0, $0.1, "StageNotAdmitted", "Pas de prod.", "Ouvrir à la prod.")
    }
    let fits = #"{"cluster":"x","zone":"z","region":"sud","operator":"o","accepted":true,"chosen":[],"reasons":[]}"#
    let json = """
      {"project":"p","outcome":"unplaceable","chains":[],"derogations":[],"reasons":[],"environments":[
      {"environment":"dev","stage":"dev","replicas":1,"accepted":1,"refused":0,"omitted":0,"lost":[],
      "candidates":[\(fits)]},
      {"environment":"prod","stage":"prod","replicas":2,"accepted":0,"refused":4,"omitted":0,"lost":[],
      "candidates":[\(([short] + stages).joined(separator: ","))]}]}
      """
    let explanation = try ModelJSON.decoder.decode(ExplanationView.self, from: Data(json.utf8))
    #expect(
      RefusalReport(explanation: explanation).unplaceableText() == """

          Environnement « prod » (prod, ×2) :
          RÉGION  CLUSTERS  CODE              RAISON
          nord    n1        CapacityShort     Il manque 2 de cpu.
          nord    n2        StageNotAdmitted  Pas de prod.
          sud     s1, s2    StageNotAdmitted  Pas de prod.

          Ce qui devrait changer :
          · StageNotAdmitted : Ouvrir à la prod.
          · CapacityShort : Libérer 2 de cpu.
        """)
  }

  @Test func `tables are as wide as their widest cell, without trailing spaces`() {
    var table = Table("A", "LONG NAME", "C")
    table.add("wider", "é", "")
    #expect(table.render(indent: "> ") == "> A      LONG NAME  C\n> wider  é")
  }
}
