/// Which build this process is.
public struct BuildInfo: Sendable, Hashable {
  /// The release, as in `1.4.0`.
  public let version: String
  /// The commit it was built from.
  public let revision: String

  /// As given by the program.
  public init(version: String, revision: String = "unknown") {
    self.version = version
    self.revision = revision
  }

  /// The gauge `regie_build_info`, always 1, that says in its labels what runs.
  func family(component: String) -> MetricFamily {
    .gauge(
      "regie_build_info", help: "Always 1; its labels say which build runs.",
      [(LabelSet([("component", component), ("version", version), ("revision", revision)]), 1)])
  }
}
