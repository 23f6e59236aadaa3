import Foundation
import Model
import Testing

@testable import Policy

/// What the public document says of the policy's classes of data.
struct PublicOfferPolicyTests {
  private typealias Sample = PublicOfferTests.Sample

  @Test func `where data has to stay is told, be it by countries, by subdivisions or by both`() throws {
    let places: [(countries: [String], subdivisions: [String])] = [
      (["FR", "DE"], []), ([], ["FR-IDF", "FR-ARA"]), (["FR"], ["FR-IDF"]),
    ]
    for (countries, subdivisions) in places {
      var sample = Sample()
      sample.policy.dataClasses[0].residency = ProjectSpec.Residency(countries: countries, subdivisions: subdivisions)
      let policy = try #require(sample.document.policy)
      let expected = ProjectSpec.Residency(countries: countries.sorted(), subdivisions: subdivisions.sorted())
      #expect(policy.dataClasses.map(\.residency) == [expected, nil])
    }
  }

  @Test func `classes that demand the same have the same bytes, in whatever order and however often they say it`() {
    var sample = Sample()
    sample.policy.dataClasses[0].qualifications = ["HDS", "SecNumCloud", "HDS"]
    sample.policy.dataClasses[0].residency = ProjectSpec.Residency(countries: ["DE", "FR", "DE"])
    sample.policy.dataClasses[1].requires = LabelSelector()
    sample.policy.dataClasses[1].residency = ProjectSpec.Residency()
    #expect(sample.document == Sample().document)
  }

  /// Where this fails because sentences were changed on purpose, the form is another one: ``PublicOffer/currentForm``.
  @Test func `people read which qualifications a class demands, and nothing of them where it demands none`() {
    let summary = Sample().document.summary
    #expect(
      summary.fr.filter { $0.hasPrefix("Données") } == [
        "Données « personal » : zone usuel au moins ; exige HDS, SecNumCloud.",
        "Données « restricted » : zone DR au moins.",
      ])
    #expect(
      summary.en.filter { $0.hasPrefix("Data") } == [
        "Data “personal”: zone usuel at least; demands HDS, SecNumCloud.", "Data “restricted”: zone DR at least.",
      ])
  }

  @Test func `the same offer in other words is the same offer`() throws {
    let document = Sample().document
    var reworded = document
    reworded.summary = PublicOffer.Summary(fr: ["Autrement."], en: ["Otherwise."])
    let (one, other) = (try document.meaning(), try reworded.meaning())
    #expect(one == other && reworded != document)
  }
}
