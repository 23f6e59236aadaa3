import Foundation
import Model
import Placement
import Testing

@testable import Policy

/// What an impact counts, where one count might pass for another.
struct ImpactCountTests {
  private static let notIDF = rule("not-idf", .forbid, all(.among("region.name", "idf")))
  private static let notARA = rule("not-ara", .forbid, all(.among("region.name", "ara")))

  @Test func `what complies again is counted, and not what goes on not to comply`() {
    var country = ImpactTests.Country(["ara": ["ara-1"], "idf": ["idf-1"]])
    country.add("a", at: "idf-1")
    country.add("b", at: "idf-1")
    country.add("c", at: "ara-1")
    let both = policy([Self.notIDF, Self.notARA])
    let summary = country.impact(of: policy([Self.notARA]), instead: both).summary
    #expect(summary.compliantAgain == 2 && summary.alreadyNonCompliant == 1 && summary.nonCompliant == 0)
    let unchanged = country.impact(of: both, instead: both).summary
    #expect(unchanged.compliantAgain == 0 && unchanged.alreadyNonCompliant == 3 && unchanged.nonCompliant == 0)
  }

  @Test func `each project that would be best in another region is counted once`() {
    var country = ImpactTests.Country(["ara": ["ara-1"], "idf": ["idf-1"]])
    country.add("a", cpu: 1, at: "idf-1")
    country.add("b", cpu: 1, at: "idf-1")
    country.add("c", cpu: 1, at: "ara-1")
    var wish = rule("ara-first", .prefer, all(.among("region.name", "ara")))
    wish.weight = 10
    var (present, proposed) = (policy(), policy([wish]))
    // What staying is worth would be more than the wish.
    (present.scoring, proposed.scoring) = (.init(stickiness: 1), .init(stickiness: 1))
    let impact = country.impact(of: proposed, instead: present)
    #expect(impact.regionChanges.map(\.project) == ["a", "b"] && impact.summary.regionChanges == 2)
    #expect(country.impact(of: proposed, instead: proposed).summary.regionChanges == 0)
  }

  @Test func `what stays on a cluster that drains has its place, though there would be none if it were free to move`() {
    var country = ImpactTests.Country(["idf": ["idf-1"]])
    country.add("a", at: "idf-1")
    let known = country.offer
    let clusters = known.clusters.map { cluster in
      var draining = cluster
      draining.spec.state = .draining
      return draining
    }
    country.offer = Offer(
      operators: known.operators, regions: known.regions, zones: known.zones, clusters: clusters, chains: known.chains)
    let lost = country.impact(of: policy([Self.notIDF]))
    #expect(lost.summary.noLongerPlaceable == 1 && lost.unplaceable.map(\.project) == ["a"])
    #expect(lost.summary.placeableAgain == 0 && lost.summary.nonCompliant == 1)
    let back = country.impact(of: policy(), instead: policy([Self.notIDF]))
    #expect(back.summary.placeableAgain == 1 && back.summary.noLongerPlaceable == 0 && back.unplaceable.isEmpty)
  }
}
