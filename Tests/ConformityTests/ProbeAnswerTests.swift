import Foundation
import Testing

@testable import Conformity
@testable import Kubernetes

/// What failed calls say about a rule.
struct ProbeAnswerTests {
  private static let words = #"{"kind":"Status","apiVersion":"v1","status":"Failure","message":"no","code":403}"#

  private func answer(_ code: Int, _ body: String) -> ProbeAnswer {
    ProbeAnswer(KubernetesError(call: "POST /x", code: code, retryAfter: nil, body: Data(body.utf8)))
  }

  @Test("admission refuses with 400, 403 or 422", arguments: [400, 403, 422])
  func refusal(_ code: Int) {
    #expect(answer(code, Self.words) == .refused("no"))
  }

  @Test(
    "other codes say nothing about the pod, whoever answers",
    arguments: [401, 402, 404, 405, 406, 408, 409, 410, 412, 413, 415, 418, 429, 431, 500, 502, 503, 504])
  func others(_ code: Int) {
    for body in [Self.words, "<html>\(code)</html>", ""] {
      let answer = answer(code, body)
      let isNone = if case .none = answer { true } else { false }
      #expect(isNone, "\(answer)")
    }
  }

  @Test("only an API server's own words are a refusal", arguments: [400, 403, 422])
  func pages(_ code: Int) {
    let bodies = [
      "", "<html>Forbidden</html>", #"{"status":403,"error":"Forbidden"}"#, #"{"status":"Failure","message":"no"}"#,
      #"{"kind":"Error","status":"Failure","message":"no"}"#, #"{"kind":"Status","message":"no"}"#,
    ]
    for body in bodies {
      let answer = answer(code, body)
      let isNone = if case .none = answer { true } else { false }
      #expect(isNone, "\(body): \(answer)")
    }
  }

  @Test(
    "a call that had no answer says nothing", arguments: [KubernetesError.Kind.connection, .timeout, .unprocessable])
  func silence(_ kind: KubernetesError.Kind) {
    let error = KubernetesError(kind: kind, call: "POST /x", message: "no")
    #expect(ProbeAnswer(error) == .none(error.description))
  }
}
