import Model
import Placement
import Testing

@testable import Policy

/// What the present offer shows of a policy, and what it does not show.
struct OfferFindingTests {
  private static let day = CalendarDay("2026-11-23")!

  /// One region with two clusters of different ranks, and as many as are asked for that have none.
  private static func offer(bare: Int = 0) -> Offer {
    let names = ["idf-1", "idf-2"] + (0..<bare).map { "bare-\($0)" }
    let known = ImpactTests.Country(["idf": names]).offer
    var clusters = known.clusters
    for index in clusters.indices {
      switch clusters[index].name {
      case "idf-1": clusters[index].metadata.labels["rank"] = "1"
      case "idf-2": clusters[index].metadata.labels["rank"] = "2"
      default: break
      }
    }
    return Offer(
      operators: known.operators, regions: known.regions, zones: known.zones, clusters: clusters, chains: known.chains)
  }

  private static func found(_ code: FindingCode, _ rules: [PolicySpec.Rule], on offer: Offer) -> [Finding] {
    PolicyValidator.findings(in: policy(rules), on: offer, day: day).filter { $0.code == code }
  }

  @Test func `two rules that leave no place are found wherever they stand among others`() {
    for position in 0..<6 {
      var rules = (0..<7).map { rule("idf-\($0)", .require, all(.among("region.name", "idf"))) }
      rules[position] = rule("first", .require, all(.among("cluster.label/rank", "1")))
      rules[position + 1] = rule("second", .require, all(.among("cluster.name", "idf-2")))
      let found = Self.found(.contradiction, rules, on: Self.offer())
      #expect(found.map(\.path) == ["spec.rules[\(position + 1)]"], "\(position)")
      #expect(found.map(\.kind) == [.onPresentOffer] && found.map(\.severity) == [.error], "\(position)")
    }
  }

  @Test func `a contradiction that the text shows is not told again on the offer`() {
    let rules = ["idf-1", "idf-2"].map { rule($0, .require, all(.among("cluster.name", $0))) }
    #expect(Self.found(.contradiction, rules, on: Self.offer()).map(\.kind) == [.textual])
  }

  @Test func `a chain delivers to no zone whose region is not on the offer`() {
    let known = Self.offer()
    let lost = Offer(
      operators: known.operators, zones: known.zones, clusters: known.clusters, chains: known.chains)
    #expect(Self.found(.unusableChain, [], on: known) == [])
    #expect(Self.found(.unusableChain, [], on: lost).map(\.path) == [""])
  }

  @Test func `of what escapes a rule five are named, and others counted where there are more`() {
    let rules = [rule("ranks", .forbid, all(.among("cluster.label/rank", "1")))]
    let five = "bare-0, bare-1, bare-2, bare-3, bare-4"
    for (bare, told) in [(1, "bare-0"), (5, five), (6, "\(five) and 1 more")] {
      #expect(
        Self.found(.labelLeftOut, rules, on: Self.offer(bare: bare)).map(\.message.en) == [
          "Rule “ranks” does not forbid what lacks its label: \(told)."
        ])
    }
  }
}
