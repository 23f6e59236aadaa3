public import Foundation
import Model
public import Placement

/// Counts what still fits.
///
/// Replicas that are alone are counted cluster by cluster: the engine says which clusters take one, and as many fit there as
/// there is room under the stage's limit, whatever goes elsewhere. Replicas that are kept apart share places in more ways than
/// a division knows: those are placed, project after project, on a copy.
public struct FitCounter: Sendable {
  private let engine: Engine
  private let state: PlacementState
  private let now: Date

  /// A counter for things as they stand.
  ///
  /// - Parameter now: the moment of the question.
  public init(engine: Engine, state: PlacementState, now: Date) {
    self.engine = engine
    self.state = state
    self.now = now
  }

  /// How many of a size fit.
  public func count(_ question: FitQuestion, _ size: EnvironmentSize) -> FitAnswer {
    var alone = question
    alone.replicas = 1
    let places = places(alone, size)
    guard question.replicas > 1 else {
      let sum = places.reduce(Int64(0)) { total, place in
        let (sum, overflow) = total.addingReportingOverflow(place.count)
        return overflow ? .max : sum
      }
      return FitAnswer(size: size, count: sum, isMore: false, places: places)
    }
    let (count, isMore) = placed(question.request(size, at: now), most: FitAnswer.most)
    return FitAnswer(size: size, count: count, isMore: isMore, places: count == 0 ? [] : places)
  }

  /// How many replicas each cluster takes that takes any.
  private func places(_ question: FitQuestion, _ size: EnvironmentSize) -> [FitAnswer.Place] {
    let explanation = engine.explain(question.request(size, at: now), on: state)
    guard explanation.plan.outcome == .placed else { return [] }
    let limits = engine.limits(in: question.stage)
    let quota = ResourceAmounts(size.quota)
    return engine.clusters.indices.compactMap { site in
      let verdict = explanation.verdict(0, site: site)
      guard verdict.accepted, verdict.refusals.isEmpty else { return nil }
      let count = Self.times(quota, in: limits[site].over(state.entry(site).committed))
      guard count > 0 else { return nil }
      return FitAnswer.Place(
        cluster: verdict.cluster, zone: verdict.zone, region: verdict.region, operator: verdict.operator, count: count)
    }
  }

  private static func times(_ quota: ResourceAmounts, in room: ResourceAmounts) -> Int64 {
    CountedResource.allCases.filter { quota[$0] > 0 }.map { room[$0] / quota[$0] }.min() ?? 0
  }

  /// How many find a place one after the other, and whether there are more than are counted.
  private func placed(_ request: DecisionRequest, most: Int64) -> (count: Int64, isMore: Bool) {
    var state = state
    var count: Int64 = 0
    while true {
      let plan = engine.plan(request, on: state)
      guard plan.outcome == .placed else { return (count, false) }
      guard count < most else { return (count, true) }
      for assignment in plan.assignments {
        guard let site = engine.site(named: assignment.cluster) else { continue }
        state.add(assignment.quota, to: site)
      }
      count += 1
    }
  }
}
