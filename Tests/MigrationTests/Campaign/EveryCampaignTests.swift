import Events
import Foundation
import Model
import Testing

@testable import Migration

/// Everything that may happen to a campaign of three moves, tried.
struct EveryCampaignTests {
  /// - Returns: the states that the campaign ends in.
  private func explore(_ name: String, _ setting: CampaignWorld.Setting) throws -> Set<CampaignState> {
    let world = CampaignWorld(setting)
    var states = [try world.first()]
    var numbers = [states[0]: Int32(0)]
    /// From which state each one was reached first, and all arrows, for the way back.
    var origins: [Int32] = [-1]
    var arrows: [(from: Int32, to: Int32)] = []
    var number = 0
    while number < states.count {
      for next in world.successors(states[number]) {
        if let known = numbers[next] {
          arrows.append((Int32(number), known))
        } else {
          let new = Int32(states.count)
          numbers[next] = new
          states.append(next)
          origins.append(Int32(number))
          arrows.append((Int32(number), new))
        }
      }
      number += 1
    }
    let ends = states.indices.filter { world.campaign(states[$0]).state.isEnd }
    print("\(name): \(states.count) states, \(world.moves.count) of one move")
    var faults = world.faults
    if let stuck = stuck(states.count, arrows, ends) { faults["no way leads to an end"] = states[stuck] }
    for (fault, state) in faults {
      var trail: [String] = []
      var at = numbers[state] ?? 0
      while at >= 0 {
        let state = states[Int(at)]
        trail.append(
          "\(world.campaign(state).state) "
            + world.summaries(state).map { "\($0.step.rawValue)/\($0.standing.rawValue)" }.joined(separator: " "))
        at = origins[Int(at)]
      }
      Issue.record("\(name): \(fault):\n\(trail.reversed().joined(separator: "\n"))")
    }
    return Set(ends.map { world.campaign(states[$0]).state })
  }

  /// A state from which no way leads to an end.
  private func stuck(_ count: Int, _ arrows: [(from: Int32, to: Int32)], _ ends: [Int]) -> Int? {
    var firsts = [Int32](repeating: 0, count: count + 1)
    for arrow in arrows { firsts[Int(arrow.to) + 1] += 1 }
    for index in 1...count { firsts[index] += firsts[index - 1] }
    var (fill, sources) = (firsts, [Int32](repeating: 0, count: arrows.count))
    for arrow in arrows {
      sources[Int(fill[Int(arrow.to)])] = arrow.from
      fill[Int(arrow.to)] += 1
    }
    var isGood = [Bool](repeating: false, count: count)
    var open = ends.map(Int32.init)
    for end in ends { isGood[end] = true }
    while let next = open.popLast() {
      for index in firsts[Int(next)]..<firsts[Int(next) + 1] where !isGood[Int(sources[Int(index)])] {
        isGood[Int(sources[Int(index)])] = true
        open.append(sources[Int(index)])
      }
    }
    return isGood.firstIndex(of: false)
  }

  private static func moves(_ waves: [Int], production: Set<Int> = [], after: [Int: [Int]] = [:]) -> [CampaignMove] {
    (1...3).map { number in
      Campaigns.move(
        number, isProduction: production.contains(number), wave: waves[number - 1], after: after[number] ?? [],
        step: .planned)
    }
  }

  @Test func `three that share a budget of one`() throws {
    let ends = try explore(
      "budget of one",
      .init(
        pace: CampaignPace(inFlight: 1), moves: Self.moves([1, 1, 1]),
        options: [.init(mayLackPlace: true), .init(), .init()], acts: [.started(changes: [])]))
    #expect(ends == [.done])
  }

  @Test func `waves, a dependency, and one that is led back`() throws {
    let ends = try explore(
      "waves",
      .init(
        pace: CampaignPace(inFlight: 2), moves: Self.moves([1, 1, 2], after: [2: [1]]),
        options: [.init(mayTurnBack: true), .init(), .init()], acts: [.started(changes: [])]))
    #expect(ends == [.done])
  }

  @Test func `a budget that is made smaller, a pause, and the end of it`() throws {
    let ends = try explore(
      "pace, pause, cancel",
      .init(
        pace: CampaignPace(inFlightPerOperator: 2), moves: Self.moves([1, 1, 2], production: [1, 2]),
        options: [.init(), .init(), .init()],
        acts: [
          .started(changes: []), .paused(reason: "x"), .paceChanged(.init(inFlight: 1, inFlightPerOperator: 0)),
          .cancelled(reason: "x"),
        ], lost: 0, doubled: 0))
    #expect(ends == [.done, .cancelled])
  }

  private static func from(_ route: (String, String), _ move: CampaignMove) -> CampaignMove {
    var move = move
    (move.source, move.target) = (Campaigns.place(route.0), Campaigns.place(route.1))
    return move
  }

  /// Each wave goes where the one before it has left, with room for one.
  @Test func `room that is left wave by wave is there for the move that it was planned for`() throws {
    let routes = [("anfsi", "dtnum"), ("ants", "anfsi"), ("anfsi", "ants")]
    let moves = zip(routes, Self.moves([1, 2, 3])).map(Self.from)
    let rooms = ["anfsi-1": 2, "ants-1": 1]
    let ends = try explore(
      "room",
      .init(
        pace: CampaignPace(), moves: moves,
        options: [.init(mayPause: true), .init(mayLackPlace: true), .init(mayLackPlace: true)],
        acts: [.started(changes: [])], crashes: 1, lost: 0, doubled: 0, rooms: rooms))
    #expect(ends == [.done])
    let back = try explore(
      "room that is not left",
      .init(
        pace: CampaignPace(), moves: moves,
        options: [
          .init(mayTurnBack: true), .init(mayTurnBack: true, mayLackPlace: true),
          .init(mayTurnBack: true, mayLackPlace: true),
        ], acts: [.started(changes: [])], crashes: 0, lost: 0, doubled: 0, rooms: rooms))
    #expect(back == [.done])
  }

  /// The first one is paused, and what comes after it must not take the only room that lets the second one go.
  @Test func `what comes later leaves the room to the move that others wait for`() throws {
    let routes = [("ants", "anfsi"), ("anfsi", "ants"), ("dtnum", "anfsi")]
    let ends = try explore(
      "room for one",
      .init(
        pace: CampaignPace(), moves: zip(routes, Self.moves([1, 2, 3])).map(Self.from),
        options: [.init(mayLackPlace: true, mayPause: true), .init(mayLackPlace: true), .init(mayLackPlace: true)],
        acts: [.started(changes: [])], crashes: 0, lost: 0, doubled: 0, rooms: ["anfsi-1": 2, "ants-1": 1]))
    #expect(ends == [.done])
  }

  @Test func `days, and too many in trouble`() throws {
    let ends = try explore(
      "days",
      .init(
        pace: CampaignPace(perDay: 1), moves: Self.moves([1, 1, 1]), options: [.init(), .init(), .init()],
        acts: [.started(changes: [])], lost: 0, doubled: 0, hasDays: true))
    #expect(ends == [.done])
    let troubled = try explore(
      "trouble",
      .init(
        pace: CampaignPace(maxTroubled: 0), moves: Self.moves([1, 1, 2]),
        options: [.init(mayFallIll: true), .init(mayPause: true), .init()],
        acts: [.started(changes: [])], crashes: 0, lost: 0, doubled: 0))
    #expect(troubled == [.done])
  }
}
