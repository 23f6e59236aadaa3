import Events
import Foundation
import Kubernetes
import Metrics
import Reconciler
import SimulatedCluster
import Telemetry
import TestSupport
import Testing

@testable import Agent

/// What Prometheus sees of the clusters' workers.
@Suite(.timeLimit(.minutes(5)))
struct MetricsTests {
  /// The value of a series, by its whole name.
  private func value(_ series: String, _ rig: AgentRig) -> Double? {
    let lines = String(decoding: rig.telemetry.metrics.scrape(), as: UTF8.self).split(separator: "\n")
    return lines.first { $0.hasPrefix(series + " ") }.flatMap { Double($0.dropFirst(series.count + 1)) }
  }

  /// How much a counter has grown is only seen of one that was there before.
  @Test func `what refusals and failures are counted by is there before the first`() async throws {
    try await AgentRig.with { rig in
      try await withMetricsFactory(PrometheusMetricsFactory(registry: rig.telemetry.metrics)) {
        try await rig.withAgent { seen in
          try await seen.agent("the agent lives") { _ in true }
          for reason in EventRejection.Reason.allCases {
            #expect(value("regie_agent_refused_records_total{reason=\"\(reason.rawValue)\"}", rig) == 0)
          }
          for kind in ApplyFailure.Kind.allCases {
            #expect(value("regie_agent_apply_failures_total{reason=\"\(kind.rawValue)\"}", rig) == 0)
          }
        }
      }
    }
  }

  @Test func `a revision that can not be applied grows old, and no more once it is applied`() async throws {
    try await AgentRig.with { rig in
      try await rig.withAgent { seen in
        try await seen.agent("the cluster is listed") { $0.clusters.first?.reachable == true }
        let age = "regie_agent_oldest_unapplied_seconds{cluster=\"c1\"}"
        #expect(value(age, rig) == 0)
        rig.clusters[0].inject(.status(503), requests: .max)
        try await rig.publish(AgentRig.state(1))
        try await eventually("the revision grows old") { (value(age, rig) ?? 0) > 0.05 }
        rig.clusters[0].clearFaults()
        try await seen.placement("the placement becomes ready") { $0.says(ConditionType.ready).hasPrefix("True") }
        #expect(value(age, rig) == 0)
        for queue in ["apply", "remove"] {
          let labels = "{cluster=\"c1\",name=\"\(queue)\"}"
          #expect(value("workqueue_depth\(labels)", rig) == 0)
          #expect(value("workqueue_unfinished_work_seconds\(labels)", rig) == 0)
          #expect(value("workqueue_longest_running_processor_seconds\(labels)", rig) == 0)
        }
      }
    }
  }

  @Test func `what is changed by hand shows until it is put back`() async throws {
    try await AgentRig.with { rig in
      try await rig.publish(AgentRig.state(1))
      try await rig.withAgent { seen in
        try await seen.placement("the placement becomes ready") { $0.says(ConditionType.ready).hasPrefix("True") }
        let (open, contested) =
          ("regie_agent_drifts_open{cluster=\"c1\"}", "regie_agent_drifts_contested{cluster=\"c1\"}")
        #expect(value(open, rig) == 0 && value(contested, rig) == 0)
        rig.clusters[0].inject(.status(503), requests: .max, method: "PATCH", pathPrefix: "/api/v1/namespaces/")
        let path = ObjectPath(.resourceQuotas, DesiredObjects.quotaName, in: AgentRig.state(1).namespace)
        let client = rig.clients[0].client
        var quota = try await client.get(ResourceQuota.self, path.name, in: path.namespace)
        quota.spec?.hard?["requests.cpu"] = "99"
        quota.metadata.managedFields = nil
        try await client.update(quota)
        try await eventually("one field of one object differs") { value(open, rig) == 1 }
        rig.clusters[0].clearFaults()
        try await eventually("it is put back") { value(open, rig) == 0 }
        // Where each change takes its time they are fought over only once there were ten, each of which is put back.
        var isFoughtOver = false
        for _ in 0..<30 where !isFoughtOver {
          _ = try await client.patch(path, merge: ["spec": ["hard": ["requests.cpu": "98"]]], as: ResourceQuota.self)
          try await eventually("it is put back, or fought over") {
            isFoughtOver = value(contested, rig) == 1 && value(open, rig) == 1
            let now = try await client.get(ResourceQuota.self, path.name, in: path.namespace).spec?.hard?[
              "requests.cpu"]
            return now != "98" || isFoughtOver
          }
        }
        #expect(isFoughtOver)
      }
    }
  }

  @Test func `a cluster that can not be watched any more shows, though all was in place before`() async throws {
    try await AgentRig.with { rig in
      try await rig.publish(AgentRig.state(1))
      try await rig.withAgent { seen in
        try await seen.placement("the placement becomes ready") { $0.says(ConditionType.ready).hasPrefix("True") }
        let reachable = "regie_agent_cluster_reachable{cluster=\"c1\"}"
        try await eventually("the cluster is reached") { value(reachable, rig) == 1 }
        rig.clusters[0].inject(.status(403), requests: .max)
        rig.clusters[0].dropWatches()
        try await eventually("the cluster is not reached") { value(reachable, rig) == 0 }
        #expect(value("regie_agent_oldest_unapplied_seconds{cluster=\"c1\"}", rig) == 0)
        rig.clusters[0].clearFaults()
        try await eventually("the cluster is reached again") { value(reachable, rig) == 1 }
      }
    }
  }

  @Test func `an order that is not answered shows in its queue while it lasts`() async throws {
    // What is held up is waited for as long as that takes.
    try await AgentRig.with(callTimeout: .seconds(120)) { rig in
      try await rig.publish(AgentRig.state(1))
      try await rig.withAgent { seen in
        try await seen.placement("the placement becomes ready") { $0.says(ConditionType.ready).hasPrefix("True") }
        // However late it is looked at: an order that is only slow may have ended by then.
        let order = HeldRequest()
        let namespace = "/api/v1/namespaces/\(AgentRig.state(1).namespace)"
        rig.clusters[0].inject(.hold(order), method: "PATCH", path: namespace)
        try await rig.publish(AgentRig.state(1, revision: 2, cpu: 5))
        await order.arrived()
        let running = "workqueue_longest_running_processor_seconds{cluster=\"c1\",name=\"apply\"}"
        try await eventually("the order is seen to run") { (value(running, rig) ?? 0) > 0 }
        order.release()
        try await eventually("the order ends") { value(running, rig) == 0 }
      }
    }
  }
}
