import Foundation

extension MigrationSpec {
  /// Checks names, motive and moves.
  public func validate(_ check: inout Validation) {
    check.at("project", project, .projectName)
    check.at("motive", motive, .sentence)
    check.at("moves", each: moves) { $1.at("targetCluster", $0.targetCluster, .dnsLabel) }
    check.at("moves") { check in
      check.notEmpty(moves)
      check.unique(moves.map(\.source.uuidString), field: "source")
    }
  }
}
