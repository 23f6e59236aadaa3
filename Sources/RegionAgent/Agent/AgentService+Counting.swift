import Events
import GitOps
import Metrics
import Reconciler

extension AgentService {
  /// Makes the series that alerts go by before anything is counted: that one has grown is only seen of what was there
  /// before.
  func beginCounting() {
    for reason in EventRejection.Reason.allCases {
      Counter(label: "regie.agent.refused_records", dimensions: [("reason", reason.rawValue)]).increment(by: 0)
    }
    for kind in ApplyFailure.Kind.allCases {
      Counter(label: "regie.agent.apply_failures", dimensions: [("reason", kind.rawValue)]).increment(by: 0)
    }
    guard bridge != nil else { return }
    for kind in GitFailure.Kind.allCases {
      Counter(label: "regie.agent.git_failures", dimensions: [("reason", kind.rawValue)]).increment(by: 0)
    }
  }
}
