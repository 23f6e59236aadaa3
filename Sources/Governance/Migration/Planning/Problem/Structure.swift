import Foundation
import Model
import Placement

/// What projects have in common that ask for the same, apart from how much: where their movers may go, one by one and
/// together. The engine is asked once for all of them, and remembers.
final class Structure {
  /// What the answers depend on.
  struct Key: Hashable {
    var spec: ProjectSpec
    var labels: [String: String]
    /// The name, where anything may speak of it.
    var name: String?
    var derogations: [Resource<DerogationSpec>]
    /// By mover and stayer in their order: environment, replica, cluster, and which of the two it is.
    var parts: [[String]]
  }

  /// What one mover may do.
  struct Member {
    var candidates: [Int] = []
    var preferences: [Int64] = []
    var mayStay = false
  }

  private let engine: Engine
  private let bare: PlacementState
  private let arrangement: Arrangement
  private let existing: [ExistingPlacement]
  private(set) var members: [Member] = []
  private var known: [[Int32]: Bool] = [:]
  /// How often the engine was asked.
  private(set) var questions = 0

  /// The nodes that one question may cost; what is not answered by then is taken for a no.
  static let nodes = 20_000

  /// - Parameters:
  ///   - existing: The movers.
  ///   - stayers: What stays where it is, and may.
  ///   - bare: Nothing promised anywhere.
  init(
    _ placed: PlacedProject, moving existing: [ExistingPlacement], stayers: [ExistingPlacement], now: Date,
    engine: Engine, bare: PlacementState
  ) {
    (self.engine, self.bare, self.existing) = (engine, bare, existing)
    var arrangement = Arrangement(placed, now: now)
    for stayer in stayers { arrangement.keep(stayer, on: stayer.cluster) }
    self.arrangement = arrangement
    members = Self.members(of: placed, existing, now, engine, bare)
  }

  /// Whether movers can be where they are put, all together with what stays, and the others can be somewhere; -1 for those.
  func holds(_ sites: [Int32]) -> Bool {
    // A single one has been asked for by its candidates already.
    guard sites.count > 1 || !arrangement.parts.isEmpty else { return true }
    if let answer = known[sites] { return answer }
    var asked = arrangement
    for (existing, site) in zip(existing, sites) {
      if site < 0 { asked.free(existing) } else { asked.move(existing, to: engine.clusters[Int(site)]) }
    }
    questions += 1
    let answer = engine.plan(asked.request(isBare: true, nodes: Self.nodes), on: bare).outcome == .placed
    known[sites] = answer
    return answer
  }

  private static func members(
    of placed: PlacedProject, _ existing: [ExistingPlacement], _ now: Date, _ engine: Engine, _ bare: PlacementState
  ) -> [Member] {
    let weight = Int64(max(-10, min(10, engine.policy.spec.scoring?.balance ?? 1)))
    var members: [Member] = []
    var byEnvironment: [String: Member] = [:]
    for one in existing {
      var member = byEnvironment[one.environment] ?? Member()
      if byEnvironment[one.environment] == nil {
        // Each by itself: what ties it to the others is asked when they are together.
        var alone = Arrangement(placed, now: now)
        alone.free(one)
        let request = alone.request(isBare: true, nodes: nodes)
        let found = engine.explain(request, on: bare)
        for number in found.environments.indices {
          let accepted = found.best(found.acceptedCount(number), of: number)
          for verdict in accepted.sorted(by: { $0.cluster < $1.cluster }) {
            guard let site = engine.site(named: verdict.cluster) else { continue }
            let room = weight * (verdict.components?.balance ?? 0)
            let isOutside = verdict.reasons.contains { $0.code == .outsideHeldTerm }
            member.candidates.append(site)
            member.preferences.append((verdict.score ?? 0) - room - (isOutside ? outsideTerm : 0))
          }
        }
        byEnvironment[one.environment] = member
      }
      member.mayStay = mayStay(one, of: placed, now, engine, bare)
      if let source = engine.site(named: one.cluster), let own = member.candidates.firstIndex(of: source) {
        member.candidates.remove(at: own)
        member.preferences.remove(at: own)
      }
      members.append(member)
    }
    return members
  }

  /// What a place outside of the term that holds costs: more than any preference is worth.
  private static let outsideTerm: Int64 = 1_000_000

  static func mayStay(
    _ existing: ExistingPlacement, of placed: PlacedProject, _ now: Date, _ engine: Engine, _ bare: PlacementState
  ) -> Bool {
    var there = Arrangement(placed, now: now)
    there.keep(existing, on: existing.cluster)
    return engine.rejudge(there.request(isBare: true, nodes: nodes), on: bare).first?.mayStay ?? false
  }
}
