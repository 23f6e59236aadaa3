import Contract
import Events
import Foundation
import Model
import Testing

struct ProblemTests {
  @Test func `a problem is what RFC 9457 says, with a code and the fields at fault`() throws {
    let problem = Problem(
      status: 422, .invalid, title: "Ressource refusée", detail: "spec.zone: absent",
      errors: [FieldProblem(path: "spec.zone", message: "required", messageFR: "obligatoire")])
    let object = try JSONSerialization.jsonObject(with: try ModelJSON.encoder.encode(problem)) as? [String: Any]
    #expect(object?["type"] as? String == "urn:regie:problem:invalid")
    #expect(object?["status"] as? Int == 422)
    #expect(object?["code"] as? String == "invalid")
    #expect((object?["errors"] as? [[String: Any]])?.first?["path"] as? String == "spec.zone")
    #expect(try ModelJSON.decoder.decode(Problem.self, from: try ModelJSON.encoder.encode(problem)) == problem)
  }

  @Test func `a problem without fields has no errors member, and a newer service's code is read`() throws {
    let problem = Problem(status: 409, code: "from-the-future", title: "t", detail: "d")
    let bytes = try ModelJSON.encoder.encode(problem)
    #expect(!String(decoding: bytes, as: UTF8.self).contains("errors"))
    #expect(try ModelJSON.decoder.decode(Problem.self, from: bytes).code == "from-the-future")
  }

  @Test func `codes are words for URLs and labels`() {
    for code in ProblemCode.allCases {
      #expect(code.rawValue.wholeMatch(of: /[a-z]+(-[a-z]+)*/) != nil, "\(code)")
    }
  }
}

struct ViewTests {
  private let at = Timestamp(microseconds: 1)

  @Test func `the last page of a list has no next`() throws {
    let last = ListView(items: ["a"], next: nil)
    #expect(String(decoding: try ModelJSON.encoder.encode(last), as: UTF8.self) == #"{"items":["a"]}"#)
    let page = try ModelJSON.decoder.decode(ListView<String>.self, from: Data(#"{"items":[],"next":"x"}"#.utf8))
    #expect(page.next == "x")
  }

  @Test func `capacity and agents survive the wire`() throws {
    let capacity = CapacityView(
      cluster: "nord-1", limit: ResourceAmounts(cpu: 8000), committed: ResourceAmounts(cpu: 500))
    #expect(
      try ModelJSON.decoder.decode(CapacityView.self, from: try ModelJSON.encoder.encode(capacity)) == capacity)
    let agent = AgentView(
      status: AgentStatus(
        zone: "nord", incarnation: 1, sequence: 2, version: "1", at: at, snapshotComplete: true, clusters: []),
      heardAt: at)
    #expect(try ModelJSON.decoder.decode(AgentView.self, from: try ModelJSON.encoder.encode(agent)) == agent)
  }
}
