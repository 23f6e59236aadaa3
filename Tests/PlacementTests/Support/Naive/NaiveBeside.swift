import Model
import Placement

/// What is new beside what stands: a decision moves nothing, so that what is to go counts where it is.
extension NaiveAssignments {
  /// What of an assignment's new replicas could not be written beside what stands, in words.
  func beside(_ assignment: NaiveAssignment) -> [String] {
    let isNew = slots.map { presence(of: $0).isEmpty }
    guard scenario.keepExisting, isNew.contains(true) else { return [] }
    let standing = zip(slots, assignment.clusters).map { slot, cluster -> String? in
      if presence(of: slot).isEmpty || scenario.held(slot, on: cluster) != nil { return cluster }
      return presence(of: slot).filter { scenario.place(of: $0) != nil }.min()
    }
    var wrong: [String] = []
    for group in groups where group.isHard && group.members.contains(where: { isNew[$0] }) {
      var known = group
      known.members = group.members.filter { !places(standing[$0], group.topology).isEmpty }
      if !NaiveApart(scenario: scenario).keepsApart(known.members.compactMap { standing[$0] }, known) {
        wrong.append("not apart by \(group.topology) beside what stands")
      }
    }
    for colocation in scenario.project.spec.colocation where colocation.whenUnsatisfiable != .placeAnyway {
      let members = slots.indices.filter { colocation.means(slots[$0].environment) }
      let known = members.map { places(standing[$0], colocation.topology) }.filter { !$0.isEmpty }
      guard let first = known.first, members.contains(where: { isNew[$0] }) else { continue }
      if known.reduce(first, { $0.intersection($1) }).isEmpty { wrong.append("not together with what stands") }
    }
    let delivering = zip(slots, standing).compactMap { slot, cluster in
      cluster.flatMap { scenario.place(of: $0) }
        .map { NaiveChains(scenario: scenario).delivering(slot.environment, to: $0) }
    }.filter { !$0.isEmpty }
    let common = delivering.reduce(Set(scenario.chains.map(\.name))) { $0.intersection($1) }
    if common.isEmpty { wrong.append("no chain that delivers to what stands, too") }
    return wrong
  }

  /// Where a replica is, by what was written down.
  private func presence(of slot: Scenario.Slot) -> [String] {
    scenario.existing.filter { $0.environment == slot.environment.name && $0.replica == slot.replica }.map(\.cluster)
  }

  private func places(_ cluster: String?, _ topology: ProjectSpec.Topology) -> Set<String> {
    Set(cluster.flatMap { scenario.place(of: $0)?.places(topology) } ?? [])
  }
}
