import Contract
import Events
import Foundation
import Model
import Placement
import Testing

@testable import CLI
@testable import Policy

/// `regie capacity` and `regie offer`: what people read, and what is asked of the service.
@Suite(.timeLimit(.minutes(3)))
struct CapacityTextTests {
  private static func cluster(
    _ name: String, committed: Int64, zone: String = "r1-usuel"
  ) -> ClusterCapacity {
    let amounts = ResourceAmounts(cpu: committed, memory: 4 << 30)
    return ClusterCapacity(
      cluster: name, zone: zone, region: "idf", operator: "dtnum", sensitivity: .usuel, privacy: .public,
      figures: CapacityFigures(
        declared: ResourceAmounts(cpu: 10_000, memory: 16 << 30),
        limit: ResourceAmounts(cpu: 9000, memory: 16 << 30), committed: amounts, reserved: ResourceAmounts(),
        isDedicated: false),
      stages: [
        .init(
          stage: "prod", limit: ResourceAmounts(cpu: 8000, memory: 16 << 30), committed: ResourceAmounts(), all: amounts
        )
      ], placements: 1, reporting: 0)
  }

  private static let report = CapacityReportView(
    CapacityReport([cluster("a", committed: 4500), cluster("b", committed: 9500)], reach: .everything),
    differences: [
      .init(LedgerDifference(cluster: "b", resource: .cpu, ledger: 9500, held: 9000), foundAt: Samples.at)
    ], policyVersion: 3, day: CalendarDay("2026-11-23")!, asOf: Samples.at)

  private static let fits = fits(isStale: false)
  private static let staleFits = fits(isStale: true)

  private static func fits(isStale: Bool) -> CapacityFitsView {
    CapacityFitsView(
      FitQuestion(dataClass: "usuelle", stage: "prod"),
      sizes: [
        .init(
          FitAnswer(
            size: EnvironmentSize.known[0], count: 2, isMore: false,
            places: [.init(cluster: "a", zone: "r1-usuel", region: "idf", operator: "dtnum", count: 2)]), withheld: 0)
      ], policyVersion: 3, asOf: Samples.at, isStale: isStale)
  }

  private static let history = CapacityHistoryView(
    days: (1...8).map { day in
      CapacityHistoryView.Day(
        day: CalendarDay(year: 2026, month: 11, day: day)!, clusters: 1, declared: ResourceAmounts(cpu: 20_000),
        limit: ResourceAmounts(cpu: 20_000), committed: ResourceAmounts(cpu: Int64(day) * 1000),
        reserved: ResourceAmounts(), used: nil)
    },
    alike: Dictionary(
      uniqueKeysWithValues: (1...8).map { day in
        (CalendarDay(year: 2026, month: 11, day: day)!, ResourceAmounts(cpu: Int64(day) * 1000))
      }),
    today: CalendarDay("2026-11-08")!)

  private func withService(_ body: @Sendable (StubService, String) async throws -> Void) async throws {
    try await StubService.with(
      { request in
        switch request.path {
        case "/api/v1/capacity": try StubService.Answer(Self.report)
        case "/api/v1/capacity:fits": try StubService.Answer(Self.fits)
        case "/api/v1/capacity/history": try StubService.Answer(Self.history)
        case "/api/v1/offer/current":
          try StubService.Answer(
            PublicOffer(Offer(), PolicySpec(title: LocalizedText(fr: "Cadre", en: "Frame"), dataClasses: [])))
        case "/api/v1/offer/history":
          try Samples.list(
            OfferPublicationView(number: 1, digest: "ab", policyVersion: 3, publishedAt: Samples.at))
        default: try StubService.Answer(Problem(status: 404, .notFound, title: "Introuvable", detail: request.path))
        }
      }, body)
  }

