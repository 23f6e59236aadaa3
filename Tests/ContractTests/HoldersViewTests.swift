import Model
import Placement
import Testing

@testable import Contract

/// Those who hold what is short, in words.
struct HoldersViewTests {
  private static func reason(_ resource: String, cluster: String? = nil) -> Reason {
    var parameters = ["resource": resource, "short": "1", "needed": "3", "free": "2", "committed": "8", "limit": "10"]
    parameters["cluster"] = cluster
    return Reason(.capacityShort, parameters)
  }

  private static func holders(_ amounts: [String], others: Int = 0, amount: String = "0") -> HoldersView {
    HoldersView(
      largest: amounts.enumerated().map { number, amount in
        .init(project: "p\(number)", environment: "prod", replica: number, amount: amount)
      }, others: others, othersAmount: amount)
  }

  private static func told(
    _ resource: String, _ holders: HoldersView, _ language: Language
  ) throws -> ExplanationView.ReasonView {
    var view = ExplanationView.ReasonView(reason(resource), language)
    let shortage = try #require(view.shortage(of: "nord-1"))
    view.tell([shortage: holders], of: "nord-1", language)
    return view
  }

  @Test func `where nobody was asked that is said`() throws {
    #expect(try Self.told("cpu", .omitted, .fr).sentence.hasSuffix(". À qui : non recherché ici."))
    #expect(try Self.told("cpu", .omitted, .en).sentence.hasSuffix(". To whom: not looked up here."))
  }

  @Test func `they are named with what they hold, and the others are counted`() throws {
    for (resource, holders, french, english) in [
      ("cpu", Self.holders(["12"]), "12 à p0/prod.", "12 to p0/prod."),
      (
        "cpu", Self.holders(["12", "500m"], others: 1, amount: "100m"),
        "12 à p0/prod, 500m à p1/prod (réplique 1), 100m à un autre.",
        "12 to p0/prod, 500m to p1/prod (replica 1), 100m to another one."
      ),
      (
        "memory", Self.holders(["185542587187"], others: 3, amount: "4Gi"), "172,8Gi à p0/prod, 4Gi à 3 autres.",
        "172.8Gi to p0/prod, 4Gi to 3 others."
      ),
    ] {
      let plain = ExplanationView.ReasonView(Self.reason(resource), .fr).sentence
      let view = try Self.told(resource, holders, .fr)
      #expect(view.sentence == "\(plain) Promis à ce jour : \(french)" && view.holders == holders)
      #expect(try Self.told(resource, holders, .en).sentence.hasSuffix(" Committed now: \(english)"))
    }
  }

  @Test func `where nobody holds any, or another thing is short, nothing is said`() throws {
    let plain = ExplanationView.ReasonView(Self.reason("cpu"), .fr)
    #expect(try Self.told("cpu", Self.holders([]), .fr) == plain)
    var view = plain
    let shortage = try #require(view.shortage(of: "nord-1"))
    view.tell([shortage: Self.holders(["1"])], of: "nord-2", .fr)
    #expect(view == plain)
    #expect(plain.shortage(of: nil) == nil, "no cluster is known")
    #expect(ExplanationView.ReasonView(Self.reason("cpu", cluster: "nord-1"), .fr).shortage(of: nil) == shortage)
    #expect(ExplanationView.ReasonView(Self.reason("slots"), .fr).shortage(of: "nord-1") == nil)
    let other = Reason(.capacityNeverFits, Self.reason("cpu").parameters)
    #expect(ExplanationView.ReasonView(other, .fr).shortage(of: "nord-1") == nil)
  }
}
