import Foundation
import Testing

@testable import Reconciler

struct ApplicationStatusTests {
  private func status(_ status: String) throws -> ApplicationStatus {
    let head = #""apiVersion":"argoproj.io/v1alpha1","kind":"Application","metadata":{"name":"x"}"#
    let json = "{\(head),\"status\":\(status)}"
    return try JSONDecoder().decode(ApplicationStatus.self, from: Data(json.utf8))
  }

  @Test func `sync, health, revision, operation and conditions are read`() throws {
    let status = try status(
      #"""
      {"sync":{"status":"OutOfSync","revision":"abc","comparedTo":{}},
       "health":{"status":"Degraded","message":"a quota is exceeded"},
       "operationState":{"phase":"Failed","message":"one or more objects failed to apply","syncResult":{}},
       "conditions":[{"type":"SyncError","message":"boom","lastTransitionTime":"2026-11-26T00:00:00Z"}],
       "resources":[{"version":"v1","kind":"Namespace","name":"n","status":"Synced","requiresPruning":true}]}
      """#)
    #expect(
      status
        == ApplicationStatus(
          sync: .outOfSync, revision: "abc", health: .degraded, healthMessage: "a quota is exceeded",
          operation: "Failed", operationMessage: "one or more objects failed to apply",
          conditions: ["SyncError: boom"]))
    #expect(status.syncDetail == "Failed: one or more objects failed to apply; SyncError: boom")
  }

  @Test(arguments: [
    "null", "{}", "[]", #"{"sync":{},"health":{}}"#, #"{"sync":{"status":"Fine"},"health":{"status":"Great"}}"#,
    #"{"sync":{"status":"","revision":""},"operationState":{"phase":""}}"#,
  ])
  func `what is absent, of another shape or not known is unknown, never healthy`(text: String) throws {
    #expect(try status(text) == ApplicationStatus())
  }

  @Test func `a part that can not be read takes no other along`() throws {
    let status = try status(
      #"{"sync":{"status":"Synced","revision":"abc"},"health":["?"],"conditions":"many","operationState":7}"#)
    #expect(status == ApplicationStatus(sync: .synced, revision: "abc"))
  }

  @Test func `an operation that went well is no news beside Synced, and is beside anything else`() {
    var status = ApplicationStatus(sync: .synced, operation: "Succeeded", operationMessage: "successfully synced")
    #expect(status.syncDetail == nil)
    status.sync = .outOfSync
    #expect(status.syncDetail == "Succeeded: successfully synced")
    status.sync = .synced
    status.operation = "Running"
    #expect(status.syncDetail == "Running: successfully synced")
  }

  @Test func `texts are kept no longer than they are told`() throws {
    let status = try status(#"{"health":{"status":"Degraded","message":"\#(String(repeating: "x", count: 9_000))"}}"#)
    #expect(status.healthMessage?.count == StatusBook.longestMessage + 1)
  }
}
