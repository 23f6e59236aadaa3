/// Which pods a quota counts: all where it names no scope. Anything that is no pod is counted by quotas without scopes only.
struct QuotaScopes {
  private struct Requirement {
    var scope: String
    var comparison: String
    var values: [String]
  }

  static let known: Set<String> = ["Terminating", "NotTerminating", "BestEffort", "NotBestEffort", "PriorityClass"]
  private static let computed: Set<String> = [
    "pods", "cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory",
  ]

  private let requirements: [Requirement]

  init(quota: JSONValue) {
    let plain = (quota[path: ["spec", "scopes"]]?.texts ?? []).map {
      Requirement(scope: $0, comparison: "Exists", values: [])
    }
    let chosen = (quota[path: ["spec", "scopeSelector", "matchExpressions"]]?.list ?? []).map {
      Requirement(
        scope: $0["scopeName"]?.text ?? "", comparison: $0["operator"]?.text ?? "", values: $0["values"]?.texts ?? [])
    }
    requirements = plain + chosen
  }

  /// No pod is left out.
  var isEmpty: Bool { requirements.isEmpty }
  /// The names of the scopes.
  var names: [String] { requirements.map(\.scope) }

  /// Whether a quota with these scopes may limit `item`.
  func allows(_ item: String) -> Bool {
    if isEmpty || item.contains("/") { return true }
    return names.contains("BestEffort") ? item == "pods" : Self.computed.contains(item)
  }

  func selects(_ pod: JSONValue) -> Bool { requirements.allSatisfy { Self.holds($0, of: pod) } }

  private static func holds(_ requirement: Requirement, of pod: JSONValue) -> Bool {
    let isTerminating = pod[path: ["spec", "activeDeadlineSeconds"]] != nil
    switch requirement.scope {
    case "Terminating": return isTerminating
    case "NotTerminating": return !isTerminating
    case "BestEffort": return PodResources(pod: pod).asksForNothing
    case "NotBestEffort": return !PodResources(pod: pod).asksForNothing
    default:
      let name = pod[path: ["spec", "priorityClassName"]]?.text ?? ""
      // As with labels: what has no class is in no list.
      switch requirement.comparison {
      case "In": return !name.isEmpty && requirement.values.contains(name)
      case "NotIn": return name.isEmpty || !requirement.values.contains(name)
      case "Exists": return !name.isEmpty
      default: return name.isEmpty
      }
    }
  }
}
