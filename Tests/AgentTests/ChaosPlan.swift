import Events
import Foundation
import Model
import SimulatedCluster
import TestSupport

/// What has been decided so far of a few placements, and what happens next: the same seed gives the same.
struct ChaosPlan: Sendable {
  enum Step: Sendable {
    /// A new state.
    case decide(DesiredState)
    /// A state that was published before, the latest or an older one.
    case repeated(DesiredState)
    /// Somebody changes a quota.
    case edit(UInt8)
    /// Somebody deletes what lies in a namespace.
    case delete(UInt8)
    case fault(Fault, method: String, requests: Int)
    case dropWatches
    /// A removal is called back while the agent looks for volumes.
    case callBack(removal: DesiredState, DesiredState)
    /// The mark of a removal is taken off by hand while the agent looks for volumes.
    case unmark(DesiredState)
  }

  static let numbers: ClosedRange<UInt8> = 1...5
  var dice: Dice
  /// By the placement's number, in order.
  private(set) var published: [UInt8: [DesiredState]] = [:]

  init(seed: UInt64) { dice = Dice(seed: seed) }

  /// The next step, as though its states were published already.
  mutating func next() -> Step {
    let number = UInt8.random(in: Self.numbers, using: &dice)
    switch Int.random(in: 0..<16, using: &dice) {
    case 0..<5: return .decide(decide(number))
    case 5: return (published[number]?.randomElement(using: &dice)).map { .repeated($0) } ?? .decide(decide(number))
    case 6, 7: return .edit(number)
    case 8: return .delete(number)
    case 9: return .dropWatches
    case 10...12: return fault()
    case 13, 14: return .callBack(removal: decide(number, .removed), decide(number, .active))
    default: return .unmark(decide(number, .removed))
    }
  }

  /// A newer state of a placement, in any phase unless one is given.
  mutating func decide(_ number: UInt8, _ phase: PlacementPhase? = nil) -> DesiredState {
    let revision = (published[number]?.last?.revision ?? 0) + 1
    var state = AgentRig.state(number, revision: revision, cpu: Int64.random(in: 1...9, using: &dice))
    let any: [PlacementPhase] = [.active, .active, .active, .frozen, .draining, .removed]
    state.phase = phase ?? any.randomElement(using: &dice) ?? .active
    if state.phase == .removed { state.notBefore = Timestamp(Date()) }
    published[number, default: []].append(state)
    return state
  }

  private mutating func fault() -> Step {
    var faults: [Fault] = [.status(429, retryAfter: 1), .status(500), .status(503), .dropConnection, .page(404)]
    let method = ["GET", "PATCH", "PUT", "DELETE"].randomElement(using: &dice) ?? "GET"
    // What is on its way already nobody can call back.
    if method != "DELETE" { faults.append(.delay(.milliseconds(50))) }
    return .fault(
      faults.randomElement(using: &dice) ?? .dropConnection, method: method,
      requests: Int.random(in: 1...4, using: &dice))
  }
}
