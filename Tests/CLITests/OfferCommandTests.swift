import Contract
import Events
import Foundation
import Model
import Placement
import Policy
import Requests
import Testing

@testable import CLI

/// `regie diff`, `regie get … --history` and `regie qualification …`: what is asked, and what people read.
@Suite(.timeLimit(.minutes(3)))
struct OfferCommandTests {
  private static let before = Timestamp(microseconds: 1_790_000_000_000_000)
  private static let moment = Timestamp(microseconds: 1_800_000_000_000_000)

  private static func difference(isEmpty: Bool) -> OfferDifferenceView {
    let state = OfferState(Offered.offer(cpu: 64))
    let next = OfferState(Offered.offer(cpu: isEmpty ? 64 : 32))
    return OfferDifferenceView(
      OfferDifference(from: state, to: next, reach: .everything), policy: .untold(from: 1, to: isEmpty ? 1 : 2),
      from: before, to: moment, wholeSince: moment, withInternals: true, language: .en)
  }

  @Test func `a difference is a table and exit code 1, none is a sentence and 0, and a day is its beginning`()
    async throws
  {
    try await StubService.with { request in
      try .init(Self.difference(isEmpty: request.query.contains("to=")))
    } _: { stub, address in
      let some = try await Run.regie(["diff", "--from", "2026-01-01", "--lang", "en", "--server", address])
      #expect(some.code == 1 && some.output.contains("~  cluster  c1"), "\(some)")
      #expect(some.output.contains("declared capacity, CPU: 64 → 32") && some.output.contains("version 1 → 2"))
      #expect(some.output.contains("only what has not changed since is known"))
      let none = try await Run.regie([
        "diff", "--from", "2026-01-01", "--to", "2026-02-01T12:00:00Z", "--server", address,
      ])
      #expect(none.code == 0 && none.output.contains("Rien ne diffère."), "\(none)")
      let asked = stub.requests.map { $0.query.removingPercentEncoding ?? "" }
      #expect(stub.requests.allSatisfy { $0.path == "/api/v1/offer/diff" })
      #expect(asked.first?.contains("from=2026-01-01T00:00:00Z") == true)
      #expect(asked.last?.contains("to=2026-02-01T12:00:00Z") == true)
    }
  }

  @Test func `versions say what happened, when and by whom, and need a name`() async throws {
    let version = ResourceVersionView(
      number: 7, change: .changed, operator: "dtnum", principal: "key:12", at: Self.moment,
      resource: try Samples.resource(Samples.operatorYAML))
    try await StubService.with { _ in
      try .init(ListView(items: [version], next: nil))
    } _: { stub, address in
      let run = try await Run.regie(["get", "operators", "dtnum", "--history", "--lang", "en", "--server", address])
      #expect(run.code == 0 && run.output.contains("7") && run.output.contains("changed"), "\(run)")
      #expect(run.output.contains("key:12"))
      #expect(stub.requests.map(\.path).first?.hasPrefix("/api/v1/operators/dtnum/history") == true)
      #expect(try await Run.regie(["get", "operators", "--history", "--server", address]).code == 64)
    }
  }

  @Test func `what is said of a qualification is sent, and what has become of it is shown`() async throws {
    let qualification = RegionSpec.Qualification(
      name: "HDS", validUntil: CalendarDay("2030-01-01"), evidence: .init(reference: "certificat 12"))
    let view = QualificationView(
      id: "0f", region: "nord", operator: "dtnum", qualification: qualification,
      verdict: QualificationVerdict(qualification, .acknowledged, operator: "anfsi", at: Self.moment),
      standing: .acknowledged, withReason: true)
    try await StubService.with { request in
      request.method == "GET" ? try .init(ListView(items: [view], next: nil)) : try .init(view)
    } _: { stub, address in
      for arguments in [
        ["list", "--region", "nord", "--standing", "pending"], ["acknowledge", "0f", "--operator", "anfsi"],
        ["refuse", "0f", "--reason", "suspendu"],
      ] {
        let run = try await Run.regie(["qualification"] + arguments + ["--server", address])
        #expect(run.code == 0 && run.output.contains("acknowledged  anfsi    certificat 12"), "\(run)")
      }
      #expect(
        stub.requests.map { "\($0.method) \($0.path)" } == [
          "GET /api/v1/qualifications", "POST /api/v1/qualifications/0f/acknowledge",
          "POST /api/v1/qualifications/0f/refuse",
        ])
      #expect(stub.requests.first?.query.contains("standing=pending") == true)
      #expect(try await Run.regie(["qualification", "refuse", "0f", "--server", address]).code == 64)
    }
  }
}

private enum Offered {
  static func offer(cpu: Int64) -> Offer {
    Offer(
      clusters: [
        Resource(
          "c1",
          ClusterSpec(zone: "z", dataCenters: [], stages: ["dev"], capacity: ResourceList(cpu: Quantity(cpu))))
      ])
  }
}
