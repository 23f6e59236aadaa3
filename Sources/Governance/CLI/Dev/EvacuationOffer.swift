import Foundation
import Model

/// What the scenario of the evacuation changes of the offer.
struct EvacuationOffer: Sendable {
  /// The region that leaves, and where what only it could host goes.
  static let (leaving, refuge, gpuCluster) = ("dtnum-sud", "dtnum-idf", "idf-gpu")

  /// The offer to begin with: another region has got GPUs, but does not take anything on them yet.
  let offer: DemoOffer
  /// The policy in force.
  let policy: Resource<PolicySpec>
  /// The region as it says that it leaves.
  let announcement: AnyResource
  /// The cluster as it opens.
  let opening: AnyResource

  /// - Throws: ``DevError`` where the offer has not what the scenario plays with.
  init(_ given: DemoOffer) throws {
    var resources = given.resources
    let policies = resources.compactMap { if case .policy(let policy) = $0 { policy } else { nil } }
    let regions = resources.compactMap { if case .region(let region) = $0 { region } else { nil } }
    guard let policy = policies.first, var leaving = regions.first(where: { $0.name == Self.leaving }),
      let index = resources.firstIndex(where: { $0.kind == .region && $0.metadata.name == Self.refuge }),
      case .region(var refuge) = resources[index],
      let model = given.clusters.first(where: { $0.name == "sud-gpu" }),
      let zone = given.zones.first(where: { $0.spec.region == Self.refuge && $0.spec.sensitivity == .usuel })
    else {
      throw DevError(
        "--scenario evacuation se joue sur l'offre d'exemple : sans --examples / is played on the built-in offer only")
    }
    refuge.spec.services.append(RegionSpec.Service(name: "gpu"))
    resources[index] = .region(refuge)
    var spec = model.spec
    spec.zone = zone.name
    spec.dataCenters = Array(refuge.spec.dataCenters.prefix(1).map(\.name))
    spec.console = nil
    spec.state = .cordoned
    let last = resources.lastIndex { $0.kind == .cluster } ?? resources.endIndex - 1
    resources.insert(.cluster(Resource(Self.gpuCluster, spec)), at: last + 1)
    offer = DemoOffer(resources: resources)
    self.policy = policy
    leaving.spec.state = .draining
    announcement = .region(leaving)
    spec.state = .open
    opening = .cluster(Resource(Self.gpuCluster, spec))
  }
}
