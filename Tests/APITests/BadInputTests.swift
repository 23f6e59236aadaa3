import Contract
import Foundation
import HTTPTypes
import Model
import Testing

@testable import API

/// What is wrong is refused with its place, and leaves no trace.
struct BadInputTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var path: String
    var text: String
    var status: Int
    var field: String

    init(_ name: String, _ path: String, _ text: String, _ status: Int, _ field: String) {
      (testDescription, self.path, self.text, self.status, self.field) = (name, path, text, status, field)
    }
  }

  private static let cluster = Offered.cluster("nord-1")
  private static let project = Offered.project("vigie")

  /// Nine times nine times nine…
  private static let bomb =
    "a: &a [x, x, x, x, x, x, x, x, x]\n"
    + zip("bcdefghi", "abcdefgh").map { name, before in
      "\(name): &\(name) [" + Array(repeating: "*\(before)", count: 9).joined(separator: ", ") + "]\n"
    }.joined()

  static let malformed: [Case] = [
    Case("an empty body", "operators/dtnum", "", 400, ""),
    Case("blanks", "operators/dtnum", " \n\t", 400, ""),
    Case("broken YAML", "operators/dtnum", "kind: [", 400, ""),
    Case("tabs for blanks", "operators/dtnum", "kind: Operator\n\tspec: {}", 400, ""),
    Case("broken JSON", "operators/dtnum", #"{"kind": "Operator","#, 400, ""),
    Case("a list", "operators/dtnum", "[]", 400, ""),
    Case("a word", "operators/dtnum", "Operator", 400, ""),
    Case("several documents", "operators/dtnum", "\(Offered.op)\n---\n\(Offered.op)", 400, ""),
    Case("an alias bomb", "operators/dtnum", bomb, 400, ""),
    Case("a repeated key", "operators/dtnum", Offered.op + "\nkind: Operator", 400, ""),
    Case("no kind", "operators/dtnum", "metadata: {name: x}", 400, "kind"),
    Case(
      "an unknown kind", "operators/dtnum", Offered.op.replacing("kind: Operator", with: "kind: Oprator"), 400, "kind"),
    Case("another API version", "operators/dtnum", Offered.op.replacing("fr/v1", with: "fr/v2"), 400, "apiVersion"),
    Case("no spec", "operators/dtnum", Offered.op.components(separatedBy: "spec:")[0], 400, "spec"),
    Case("no name", "operators/dtnum", Offered.op.replacing("name: dtnum, ", with: ""), 400, "metadata.name"),
    Case("an unknown field", "clusters/nord-1", cluster.replacing("stages:", with: "stage:"), 400, "spec.stage"),
    Case(
      "an unknown nested field", "operators/dtnum", Offered.op.replacing("mode:", with: "mod:"), 400,
      "spec.flowOpening.mod"),
    Case(
      "an unknown field of metadata", "operators/dtnum", Offered.op.replacing("labels:", with: "label:"), 400,
      "metadata.label"),
    Case(
      "a wrong type", "clusters/nord-1", cluster.replacing("dataCenters: [dc1, dc2]", with: "dataCenters: dc1"), 400,
      "spec.dataCenters"),
    Case("a bad quantity", "clusters/nord-1", Offered.cluster("nord-1", cpu: "64cores"), 400, "spec.capacity.cpu"),
    Case(
      "a quantity beyond all measure", "clusters/nord-1", Offered.cluster("nord-1", cpu: "1e400"), 400,
      "spec.capacity.cpu"),
    Case("a bad quota", "projects/vigie", Offered.project("vigie", cpu: "two"), 400, "spec.environments[0].quota.cpu"),
    Case(
      "a bad selector operator", "projects/vigie", project.replacing("operator: In", with: "operator: Like"), 400,
      "spec.preferences.weighted[0].target.matchExpressions[0].operator"),
    Case(
      "a bad date", "derogations/exception-1", Offered.derogation.replacing("2099-12-31", with: "2099-11-31"), 400,
      "spec.validUntil"),
  ]

  static let invalid: [Case] = [
    Case(
      "an unknown word", "clusters/nord-1", cluster.replacing("[dev, prod]", with: "[dev, live]"), 422, "spec.stages[1]"
    ),
    Case(
      "a bad name", "operators/DTNUM", Offered.op.replacing("name: dtnum", with: "name: DTNUM"), 422, "metadata.name"),
    Case("a negative quantity", "clusters/nord-1", Offered.cluster("nord-1", cpu: "-1"), 422, "spec.capacity.cpu"),
    Case(
      "a slug that is too long", "zones/nord-usuel", Offered.zone.replacing("slug: nord", with: "slug: nord-nord-nord"),
      422, "spec.slug"),
    Case("an empty list", "clusters/nord-1", cluster.replacing("[dev, prod]", with: "[]"), 422, "spec.stages"),
    Case(
      "a selector of an unknown attribute", "projects/vigie",
      project.replacing("key: region.name", with: "key: region.nom"), 422,
      "spec.preferences.weighted[0].target.matchExpressions[0].key"),
    Case(
      "a selector without values", "projects/vigie", project.replacing("values: [nord]", with: "values: []"), 422,
      "spec.preferences.weighted[0].target.matchExpressions[0].values"),
    Case(
      "a policy's rule of an unknown attribute", "policies/regie",
      Offered.policy.replacing("{region.name: nord}", with: "{region.nom: nord}"), 422,
      "spec.rules[0].places.matchLabels[\"region.nom\"]"),
    Case(
      "a wrong country", "regions/nord", Offered.region.replacing("country: FR", with: "country: France"), 422,
      "spec.location.country"),
  ]

  @Test(arguments: malformed + invalid)
  func `a bad document is refused with the path of the field, and nothing is stored`(bad: Case) async throws {
    try await APIFixture.run { api in
      let code: ProblemCode = bad.status == 400 ? .malformed : .invalid
      let problem = try await api.refuse(.put, "/api/v1/\(bad.path)", bad.text, with: bad.status, code)
      let paths = (problem.errors ?? []).map(\.path)
      #expect(paths.contains(bad.field), "\(paths): \(problem.detail)")
      if bad.path.hasPrefix("projects") {
        let inline = try await api.refuse(.post, "/api/v1/placements", bad.text, with: bad.status, code)
        #expect((inline.errors ?? []).map(\.path).contains(bad.field))
      }
    }
  }

  @Test func `a bad JSON document is refused with the same paths`() async throws {
    try await APIFixture.run { api in
      let good = try ProjectText.json(Self.cluster)
      for (old, new, status, field) in [
        (#""64""#, #""64cores""#, 400, "spec.capacity.cpu"), (#""stages""#, #""stage""#, 400, "spec.stage"),
        (#""64""#, "-1", 422, "spec.capacity.cpu"), (#""64""#, "true", 400, "spec.capacity.cpu"),
        (#""64""#, "null", 422, "spec.capacity"), (#"["dc1","dc2"]"#, #"["dc1",2]"#, 400, "spec.dataCenters[1]"),
      ] {
        let bad = good.replacing(old, with: new)
        #expect(bad != good)
        let problem = try await api.refuse(
          .put, "/api/v1/clusters/nord-1", bad, type: "application/json", with: status,
          status == 400 ? .malformed : .invalid)
        let paths = (problem.errors ?? []).map(\.path)
        #expect(paths.contains { $0.hasPrefix(field) }, "\(new): \(paths)")
      }
    }
  }

  @Test func `all that is wrong is said at once, with lines and what would be accepted`() async throws {
    try await APIFixture.run { api in
      let text = Self.cluster.replacing("stages:", with: "stage:").replacing("cpu: 64", with: "cpu: many")
      let problem = try await api.refuse(.put, "/api/v1/clusters/nord-1", text, with: 400, .malformed)
      let errors = try #require(problem.errors)
      #expect(Set(errors.map(\.path)).isSuperset(of: ["spec.stage", "spec.capacity.cpu"]))
      #expect(errors.first { $0.path == "spec.stage" }?.line == 7)
      #expect(errors.first { $0.path == "spec.stage" }?.messageFR.contains("stages") == true, "\(errors)")
    }
  }

  @Test func `problems speak French first, and English where that is preferred`() async throws {
    try await APIFixture.run { api in
      for (wish, language, title) in [
        (nil, "fr", "Document refusé"), ("en", "en", "Document refused"), ("en-GB, fr;q=0.5", "en", "Document refused"),
        ("de", "fr", "Document refusé"), ("fr, en", "fr", "Document refusé"), (";;;", "fr", "Document refusé"),
      ] as [(String?, String, String)] {
        let answer = try await api.send(
          .put, "/api/v1/operators/dtnum", "kind: [", headers: wish.map { ["Accept-Language": $0] } ?? [:])
        #expect(try answer.problem(400, .malformed).title == title, "\(wish ?? "nothing")")
        #expect(answer.header("content-language") == language)
      }
    }
  }

  @Test func `of members that are not known the first ones are told, and how many more there are`() async throws {
    try await APIFixture.run { api in
      let members = (1...5000).map { #""x\#(10_000 + $0)": 1"# }.joined(separator: ", ")
      let problem = try await api.refuse(
        .post, "/api/v1/derogation-requests", "{\(members)}", type: "application/json", with: 400, .malformed)
      let errors = try #require(problem.errors)
      #expect(errors.count == 21 && errors.first?.path == "x10001")
      #expect(errors.last?.message.contains("4980 more") == true, "\(String(describing: errors.last))")
    }
  }

  @Test func `names with characters that can not be stored are refused, not passed on`() async throws {
    try await APIFixture.run { api in
      for path in ["operators/a%00b", "projects/a%00b/explanation", "placements?project=a%00b"] {
        _ = try await api.refuse(.get, "/api/v1/\(path)", with: 400, .badParameter)
      }
      for path in ["operators/%FF", "operators/a%2", "operators/%zz"] {
        let problem = try await api.refuse(.get, "/api/v1/\(path)", with: 400, .badParameter)
        #expect(problem.detail.contains("percent"), "\(path): \(problem.detail)")
      }
      for path in ["operators/a%2Fb", "operators/%C3%A9", "operators/a%20b", "operators/..%2f..", "operators/%2500"] {
        _ = try await api.refuse(.get, "/api/v1/\(path)", with: 404, .notFound)
      }
    }
  }
}
