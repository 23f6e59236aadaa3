import Foundation
import Testing

@testable import Kubernetes

/// How answers become errors.
struct KubernetesErrorTests {
  private func error(_ code: Int, _ body: String = "", retryAfter: String? = nil) -> KubernetesError {
    KubernetesError(call: "GET /x", code: code, retryAfter: retryAfter, body: Data(body.utf8))
  }

  @Test(arguments: [
    (400, "", KubernetesError.Kind.badRequest), (401, "", .unauthorized), (403, "", .forbidden),
    (404, "NotFound", .notFound),
    (409, "Conflict", .conflict), (409, "AlreadyExists", .alreadyExists), (410, "Gone", .gone), (410, "Expired", .gone),
    (415, "", .badRequest), (422, "Invalid", .unprocessable), (429, "", .tooManyRequests), (500, "", .server),
    (501, "", .server), (503, "", .server),
  ])
  func `a code and a reason make a kind`(code: Int, reason: String, kind: KubernetesError.Kind) {
    #expect(error(code, #"{"kind":"Status","status":"Failure","reason":"\#(reason)"}"#).kind == kind)
  }

  @Test(arguments: [
    "", "404 page not found\n", "<html>404 Not Found</html>", #"{"status":404,"error":"Not Found"}"#,
    #"{"status":"Failure","reason":"NotFound","code":404}"#, #"{"kind":"Status","status":"Failure","reason":"Other"}"#,
  ])
  func `404 in other words than an API server's says nothing about an object`(body: String) {
    let found = error(404, body)
    #expect(found.kind == .server && found.isTransient && found.mayBeOfUnknownKind)
    #expect(error(404, #"{"kind":"Status","status":"Failure","code":404}"#).kind == .notFound)
  }

  @Test(arguments: [
    (404, "NotFound"), (409, "Conflict"), (409, "AlreadyExists"), (410, "Expired"), (422, "Invalid"),
    (429, "TooManyRequests"), (500, "InternalError"), (503, "ServiceUnavailable"),
  ])
  func `what an admission webhook refuses is forbidden, whatever code it has chosen`(code: Int, reason: String) {
    let words = #"admission webhook \"quota.example.org\" denied the request"#
    let denial = error(
      code, #"{"kind":"Status","status":"Failure","reason":"\#(reason)","message":"\#(words): no such project"}"#)
    #expect(denial.kind == .forbidden && denial.code == code && !denial.isTransient)
    #expect(denial.message.hasSuffix("no such project"))
    let quoted = error(
      code, #"{"kind":"Status","status":"Failure","reason":"\#(reason)","message":"it says: \#(words)"}"#)
    #expect(quoted.kind != .forbidden, "these are not the API server's own words")
  }

  @Test func `a conflict names manager and field`() {
    let body = #"""
      {"kind":"Status","status":"Failure","message":"Apply failed with 1 conflict","reason":"Conflict","code":409,
       "details":{"causes":[
        {"reason":"FieldManagerConflict","message":"conflict with \"kubectl-edit\" using v1","field":".spec.hard.pods"},
        {"reason":"FieldManagerConflict","message":"somebody","field":".spec.scopes"},
        {"reason":"Other","message":"conflict with \"x\"","field":".a"}]}}
      """#
    let found = error(409, body)
    #expect(
      found.conflicts == [
        .init(manager: "kubectl-edit", field: ".spec.hard.pods"), .init(manager: "somebody", field: ".spec.scopes"),
      ])
    #expect(found.causes.count == 3)
    #expect("\(found)" == "conflict (409) on GET /x: Apply failed with 1 conflict")
  }

  @Test func `the wait asked for comes from the header, else from the status`() {
    let body = #"{"status":"Failure","details":{"retryAfterSeconds":7}}"#
    #expect(error(429, body, retryAfter: "3").retryAfter == .seconds(3))
    #expect(error(429, body).retryAfter == .seconds(7))
    #expect(error(429, body, retryAfter: "soon").retryAfter == .seconds(7))
    #expect(error(429).retryAfter == nil)
  }

  @Test(arguments: ["601", "9223372036854775807", "-5", "99999999999999999999"])
  func `no server gets more patience than ten minutes`(header: String) {
    let asked = error(429, retryAfter: header).retryAfter ?? .zero
    #expect(asked >= .zero && asked <= .seconds(600))
    let body = #"{"status":"Failure","details":{"retryAfterSeconds":9223372036854775807}}"#
    #expect(error(429, body).retryAfter == .seconds(600))
  }

  @Test func `an answer of something that is no API server is shown in part`() {
    let page = error(502, "<html>Bad Gateway</html>" + String(repeating: "x", count: 1000))
    #expect(page.status == nil)
    #expect(page.message.hasPrefix("<html>Bad Gateway"))
    #expect(page.message.count == 200)
    #expect(error(500).message == "the server gave no reason")
  }

  @Test func `only what may pass by itself is transient`() {
    #expect(error(429).isTransient && error(500).isTransient && error(503).isTransient)
    #expect(!error(501).isTransient && !error(422).isTransient)
    #expect(KubernetesError(kind: .connection, call: "GET /x", message: "").isTransient)
    #expect(!KubernetesError(kind: .tls, call: "GET /x", message: "").isTransient)
  }
}
