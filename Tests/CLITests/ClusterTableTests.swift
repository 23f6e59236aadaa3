import Contract
import Events
import Model
import Testing

@testable import CLI

/// `regie get clusters -o wide`: what is declared, and what the zone's agent says.
struct ClusterTableTests {
  private let at = Timestamp(microseconds: 1_795_000_000_000_000)

  private func cluster(_ name: String, zone: String) -> Resource<ClusterSpec> {
    Resource(
      name,
      ClusterSpec(
        zone: zone, dataCenters: ["dc1"], stages: ["prod"],
        capacity: ResourceList(cpu: Quantity(10), memory: Quantity("64Gi"))))
  }

  private func agent(_ zone: String, of clusters: [String], guardPolicy: GuardPolicy? = nil) -> AgentView {
    AgentView(
      status: AgentStatus(
        zone: zone, incarnation: 1, sequence: 1, version: "1.2.3", at: at, snapshotComplete: true,
        clusters: clusters.map { name in
          .init(
            name: name, reachable: true, version: "v1.20.2", placements: 1,
            conformity: ClusterConformity(
              at: at,
              answers: [
                .init(rule: "root", result: .enforced, at: at), .init(rule: "low-port", result: .notEnforced, at: at),
              ]),
            capacity: MeasuredCapacity(
              asOf: at, nodes: 2, amounts: ResourceAmounts(cpu: 7_500, memory: 32 << 30, gpu: 1, pods: 9)))
        }, guardPolicy: guardPolicy), heardAt: at)
  }

  @Test func `agent, guard, conformity and measured capacity stand beside what is declared`() {
    let zones = [
      Resource("nord-usuel", ZoneSpec(region: "nord", sensitivity: .usuel, slug: "nord")),
      Resource("sud-usuel", ZoneSpec(region: "sud", sensitivity: .usuel, slug: "sud")),
    ]
    let limits = GuardPolicy(
      sensitivities: [.usuel], organisations: ["mi"], quota: ResourceList(cpu: Quantity(8)), removals: false)
    let text = ClusterTable.render(
      [cluster("a", zone: "nord-usuel"), cluster("b", zone: "sud-usuel")], zones: zones,
      // The agent of the north says something of the south's cluster: that does not count.
      agents: [agent("nord", of: ["a", "b"], guardPolicy: limits), agent("sud", of: [])])
    let lines = text.split(separator: "\n").map(String.init)
    #expect(lines.count == 3)
    let columns = ["MEASURED", "AS", "OF", "AGENT", "KUBERNETES", "REACHABLE", "CONFORMITY", "GUARD"]
    #expect(lines[0].split(separator: " ").suffix(8).map(String.init) == columns)
    #expect(lines[1].contains("7500m cpu, 32 Gi, 1 gpu  \(at)  1.2.3  v1.20.2     yes        1/2"))
    #expect(lines[1].hasSuffix("sensitivities=usuel organisations=mi quota=cpu:8 removals=no"))
    let cells = lines[2].split(separator: " ").map(String.init)
    #expect(cells.first == "b" && cells.suffix(7) == ["-", "-", "-", "-", "-", "-", "-"])
  }
}
