import Foundation
import Migration
import Model
import Placement

/// Which moves fit into days and waves: by giving each mover every wave and every place, and looking whether the rules
/// hold.
extension Course {
  /// When and where a mover goes.
  private struct Choice {
    var slot: Int
    var site: Int
  }

  /// Where clusters are.
  private struct Place {
    var region = ""
    var `operator` = ""
  }

  /// - Parameter highest: What no course exceeds.
  func mostOnDays(_ highest: Int) -> Int {
    let limits = inputs.limits
    let slots = limits.days.flatMap { day in (0..<limits.wavesPerDay).map { _ in day } }
    let places = places()
    let names = engine.clusters
    // All that depends on one move alone.
    let choices = movers.map { mover -> [Choice] in
      let existing = mover.replica.existing
      guard mover.isAsked else { return [] }
      return slots.indices.flatMap { slot in
        names.indices.filter { site in
          names[site] != existing.cluster && !left.contains(names[site])
            && !isLeftAlone(mover, to: names[site], on: slots[slot], places)
        }.map { Choice(slot: slot, site: $0) }
      }
    }
    var chosen = [Choice?](repeating: nil, count: movers.count)
    var most = 0
    func visit(_ number: Int, _ moved: Int) {
      guard most < highest, moved + movers.count - number > most else { return }
      guard number < movers.count else {
        if waits(chosen), fits(chosen, slots), isWhole(chosen) { most = moved }
        return
      }
      for choice in choices[number] {
        chosen[number] = choice
        if isWithinBudgets(chosen, choice.slot, slots, places) { visit(number + 1, moved + 1) }
      }
      chosen[number] = nil
      visit(number + 1, moved)
    }
    visit(0, 0)
    return most
  }

  private func places() -> [String: Place] {
    var places: [String: Place] = [:]
    for cluster in inputs.offer.clusters {
      let zone = inputs.offer.zones.first { $0.name == cluster.spec.zone }
      guard let region = inputs.offer.regions.first(where: { $0.name == zone?.spec.region }) else { continue }
      places[cluster.name] = Place(region: region.name, operator: region.spec.operator)
    }
    return places
  }

  private func isLeftAlone(
    _ mover: Mover, to target: String, on day: CalendarDay, _ places: [String: Place]
  ) -> Bool {
    let ends = [mover.replica.existing.cluster, target]
    return inputs.limits.blackouts.contains { blackout in
      guard blackout.from <= day, day <= blackout.until else { return false }
      return switch blackout.reach {
      case .everything: true
      case .operator(let name): ends.contains { places[$0]?.operator == name }
      case .region(let name): ends.contains { places[$0]?.region == name }
      case .cluster(let name): ends.contains(name)
      case .project(let name): mover.placed.project.name == name
      }
    }
  }

  /// Whether the wave that was last added to, and its day, hold what was chosen for them so far.
  private func isWithinBudgets(
    _ chosen: [Choice?], _ slot: Int, _ slots: [CalendarDay], _ places: [String: Place]
  ) -> Bool {
    let limits = inputs.limits
    let going = zip(movers, chosen).compactMap { mover, choice in choice.map { (mover: mover, choice: $0) } }
    if let perDay = limits.perDay, going.count(where: { slots[$0.choice.slot] == slots[slot] }) > perDay {
      return false
    }
    let wave = going.filter { $0.choice.slot == slot }
    if inputs.motive != .disaster {
      let productions = wave.filter { $0.mover.replica.existing.stage == "prod" }.map(\.mover.placed.project.name)
      for name in Set(productions) where productions.count(where: { $0 == name }) > limits.productionPerProject {
        return false
      }
    }
    guard let inFlight = limits.inFlightPerOperator else { return true }
    let operators = wave.flatMap { mover, choice in
      Set([mover.replica.existing.cluster, engine.clusters[choice.site]].compactMap { places[$0]?.operator })
    }
    return Set(operators).allSatisfy { name in operators.count(where: { $0 == name }) <= inFlight }
  }

  private func waits(_ chosen: [Choice?]) -> Bool {
    inputs.limits.dependencies.allSatisfy { dependency in
      movers.indices.allSatisfy { number in
        guard let choice = chosen[number], movers[number].reference == dependency.then else { return true }
        return movers.indices.filter { movers[$0].reference == dependency.first }.allSatisfy { first in
          chosen[first].map { $0.slot < choice.slot } ?? false
        }
      }
    }
  }

  /// Whether there is room at every moment: sources count until they are removed.
  private func fits(_ chosen: [Choice?], _ slots: [CalendarDay]) -> Bool {
    var committed = engine.clusters.map { inputs.ledger[$0].committed }
    var isGone = movers.map { _ in false }
    for slot in slots.indices {
      for (number, mover) in movers.enumerated() where !isGone[number] {
        guard let choice = chosen[number], choice.slot < slot,
          slots[choice.slot].number + inputs.limits.retentionDays <= slots[slot].number
        else { continue }
        isGone[number] = true
        let existing = mover.replica.existing
        if let source = engine.site(named: existing.cluster) { committed[source].add(existing.quota, times: -1) }
      }
      let coming = movers.indices.filter { chosen[$0]?.slot == slot }
      for number in coming {
        if let site = chosen[number]?.site { committed[site].add(movers[number].replica.existing.quota, times: 1) }
      }
      for number in coming {
        guard let site = chosen[number]?.site else { continue }
        let existing = movers[number].replica.existing
        let limit = engine.limits(in: existing.stage)[site]
        for resource in CountedResource.allCases where existing.quota[resource] > 0 {
          guard committed[site][resource] <= limit[resource] else { return false }
        }
      }
    }
    return true
  }

  private func isWhole(_ chosen: [Choice?]) -> Bool {
    var targets: [UUID: String] = [:]
    for (mover, choice) in zip(movers, chosen) { targets[mover.replica.id] = choice.map { engine.clusters[$0.site] } }
    return inputs.projects.allSatisfy { isWhole($0, targets) }
  }
}
