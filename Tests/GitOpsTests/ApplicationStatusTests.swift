import Foundation
import Testing

@testable import GitOps

struct ApplicationStatusTests {
  private func status(_ status: String, kind: String = "Application", group: String = "argoproj.io/v1alpha1") throws
    -> ApplicationStatus
  {
    let json = #"{"apiVersion":"\#(group)","kind":"\#(kind)","metadata":{"name":"x"},"status":\#(status)}"#
    return try ApplicationStatus(application: Data(json.utf8))
  }

  @Test func `sync, health, revision, operation, conditions and resources are read`() throws {
    let status = try status(
      #"""
      {"sync":{"status":"OutOfSync","revision":"abc","comparedTo":{}},
       "health":{"status":"Degraded","message":"a quota is exceeded"},
       "operationState":{"phase":"Failed","message":"one or more objects failed to apply","syncResult":{}},
       "conditions":[{"type":"SyncError","message":"boom","lastTransitionTime":"2026-11-26T00:00:00Z"},{"type":"OrphanedResourceWarning"}],
       "resources":[{"version":"v1","kind":"Namespace","name":"n","status":"Synced","requiresPruning":true},
                    {"group":"apps","kind":"Deployment","name":"d","status":"OutOfSync","health":{"status":"Progressing"}}]}
      """#)
    #expect(status.sync == .outOfSync && status.revision == "abc")
    #expect(status.health == .degraded && status.healthMessage == "a quota is exceeded")
    #expect(status.operation == "Failed" && status.operationMessage == "one or more objects failed to apply")
    #expect(status.conditions == ["SyncError: boom", "OrphanedResourceWarning: "])
    #expect(
      status.resources == [
        .init(kind: "Namespace", name: "n", sync: .synced, health: nil, requiresPruning: true),
        .init(kind: "Deployment", name: "d", sync: .outOfSync, health: .progressing, requiresPruning: false),
      ])
  }

  @Test(arguments: [
    "null", "{}", #"{"sync":{},"health":{}}"#, #"{"sync":{"status":"Fine"},"health":{"status":"Great"}}"#,
  ])
  func `what is absent or not known is unknown, never healthy`(text: String) throws {
    let status = try status(text)
    #expect(status.sync == .unknown && status.health == .unknown && status.revision == nil)
    #expect(!status.hasBroughtAbout(""))
  }

  @Test func `a commit is brought about when that very commit is synced`() throws {
    let synced = try status(#"{"sync":{"status":"Synced","revision":"abc"}}"#)
    #expect(synced.hasBroughtAbout("abc") && !synced.hasBroughtAbout("abd"))
    #expect(!(try status(#"{"sync":{"status":"OutOfSync","revision":"abc"}}"#)).hasBroughtAbout("abc"))
  }

  @Test func `what is no Application is refused`() throws {
    #expect(throws: GitOpsInputError.self) { try status("{}", kind: "AppProject") }
    #expect(throws: GitOpsInputError.self) { try status("{}", group: "app.k8s.io/v1beta1") }
    #expect(throws: GitOpsInputError.self) { try ApplicationStatus(application: Data("[]".utf8)) }
    #expect(throws: GitOpsInputError.self) { try ApplicationStatus(application: Data()) }
  }
}
