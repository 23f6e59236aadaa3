import Model
import Placement
import Testing

/// What is kept of the reasons of clusters, which is put into words once for many.
struct RecordedReasonsTests {
  /// Offers of which two clusters are refused by one thing, and do not say the same of it.
  struct Difference: CustomTestStringConvertible, Sendable {
    var code: ReasonCode
    var parameter: String
    var change: @Sendable (inout World) -> Void

    init(_ code: ReasonCode, _ parameter: String, _ change: @escaping @Sendable (inout World) -> Void) {
      (self.code, self.parameter, self.change) = (code, parameter, change)
    }

    var testDescription: String { "\(code.rawValue) \(parameter)" }

    static let all: [Difference] = [
      Difference(.serviceVersion, "offered") {
        $0.region("idf") { $0.services = [.init(name: "postgresql", version: "15.1")] }
        $0.project.spec.services = [.init(name: "postgresql", version: ">=17")]
      },
      Difference(.residencyRefused, "actual") {
        $0.project.spec.residency = .init(countries: [], subdivisions: ["FR-BRE"])
      },
      Difference(.audienceRefused, "allowed") {
        $0.region("ara") { $0.audience.organisations = ["mj"] }
        $0.region("idf") { $0.audience.organisations = ["dinum"] }
      },
      Difference(.qualificationExpired, "validUntil") {
        $0.project.spec.dataClasses = ["restricted"]
        $0.region("ara") { $0.qualifications = [.init(name: "SecNumCloud", validUntil: World.day("2026-01-31"))] }
        $0.region("idf") { $0.qualifications = [.init(name: "SecNumCloud", validUntil: World.day("2026-02-28"))] }
      },
      Difference(.qualificationMissing, "declared") {
        $0.project.spec.dataClasses = ["restricted"]
        for region in ["ara", "idf"] { $0.region(region) { $0.qualifications = [] } }
        $0.unacknowledged = [.init(region: "idf", name: "SecNumCloud")]
      },
      Difference(.taintNotTolerated, "name") {
        for region in ["ara", "idf"] { $0.region(region) { $0.taints = [Taint(key: "pilot", effect: .noPlacement)] } }
      },
      Difference(.taintNotTolerated, "name") {
        for cluster in ["idf-1", "idf-2"] {
          $0.cluster(cluster) { $0.taints = [Taint(key: "pilot", effect: .noPlacement)] }
        }
      },
      Difference(.attributeUndeclared, "finding") {
        $0.policy.dataClasses[0].requires = LabelSelector(matchLabels: ["conformity.root": "Enforced"])
        $0.facts = [ClusterFacts(cluster: "idf-2", conformity: ["root": .inconclusive])]
      },
      Difference(.regionCordoned, "name") {
        for region in ["ara", "idf"] { $0.region(region) { $0.state = .cordoned } }
      },
      Difference(.staleHeartbeat, "zone") { $0.staleZones = ["ara-usuel", "idf-usuel"] },
    ]
  }

  /// The refusals of each cluster, as the decision has them and as what is kept of it says; without the amounts, which
  /// differ from cluster to cluster and are not kept.
  private static func compare(_ world: World, _ comment: String) -> [Set<Reason>] {
    let explanation = world.explain()
    var said: [Set<Reason>] = []
    for (environment, kept) in zip(explanation.decision.environments, explanation.record.environments) {
      for (site, candidate) in environment.candidates.enumerated() {
        let refusals = Set(candidate.refusals.map(withoutAmounts))
        let recorded = kept.refusals.filter { $0.sites.contains(site) }.map(\.reason)
        #expect(Set(recorded) == refusals && recorded.count == refusals.count, "\(comment), \(candidate.cluster)")
        said.append(refusals)
      }
    }
    return said
  }

  private static func withoutAmounts(_ reason: Reason) -> Reason {
    guard [.capacityNeverFits, .capacityShort].contains(reason.code) else { return reason }
    return Reason(reason.code, reason.parameters.filter { ["resource", "needed"].contains($0.key) })
  }

  @Test(arguments: Difference.all)
  func `clusters that say different things of one reason keep what each says`(difference: Difference) {
    var world = World()
    difference.change(&world)
    let said = Self.compare(world, difference.testDescription)
    let values = Set(
      said.joined().filter { $0.code == difference.code }.map { $0.parameters[difference.parameter] })
    #expect(values.count > 1, "\(values)")
  }

  @Test(arguments: ReasonCase.all)
  func `every reason is kept of exactly the clusters that give it`(reason: ReasonCase) {
    var world = World()
    reason.change(&world)
    _ = Self.compare(world, reason.testDescription)
  }

  @Test func `whatever is refused is kept as it is told`() {
    for seed in PropertyTests.seeds { _ = Self.compare(World.random(seed), "seed \(seed)") }
  }
}
