import Events
import Foundation
import Store

/// The zones whose states the bus does not take, each with a back-off of its own.
struct TroubledZones: Sendable {
  private struct Trouble: Sendable {
    /// How often in a row not all of its states were taken.
    var failures: Int
    /// Whether its pause is under way: nothing is claimed for it meanwhile.
    var isAside = true
    /// What was tried last and is not known to be on the bus.
    var placements: [UUID]
  }

  private var zones: [String: Trouble] = [:]

  var isEmpty: Bool { zones.isEmpty }

  /// All of them.
  var all: Set<String> { Set(zones.keys) }

  /// The zones for which nothing is to be claimed now.
  var aside: Set<String> { Set(zones.filter(\.value.isAside).keys) }

  /// What was tried last for any of them and is not known to be on the bus.
  var placements: [UUID] { zones.sorted { $0.key < $1.key }.flatMap(\.value.placements) }

  /// Takes note of what became of a batch.
  ///
  /// - Returns: The zones to set aside, in order, each with its failures in a row: those of which not all was taken.
  mutating func judge(_ publications: [RelayMachine.Publication]) -> [(zone: String, failures: Int)] {
    var failing: [(zone: String, failures: Int)] = []
    for (zone, ofZone) in Dictionary(grouping: publications, by: \.claim.state.zone).sorted(by: { $0.key < $1.key }) {
      let refused = ofZone.filter { $0.ack == nil }.map(\.claim.state.placement)
      if refused.isEmpty {
        zones[zone] = nil
      } else {
        let failures = (zones[zone]?.failures ?? 0) + 1
        zones[zone] = Trouble(failures: failures, placements: refused)
        failing.append((zone, failures))
      }
    }
    return failing
  }

  /// Ends a zone's pause; false when none is under way. Its failures are remembered until all comes through.
  mutating func readmit(_ zone: String) -> Bool {
    guard zones[zone]?.isAside == true else { return false }
    zones[zone]?.isAside = false
    return true
  }

  /// Lets another pause follow; nil when none is under way, else the failures in a row.
  mutating func prolong(_ zone: String) -> Int? {
    guard var trouble = zones[zone], trouble.isAside else { return nil }
    trouble.failures += 1
    zones[zone] = trouble
    return trouble.failures
  }

  /// Takes note that everything that waits was claimed, save for the zones in `excluded`: a zone that was readmitted
  /// and is not among it has nothing left to fail with.
  mutating func keep(claimed: Set<String>, excluded: Set<String>) {
    zones = zones.filter { $0.value.isAside || claimed.contains($0.key) || excluded.contains($0.key) }
  }
}
