import Foundation
import Model
import Placement
import Postgres
import Testing

@testable import Store

/// What was asked of the engine, as it is stored.
struct DecisionRequestBytesTests {
  private static let project = Resource(
    metadata: Metadata(name: "alpha", labels: ["équipe": "a\"b\\c\u{1}", "b": ""]),
    spec: ProjectSpec(
      organisation: "mi", audience: .ministerial, dataClasses: ["public"],
      environments: [ProjectSpec.Environment(name: "production", stage: "prod", quota: Offered.small)]))

  private static let requests: [DecisionRequest] = {
    let bare = DecisionRequest(project: Resource("beta", project.spec), now: Date(timeIntervalSince1970: 1_795_000_000))
    var full = DecisionRequest(
      project: project,
      existing: [
        ExistingPlacement(
          environment: "production", replica: 1, cluster: "c1", stage: "prod",
          quota: ResourceAmounts(cpu: 1, memory: 2, gpu: 0, storage: 3, pods: 4), isWish: true, isGoing: true)
      ],
      derogations: [
        Resource(
          "derogation",
          DerogationSpec(
            project: "alpha", rules: ["interdit"], motive: "Motif", decision: .granted,
            notifiedAt: Date(timeIntervalSince1970: 1_700_000_000.25)))
      ], now: Date(timeIntervalSince1970: 1_795_000_000.123456), keepExisting: false, nodeBudget: 17)
    full.mayMove = true
    full.leaves = [
      ExistingPlacement(
        environment: "production", replica: 0, cluster: "c1", stage: "prod", quota: ResourceAmounts(cpu: 1))
    ]
    full.mayReturn = full.existing + full.leaves
    full.pins = [Pin(environment: "production", replica: 0, cluster: "c2")]
    return [bare, full]
  }()

  @Test(arguments: requests)
  func `taking the project's spec over writes what the encoder would write`(request: DecisionRequest) throws {
    let spec = [UInt8](try ModelJSON.encoder.encode(request.project.spec))
    let expected = [UInt8](try ModelJSON.encoder.encode(request))
    #expect(
      String(decoding: try request.bytes(spec: spec[...]), as: UTF8.self) == String(decoding: expected, as: UTF8.self))
    #expect(try request.bytes(spec: nil) == expected)
  }

  @Test(arguments: requests)
  func `a spec that is spelt as the database spells it is read as the same request`(request: DecisionRequest)
    async throws
  {
    try await StoreFixture.run { fixture in
      let spec = try PostgresJSON(model: request.project.spec)
      let rows = try await fixture.pool.withConnection { try await $0.query("SELECT \(spec) AS spec") }
      let spelt = try rows.only.decode(PostgresJSON.self, "spec").text
      let bytes = try request.bytes(spec: Array(spelt.utf8)[...])
      var stored = request
      for index in stored.existing.indices { stored.existing[index].isWish = false }
      for index in stored.mayReturn.indices { stored.mayReturn[index].isWish = false }
      #expect(try ModelJSON.decoder.decode(DecisionRequest.self, from: Data(bytes)) == stored)
    }
  }

  @Test func `what is written member by member has no other members`() {
    #expect(
      Mirror(reflecting: Self.requests[0]).children.count == 10, "write the new one in DecisionRequest+Bytes.swift")
    #expect(Mirror(reflecting: Self.project).children.count == 4, "write the new one in DecisionRequest+Bytes.swift")
    #expect(
      Mirror(reflecting: Self.project.metadata).children.compactMap(\.label) == [
        "name", "uid", "labels", "annotations", "generation", "resourceVersion", "creationTimestamp",
      ], "what the engine is asked has name and labels; write a new one in DecisionRequest+Bytes.swift, if it has that")
  }

  @Test func `a document is read as it was written, whatever its labels`() throws {
    for labels in [[:], Self.project.metadata.labels] {
      let document = ProjectTable.Document(
        version: "42", labels: try PostgresJSON(encoding: labels), spec: try PostgresJSON(model: Self.project.spec))
      var expected = Resource(metadata: Metadata(name: "alpha", labels: labels), spec: Self.project.spec)
      expected.metadata.resourceVersion = "42"
      let read = try ProjectTable.Document(bytes: document.bytes[...])
      #expect(try read.resource(named: "alpha") == expected)
      #expect(read.spec == document.spec)
    }
    #expect(throws: CompactReader.Malformed.self) { try ProjectTable.Document(bytes: [5, 1][...]) }
  }
}
