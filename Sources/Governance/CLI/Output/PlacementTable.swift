import Contract
import Events
import Model

/// Placements as a table.
enum PlacementTable {
  static func render(_ placements: [PlacementView], wide: Bool = false, indent: String = "") -> String {
    var table =
      wide
      ? Table(
        "PROJECT", "ENVIRONMENT", "STAGE", "ZONE", "CLUSTER", "STATUS", "PHASE", "REVISION", "NAMESPACE", "CHAIN",
        "PLACEMENT")
      : Table("PROJECT", "ENVIRONMENT", "STAGE", "ZONE", "CLUSTER", "STATUS", "CPU", "MEMORY")
    let sorted = placements.sorted {
      ($0.spec.project, $0.spec.environment, $0.spec.replica) < ($1.spec.project, $1.spec.environment, $1.spec.replica)
    }
    for placement in sorted {
      let spec = placement.spec
      let environment = spec.replica == 0 ? spec.environment : "\(spec.environment)/\(spec.replica)"
      if wide {
        table.add(
          spec.project, environment, spec.stage, spec.zone, spec.cluster, placement.summary, spec.phase.rawValue,
          "\(spec.epoch).\(spec.revision)", spec.namespace, spec.chain ?? "-", placement.metadata.name)
      } else {
        table.add(
          spec.project, environment, spec.stage, spec.zone, spec.cluster, placement.summary,
          spec.quota.cpu?.description ?? "-", spec.quota.memory?.description ?? "-")
      }
    }
    return table.render(indent: indent)
  }
}
