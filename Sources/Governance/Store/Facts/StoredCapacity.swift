import Events
import Model

/// What is stored of a cluster's measured capacity: no more of each resource than is declared, since more would not
/// count, and nothing below 0.
struct StoredCapacity: Codable, Sendable, Hashable {
  /// Until when the agent has seen it to be so, by its clock.
  var asOf: Timestamp
  var nodes: Int
  var amounts: ResourceAmounts
  /// When a measurement of that moment was heard first, by the centre's clock; nil where the previous program has stored it.
  var heardAt: Timestamp?

  /// What a heartbeat says.
  init(_ reported: MeasuredCapacity, declared: ResourceAmounts, heardAt: Timestamp) {
    asOf = reported.asOf
    nodes = reported.nodes
    amounts = reported.amounts
    for resource in CountedResource.allCases { amounts[resource] = max(0, min(amounts[resource], declared[resource])) }
    self.heardAt = heardAt
  }

  /// Whether it still counts, by both clocks. A clock that went back does not make it young for ever.
  func counts(at moment: Timestamp, heardAt now: Timestamp, storedAt: Timestamp, within seconds: Int64) -> Bool {
    let most = seconds.multipliedReportingOverflow(by: 1_000_000)
    let longest = most.overflow ? Int64.max : most.partialValue
    return abs(moment.microseconds(since: asOf)) <= longest
      && abs(now.microseconds(since: heardAt ?? storedAt)) <= longest
  }
}
