import Contract
import Events
import Foundation
import Model
import Store
import Testing

/// What an agent reports of a placement, with every part filled in.
enum Reported {
  static let moment = Timestamp(microseconds: 1_795_475_467_123_456)

  static func ready(_ placement: PlacementView) -> ObservedState {
    var state = state(of: placement, phase: .active)
    state.conditions = [ConditionType.applied, ConditionType.ready, ConditionType.drifted].map { type in
      Condition(
        type: type, status: .yes, reason: "Enforced", message: "tout va bien",
        observedRevision: placement.spec.revision, lastTransitionTime: moment)
    }
    state.used = ResourceList(cpu: Quantity("500m"), memory: Quantity("1Gi"))
    state.drifts = [
      ObservedState.Drift(
        object: "ResourceQuota/quota", path: "spec.hard.cpu", live: "9", wanted: "2", manager: "kubectl",
        firstSeen: moment,
        correctedAt: moment)
    ]
    return state
  }

  static func gone(_ placement: PlacementView) -> ObservedState {
    var state = state(of: placement, phase: .removed)
    state.conditions = [
      Condition(
        type: ConditionType.applied, status: .yes, reason: "Deleted", observedRevision: placement.spec.revision,
        lastTransitionTime: moment)
    ]
    return state
  }

  private static func state(of placement: PlacementView, phase: PlacementPhase) -> ObservedState {
    ObservedState(
      placement: placement.spec.id, zone: placement.spec.zone, cluster: placement.spec.cluster, incarnation: 1,
      sequence: placement.spec.revision, observedEpoch: placement.spec.epoch, observedRevision: placement.spec.revision,
      phase: phase, conditions: [])
  }
}

/// Documents as JSON.
enum ProjectText {
  static func json(_ yaml: String) throws -> String {
    let resource = try #require(try ResourceDocument.decode(yaml: yaml).first)
    return String(decoding: try ModelJSON.encoder.encode(resource), as: UTF8.self)
  }
}

extension APIFixture {
  /// Has the status consumer's work done for one report.
  func report(_ state: ObservedState) async throws {
    let record = ObservationRecord(partition: 0, offset: state.sequence, observation: .placement(state))
    let result = try await store.apply([record], topic: Topics.observed(zone: state.zone), zone: state.zone)
    #expect(result.applied == [state.placement])
  }

  /// The same for a heartbeat.
  func heartbeat(_ status: AgentStatus) async throws {
    let record = ObservationRecord(partition: 0, offset: status.sequence, observation: .agent(status))
    _ = try await store.apply([record], topic: Topics.observed(zone: status.zone), zone: status.zone)
  }
}
