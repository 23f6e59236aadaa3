/// The names that selectors may use. A misspelt one would never match, and a rule that forbids would then forbid nothing.
public enum AttributeNames: Sendable, CaseIterable {
  /// Region, zone and cluster.
  case place
  /// Chain.
  case chain
  /// Project.
  case project

  /// The fixed names.
  public var names: [String] {
    switch self {
    case .place: Self.placeNames
    case .chain: ["chain.name", "chain.sensitivity", "chain.region", "chain.organisation", "chain.audience"]
    case .project:
      [
        "project.name", "project.organisation", "project.audience", "project.typology", "project.dataClass",
        "project.service", "project.interconnection",
      ]
    }
  }

  /// What stands before the key of a label: `region.label/tier`.
  public var labelPrefixes: [String] {
    switch self {
    case .place: ["region.label/", "zone.label/", "cluster.label/"]
    case .chain: ["chain.label/"]
    case .project: ["project.label/"]
    }
  }

  /// Whether `key` names an attribute.
  public func contains(_ key: String) -> Bool {
    if names.contains(key) { return true }
    guard let prefix = labelPrefixes.first(where: { key.hasPrefix($0) }) else { return false }
    return TextForm.labelKey.isValid(String(key.dropFirst(prefix.count)))
  }

  private static let placeNames =
    [
      "region.name", "region.operator", "region.country", "region.subdivision", "region.city", "region.dataCenter",
      "region.dataCenters", "region.qualification", "region.service", "region.interconnection", "region.organisation",
      "region.audience", "region.state", "region.taint", "zone.name", "zone.slug", "zone.sensitivity", "zone.chain",
      "cluster.name", "cluster.privacy", "cluster.project", "cluster.management", "cluster.external", "cluster.mode",
      "cluster.stage", "cluster.dataCenter", "cluster.dataCenters", "cluster.state", "cluster.taint",
    ] + ConformityFinding.rules.map { ConformityFinding.prefix + $0 }
}
