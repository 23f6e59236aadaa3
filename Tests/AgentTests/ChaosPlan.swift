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
    /// The bus is away for a while, and somebody meddles with the cluster.
    case busOutage([Step], Duration)
    /// A removal comes while the agent's memory can not be written, or is and does not say so.
    case unwritten(Fault, requests: Int, DesiredState)
    /// A removal is called back while the agent looks for volumes.
    case callBack(removal: DesiredState, DesiredState)
    /// The mark of a removal is taken off by hand while the agent looks for volumes.
    case unmark(DesiredState)
  }

  /// How long a call of the agent may take, and what takes longer.
  static let callTimeout: Duration = .milliseconds(500)
  static let tooLong: Duration = .milliseconds(750)
  /// How long a report of the agent waits for the bus before it is taken back.
  static let messageTimeout: Duration = .milliseconds(300)
  static let numbers: ClosedRange<UInt8> = 1...5
  var dice: Dice
  /// By the placement's number, in order.
  private(set) var published: [UInt8: [DesiredState]] = [:]

  init(seed: UInt64) { dice = Dice(seed: seed) }

  /// The next step, as though its states were published already.
  mutating func next() -> Step {
    let number = UInt8.random(in: Self.numbers, using: &dice)
    switch Int.random(in: 0..<19, using: &dice) {
    case 0..<5: return .decide(decide(number))
    case 5: return (published[number]?.randomElement(using: &dice)).map { .repeated($0) } ?? .decide(decide(number))
    case 6, 7: return .edit(number)
    case 8: return .delete(number)
    case 9: return .dropWatches
    case 10...12: return fault()
    case 13, 14: return .callBack(removal: decide(number, .removed), decide(number, .active))
    case 15, 16: return .unwritten(lateFault(), requests: Int.random(in: 1...2, using: &dice), decide(number, .removed))
    case 17:
      let meddling = (0..<Int.random(in: 1...3, using: &dice)).map { _ in meddle() }
      return .busOutage(meddling, Self.messageTimeout * Double.random(in: 0...2, using: &dice))
    default: return .unmark(decide(number, .removed))
    }
  }

  /// What somebody does to the cluster, without the bus.
  private mutating func meddle() -> Step {
    let number = UInt8.random(in: Self.numbers, using: &dice)
    switch Int.random(in: 0..<4, using: &dice) {
    case 0: return .edit(number)
    case 1: return .delete(number)
    case 2: return .dropWatches
    default: return fault()
    }
  }

  /// What a life is in the midst of when it is cut: writes that the cluster does or does not do and answers too late, and for
  /// how long.
  mutating func death() -> (fault: Fault, method: String, state: DesiredState, after: Duration) {
    let phase: PlacementPhase? = Bool.random(using: &dice) ? .removed : nil
    return (
      lateFault(), ["PATCH", "PUT", "POST", "DELETE"].randomElement(using: &dice) ?? "PUT",
      decide(UInt8.random(in: Self.numbers, using: &dice), phase), .milliseconds(Int.random(in: 0...100, using: &dice))
    )
  }

  /// Nobody waits for the answer long enough, whether or not the cluster does what is asked.
  private mutating func lateFault() -> Fault {
    Bool.random(using: &dice) ? .delayAnswer(Self.tooLong) : .silence(Self.tooLong)
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
    faults.append(lateFault())
    let method = ["GET", "PATCH", "PUT", "POST", "DELETE"].randomElement(using: &dice) ?? "GET"
    // What is on its way already nobody can call back.
    if method != "DELETE" { faults += [.delay(.milliseconds(50)), .delay(Self.tooLong)] }
    return .fault(
      faults.randomElement(using: &dice) ?? .dropConnection, method: method,
      requests: Int.random(in: 1...4, using: &dice))
  }
}
