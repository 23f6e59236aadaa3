import Events
import Foundation
import Store

/// Heartbeats of agents, as records.
enum Heartbeats {
  static func record(
    zone: String, incarnation: Int64 = 1, sequence: Int64, plea: UUID? = nil, offset: Int64 = 0
  ) -> ObservationRecord {
    let status = AgentStatus(
      zone: zone, incarnation: incarnation, sequence: sequence, version: "test", at: Timestamp(microseconds: 1),
      snapshotComplete: true, clusters: [],
      republication: plea.map { AgentStatus.RepublicationRequest(id: $0, reason: "test") })
    return ObservationRecord(partition: 0, offset: offset, observation: .agent(status))
  }
}
