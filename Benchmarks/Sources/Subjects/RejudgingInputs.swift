internal import Foundation
internal import Model
internal import Placement

/// Placements that were made under one policy, to be judged under the next one.
package struct RejudgingInputs: Sendable {
  let offer: Offer
  let day: CalendarDay
  let ledger: Ledger
  let next: PolicySpec
  let present: PolicySpec
  let requests: [DecisionRequest]

  /// - Parameter placements: How many replicas there are to judge, at least.
  package init(placements: Int, clusters: Int = 1000, rules: Int = 200) throws {
    guard let day = CalendarDay(year: 2026, month: 6, day: 1) else { throw BenchError("the day does not exist") }
    self.day = day
    offer = NationalOffer.make(clusters: clusters, seed: 1)
    ledger = NationalOffer.ledger(of: offer, seed: 2)
    let present = NationalPolicy.make(rules: rules, seed: 3)
    self.present = present
    // An eighth of the rules is replaced, every third of them one that restricts; the rest stays in force.
    var next = present
    let others = NationalPolicy.make(rules: rules, seed: 5).rules
    for number in stride(from: 5, to: rules, by: 8) { next.rules[number] = others[number] }
    self.next = next
    let engine = Engine(offer: offer, policy: EffectivePolicy(version: 1, spec: present), day: day)
    let state = PlacementState(ledger: ledger, staleZones: [], for: engine)
    var requests: [DecisionRequest] = []
    var placed = 0
    for project in NationalProjects.make(placements, seed: 6) {
      guard placed < placements else { break }
      var request = DecisionRequest(project: project, now: Date(timeIntervalSince1970: 1_780_000_000))
      request.existing = engine.plan(request, on: state).assignments.map {
        ExistingPlacement(
          environment: $0.environment, replica: $0.replica, cluster: $0.cluster, stage: $0.stage, quota: $0.quota)
      }
      placed += request.existing.count
      requests.append(request)
    }
    self.requests = requests
  }

  /// Judges every placement under the next policy, which is compiled first.
  @inline(never)
  package func rejudge() -> (judged: Int, staying: Int, placeable: Int) {
    let engine = Engine(offer: offer, policy: EffectivePolicy(version: 2, spec: next), day: day)
    let state = PlacementState(ledger: ledger, staleZones: [], for: engine)
    var result = (judged: 0, staying: 0, placeable: 0)
    for request in requests {
      for standing in engine.rejudge(request, on: state) {
        result.judged += 1
        if standing.mayStay { result.staying += 1 }
        if standing.best != nil { result.placeable += 1 }
      }
    }
    return result
  }
}