  private static let texts: [([String], String, String)] = [
    (
      ["capacity", "--region", "idf"], "region=idf",
      """
      LIEU           CPU         MÉMOIRE  GPU  STOCKAGE  PODS  LIBRE (CPU)  LIBRE (MÉMOIRE)  TAUX
      a              4500m/9     4/16 Gi  0/0  0/0 Gi    0/0   4500m        12 Gi            50 % (cpu)
      b              9500m/9     4/16 Gi  0/0  0/0 Gi    0/0   0            12 Gi            105 % (cpu)
      zone r1-usuel  14/18       8/32 Gi  0/0  0/0 Gi    0/0   4500m        24 Gi            77 % (cpu)
      region idf     14/18       8/32 Gi  0/0  0/0 Gi    0/0   4500m        24 Gi            77 % (cpu)
      total          14/18       8/32 Gi  0/0  0/0 Gi    0/0   4500m        24 Gi            77 % (cpu)
      ! b, cpu : le registre dit 9500m, les réservations 9

      """
    ),
    (
      ["capacity", "--stage", "prod"], "stage=prod",
      """
      LIEU  CPU      MÉMOIRE  GPU  STOCKAGE  PODS  LIBRE (CPU)  LIBRE (MÉMOIRE)  TAUX
      a     4500m/8  4/16 Gi  0/0  0/0 Gi    0/0   3500m        12 Gi            56 % (cpu)
      b     9500m/8  4/16 Gi  0/0  0/0 Gi    0/0   0            12 Gi            118 % (cpu)
      ! b, cpu : le registre dit 9500m, les réservations 9

      """
    ),
    (
      ["capacity", "--fits", "--data-class", "usuelle", "--stage", "prod"], "dataClass=usuelle&stage=prod",
      """
      TAILLE  CPU  MÉMOIRE  COMBIEN  OÙ
      S       2    4Gi      2        a: 2

      """
    ),
    (
      ["capacity", "--fits", "--data-class", "usuelle", "--stage", "prod", "--audience", "interministerial"]
        + ["--replicas", "2", "--distinct", "region"],
      "dataClass=usuelle&stage=prod&audience=interministerial&replicas=2&distinct=region",
      "TAILLE  CPU  MÉMOIRE  COMBIEN  OÙ\nS       2    4Gi      2        a: 2\n"
    ),
    (
      ["offer", "current"], "",
      "Politique : Cadre.\nUn flux réseau est ouvert ou refusé sous 5 jours ouvrés, sauf délai propre à l’opérateur.\n"
    ),
    (["offer", "history"], "", "DEPUIS  POLITIQUE  EMPREINTE\n\(Samples.at)  3          ab\n"),
  ]

  @Test(arguments: texts)
  func `what people read is short, and what is asked is what was meant`(
    arguments: [String], query: String, expected: String
  ) async throws {
    try await withService { service, url in
      let run = try await Run.regie(arguments + ["--server", url])
      #expect(run.code == 0, "\(run.output)")
      // Columns are as wide as they have to be: what counts is what stands in them.
      func words(_ text: String) -> [[Substring]] { text.split(separator: "\n").map { $0.split(separator: " ") } }
      #expect(words(run.output) == words(expected))
      #expect(service.requests.map(\.query) == [query])
    }
  }

  @Test func `a cluster of some projects' own is as full as what is declared for it says, of one stage too`() {
    var cluster = Self.cluster("a", committed: 4500)
    cluster.privacy = .dedicated
    let view = CapacityReportView(
      CapacityReport([cluster], reach: .everything), differences: [], policyVersion: 3,
      day: CalendarDay("2026-11-23")!, asOf: Samples.at)
    let text = CapacityText.report(view, stage: "prod", .fr)
    #expect(text.hasSuffix("45 % (cpu)"), "\(text)")
  }

  @Test func `the last line of a history says when nothing is left`() async throws {
    try await withService { service, url in
      let run = try await Run.regie(["capacity", "--history", "--days", "8", "--server", url])
      #expect(run.output.hasSuffix("cpu: épuisé le 2026-11-20 à ce rythme\n"), "\(run.output)")
      #expect(service.requests.map(\.query) == ["days=8"])
    }
  }

  @Test func `an answer from before the database went away is told as one`() async throws {
    try await StubService.with(
      { request in
        var answer =
          request.path == "/api/v1/capacity:fits"
          ? try StubService.Answer(Self.staleFits) : try StubService.Answer(PublicOffer(Offer(), nil))
        answer.isStale = true
        return answer
      },
      { _, url in
        let fits = ["capacity", "--fits", "--data-class", "usuelle", "--stage", "prod"]
        for (arguments, wanted) in [
          (fits, "État du \(Samples.at) ; la base de données ne répond pas"),
          (fits + ["--lang", "en"], "As of \(Samples.at); the database does not answer"),
          (["offer", "current", "--lang", "en"], "regie: the database does not answer: what was known last"),
        ] {
          let run = try await Run.regie(arguments + ["--server", url])
          #expect(run.code == 0 && run.output.contains(wanted), "\(run.output)")
        }
      })
  }

  @Test(arguments: [
    ["--fits"], ["--fits", "--history", "--data-class", "a", "--stage", "prod"], ["--days", "3"],
    ["--history", "--stage", "prod"], ["--organisation", "mi"],
    ["--fits", "--data-class", "a", "--stage", "prod", "--zone", "z"], ["--audience", "ministerial"],
    ["--distinct", "zone"], ["--fits", "--data-class", "a", "--stage", "prod", "--distinct", "planet"],
  ])
  func `what would be passed over in silence is refused`(arguments: [String]) async throws {
    let run = try await Run.regie(["capacity"] + arguments + ["--server", "http://127.0.0.1:1"])
    #expect(run.code == 64, "\(run.output)")
  }
}
