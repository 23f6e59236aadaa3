import Events
import Foundation
import Model
import TestSupport
import Testing

@testable import Migration

/// Campaigns of two hundred moves in a world that goes wrong.
struct ManyMovesTests {
  @Test func `whatever agents, neighbours and teams do, budgets hold and everything ends, or says why not`() throws {
    var dice = Dice.fresh("many moves")
    for _ in 0..<2 {
      func day(_ days: Int) -> CalendarDay { ParisTime.day(of: Campaigns.noon).adding(days: days) }
      let pace = CampaignPace(
        inFlight: 25, inFlightPerOperator: 15, productionPerProject: 1, perDay: 12,
        blackouts: [
          Blackout(from: day(9), until: day(10)), Blackout(from: day(4), until: day(14), reach: .project("p7")),
          Blackout(from: day(6), until: day(12), reach: .cluster("dtnum-1")),
        ], notBefore: [2: day(3)], maxTroubled: 20)
      let simulation = try CampaignSimulation(Dice(seed: dice.next()), 200, pace)
      simulation.run()
      let progress = simulation.campaign.progress(simulation.summaries, at: simulation.now)
      print(
        "\(simulation.campaign.state): \(progress.moved) moved, \(progress.lost) lost of \(progress.total), at most"
          + " \(simulation.mostUnderWay) under way, \(simulation.notices.count) notices")
      #expect(Set(simulation.faults).isEmpty, "seed \(dice.seed)")
      #expect(simulation.campaign.state == .done || progress.isStalled, "seed \(dice.seed): \(progress)")
      // One that stands still because of what went wrong may have moved fewer.
      #expect(progress.moved > (progress.isStalled ? 0 : 100), "seed \(dice.seed): \(progress)")
      #expect(progress.moved + progress.lost <= 200, "seed \(dice.seed): \(progress)")
      for move in simulation.summaries where !move.step.isEnd {
        let held = simulation.campaign.released(simulation.summaries, at: simulation.now).held
        #expect(
          move.standing == .blocked || held.contains { $0.move == move.id },
          "seed \(dice.seed): \(move.step) \(move.standing)")
      }
    }
  }
}
