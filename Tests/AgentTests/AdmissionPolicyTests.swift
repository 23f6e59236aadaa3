import Events
import Foundation
import Model
import Reconciler
import TestSupport
import Testing

/// The admission policies that confine the agent, judged by an evaluator of CEL: the API servers of the tests know none.
@Suite(.timeLimit(.minutes(5)))
struct AdmissionPolicyTests {
  private static let python: String = {
    let environment = ProcessInfo.processInfo.environment
    return (environment["REGIE_CEL_PYTHON"] ?? "\(environment["HOME"] ?? "")/.cache/regie/cel-python-0.5.0")
      + "/bin/python"
  }()

  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  private static func path(_ name: String) -> String { root.appendingPathComponent(name).path }

  @Test(
    .enabled(if: FileManager.default.isExecutableFile(atPath: python), "not run: needs scripts/cel.sh to have run"),
    arguments: [
      ("admission-policy.yaml", "own.yaml"), ("adopt/admission-policy.yaml", "adopt.yaml"),
      ("gitops/admission-policy.yaml", "gitops.yaml"),
    ])
  func `a policy lets through what the agent does, and nothing else`(policy: String, cases: String) async throws {
    let said = try await ChildProcess.run(
      Self.python,
      [
        Self.path("Tests/AdmissionPolicies/judge.py"), Self.path("deploy/kubernetes/region-agent/\(policy)"),
        Self.path("Tests/AdmissionPolicies/\(cases)"),
      ])
    #expect(said.hasSuffix("requests are judged as they should be\n"))
  }

  @Test(arguments: ["admission-policy.yaml", "adopt/admission-policy.yaml"])
  func `a policy knows all objects by their names`(policy: String) throws {
    let text = try String(contentsOfFile: Self.path("deploy/kubernetes/region-agent/\(policy)"), encoding: .utf8)
    let names = DesiredObjects.render(AgentRig.state(1)).filter { $0.ref.kind != .namespace }.map { "'\($0.ref.name)'" }
    #expect(text.contains("request.name in [\(names.joined(separator: ", "))]"))
  }
}
