import Model
import Placement

extension NaiveJudge {
  func hosting(_ environment: ProjectSpec.Environment, _ place: NaivePlace, _ verdict: inout Verdict) {
    let cluster = place.cluster.spec
    if !cluster.stages.contains(environment.stage) {
      verdict.always.insert(NaiveReason(.stageNotAdmitted, ["stage": environment.stage]))
    }
    let isNamed = cluster.projects.contains(scenario.project.name)
    if cluster.privacy == .dedicated, !isNamed {
      verdict.always.insert(NaiveReason(.dedicatedToOthers, ["project": scenario.project.name]))
    }
    guard cluster.management == .application else { return }
    if !isNamed { verdict.always.insert(NaiveReason(.managedByApplication, ["project": scenario.project.name])) }
    if cluster.mode != .observe {
      verdict.always.insert(NaiveReason(.modeContradictory, ["mode": cluster.mode.rawValue]))
    }
  }

  func services(_ place: NaivePlace, _ verdict: inout Verdict) {
    let region = place.region.spec
    for need in scenario.project.spec.services {
      let offered = region.services.filter { $0.name == need.name }
      if offered.isEmpty {
        verdict.always.insert(NaiveReason(.serviceMissing, ["service": need.name]))
      } else if let wanted = need.version, !offered.contains(where: { Self.meets($0.version, wanted) }) {
        verdict.always.insert(NaiveReason(.serviceVersion, ["service": need.name, "wanted": wanted]))
      }
    }
    for network in scenario.project.spec.interconnections where !region.interconnections.contains(network) {
      verdict.always.insert(NaiveReason(.interconnectionMissing, ["network": network]))
    }
  }

  /// Whether a version meets `16`, `>=14`, `>=1.27 <1.30`; one that is not declared or not readable meets nothing.
  static func meets(_ version: String?, _ constraint: String) -> Bool {
    guard let version, let numbers = numbers(version) else { return false }
    return constraint.split(separator: " ").allSatisfy { term in
      let sign = String(term.prefix { "<>=".contains($0) })
      guard let bound = Self.numbers(String(term.dropFirst(sign.count))) else { return false }
      let length = max(numbers.count, bound.count)
      let left = numbers + Array(repeating: 0, count: length - numbers.count)
      let right = bound + Array(repeating: 0, count: length - bound.count)
      let isLess = left.lexicographicallyPrecedes(right)
      switch sign {
      case "", "=": return Array(numbers.prefix(bound.count)) == bound
      case ">=": return !isLess
      case "<": return isLess
      case ">": return right.lexicographicallyPrecedes(left)
      case "<=": return !right.lexicographicallyPrecedes(left)
      default: return false
      }
    }
  }

  private static func numbers(_ text: String) -> [Int]? {
    let numbers = text.split(separator: ".", omittingEmptySubsequences: false).map { Int($0) }
    return numbers.contains(nil) ? nil : numbers.compactMap { $0 }
  }
}
