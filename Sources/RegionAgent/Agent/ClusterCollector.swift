import Events
import Foundation
import Reconciler
import Telemetry

/// What the clusters' workers have before them, read when Prometheus asks.
struct ClusterCollector: MetricsCollector {
  let workers: [ClusterWorker]

  func collect() -> [MetricFamily] {
    let queues = workers.flatMap(\.queues).map { queue in
      (labels: LabelSet([("cluster", queue.cluster), ("name", queue.name)]), standing: queue.standing)
    }
    let now = Timestamp(Date())
    let drifts = workers.map { (labels: LabelSet([("cluster", $0.name)]), standing: $0.standingDrifts) }
    return [
      .gauge(
        "workqueue_depth", help: "Placements that wait in a queue.",
        queues.map { ($0.labels, Double($0.standing.depth)) }),
      .gauge(
        "workqueue_unfinished_work_seconds", help: "Time that what is being worked on has taken so far, added up.",
        queues.map { ($0.labels, $0.standing.unfinishedSeconds) }),
      .gauge(
        "workqueue_longest_running_processor_seconds", help: "The longest of these.",
        queues.map { ($0.labels, $0.standing.longestSeconds) }),
      .gauge(
        "regie_agent_oldest_unapplied_seconds", help: "Age of the oldest revision that is not applied.",
        workers.map {
          (LabelSet([("cluster", $0.name)]), Double($0.oldestUnappliedMicroseconds(at: now)) / 1_000_000)
        }),
      .gauge(
        "regie_agent_cluster_reachable", help: "1 while the cluster can be listed and watched, and its memory kept.",
        workers.map { (LabelSet([("cluster", $0.name)]), $0.isReached ? 1 : 0) }),
      .gauge(
        "regie_agent_drifts_open", help: "Changes made by hand that are not put back.",
        drifts.map { ($0.labels, Double($0.standing.open)) }),
      .gauge(
        "regie_agent_drifts_contested", help: "Placements of which something undoes again and again what is put back.",
        drifts.map { ($0.labels, Double($0.standing.contested)) }),
    ]
  }
}
