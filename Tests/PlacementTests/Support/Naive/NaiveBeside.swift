import Model
import Placement

/// What is new beside what stands: a decision moves nothing, so that what is to go counts where it is.
extension NaiveAssignments {
  /// What of an assignment's new replicas could not be written beside what stands, in words: wherever moves may end.
  func beside(_ assignment: NaiveAssignment) -> [String] {
    guard scenario.keepExisting, scenario.mayMove != true, slots.contains(where: { presence(of: $0).isEmpty }) else {
      return []
    }
    let standing = zip(slots, assignment.clusters).map { slot, cluster -> String? in
      if presence(of: slot).isEmpty || scenario.held(slot, on: cluster) != nil { return cluster }
      return presence(of: slot).filter { scenario.place(of: $0) != nil }.min()
    }
    let back = slots.map { slot in
      presence(of: slot).isEmpty
        ? nil
        : (scenario.mayReturn ?? [])
          .filter { $0.environment == slot.environment.name && $0.replica == slot.replica }.map(\.cluster)
          .filter { scenario.place(of: $0) != nil }.min()
    }
    let led = slots.indices.filter { back[$0] != nil }
    let worlds = led.reduce([[]]) { worlds, slot in worlds + worlds.map { $0 + [slot] } }
    return worlds.flatMap { world in
      beside(slots.indices.map { world.contains($0) ? back[$0] : standing[$0] }, by: assignment.chain)
    }
  }

  private func beside(_ standing: [String?], by chain: String) -> [String] {
    let isNew = slots.map { presence(of: $0).isEmpty }
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
    if !delivering.allSatisfy({ $0.contains(chain) }) { wrong.append("its chain does not deliver to what stands") }
    return wrong
  }

  /// Where a replica stands, by what was written down.
  private func presence(of slot: Scenario.Slot) -> [String] {
    scenario.existing
      .filter { $0.environment == slot.environment.name && $0.replica == slot.replica && !$0.isGoing }.map(\.cluster)
  }

  private func places(_ cluster: String?, _ topology: ProjectSpec.Topology) -> Set<String> {
    Set(cluster.flatMap { scenario.place(of: $0)?.places(topology) } ?? [])
  }
}
