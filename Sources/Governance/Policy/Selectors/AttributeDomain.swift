import Model

/// Which values an attribute can have, whatever the offer is and whoever the project is.
struct AttributeDomain: Sendable {
  enum Values: Sendable {
    /// Any text.
    case any
    /// Nothing but these.
    case closed([String])
    /// A number from 1, written without zeros before it.
    case count
  }

  var values = Values.any
  /// Whether there may be several values, or just one.
  var isMultiple = false
  /// Whether it may be known that there is none; only of those that may have several.
  var mayBeEmpty = false
  /// Whether nobody may have declared it.
  var mayBeUndeclared = false

  /// The domain of the attribute `name`; what no selector may name has the widest one.
  init(of name: String, dataClasses: [String]) {
    switch name {
    case "region.name", "region.operator", "region.country", "zone.name", "zone.slug", "cluster.name", "chain.name",
      "project.name", "project.organisation":
      break
    case "region.dataCenters", "cluster.dataCenters": values = .count
    case "region.state", "cluster.state": values = .closed(RegionSpec.State.allCases.map(\.rawValue))
    case "zone.sensitivity": values = .closed(Sensitivity.allCases.map(\.rawValue))
    case "cluster.privacy": values = .closed(ClusterSpec.Privacy.allCases.map(\.rawValue))
    case "cluster.management": values = .closed(ClusterSpec.Management.allCases.map(\.rawValue))
    case "cluster.mode": values = .closed(ClusterSpec.Mode.allCases.map(\.rawValue))
    case "cluster.external": values = .closed(["false", "true"])
    case "project.audience": values = .closed(AudienceScope.allCases.map(\.rawValue))
    case "cluster.stage": self = Self(several: .closed(Stage.wellKnown))
    case "chain.sensitivity": self = Self(several: .closed(Sensitivity.allCases.map(\.rawValue)))
    case "region.audience", "chain.audience": self = Self(several: .closed(AudienceScope.allCases.map(\.rawValue)))
    case "project.dataClass": self = Self(several: .closed(dataClasses))
    case "region.dataCenter", "cluster.dataCenter", "region.organisation", "chain.organisation", "chain.region":
      self = Self(several: .any)
    case "region.qualification", "region.service", "region.interconnection", "region.taint", "cluster.taint",
      "cluster.project", "project.service", "project.interconnection":
      self = Self(several: .any)
      mayBeEmpty = true
    case _ where ConformityFinding.rules.contains { name == ConformityFinding.prefix + $0 }:
      values = .closed(ConformityFinding.allCases.compactMap(\.declared))
      mayBeUndeclared = true
    default: mayBeUndeclared = true
    }
  }

  private init(several values: Values) {
    self.values = values
    isMultiple = true
  }

  /// Values that stand for all there are: whatever holds of some value, as far as `literals` can tell values apart, holds
  /// of one of these.
  func representatives(for literals: [Literal]) -> [String] {
    if case .closed(let values) = values { return values }
    let named = Set(literals.flatMap { $0.term.isNumeric ? [] : $0.term.values })
    let bounds = literals.filter(\.term.isNumeric).flatMap(\.term.values).compactMap(Int64.init)
    if case .count = values {
      // Between two bounds, each value named may be taken away: one more than those is always enough.
      let width = Int64(named.count) + 1
      let near = ([0] + bounds).flatMap { bound in
        (-width...width).map { bound.addingReportingOverflow($0) }.filter { !$0.overflow }.map(\.partialValue)
      }
      return Set(near.filter { $0 >= 1 }).sorted().map(String.init)
    }
    var other = "x"
    while named.contains(other) { other += "x" }
    let numbers = bounds.flatMap { bound in
      (-1...1).map { bound.addingReportingOverflow($0) }.filter { !$0.overflow }.map(\.partialValue)
    }
    // A number can be written in more ways than are named.
    let unnamed = numbers.map { number in
      var digits = String(number.magnitude)
      while named.contains((number < 0 ? "-" : "") + digits) { digits = "0" + digits }
      return (number < 0 ? "-" : "") + digits
    }
    return named.sorted() + [other] + unnamed
  }
}
