import Foundation
import Model
import Placement
import Testing

@testable import Policy

/// What one offer says that another does not, and to whom it is told.
struct OfferDifferenceTests {
  private static let everywhere = Audience(organisations: ["*"], scopes: AudienceScope.allCases)

  private struct Sample {
    var region = RegionSpec(
      operator: "dtnum", location: .init(country: "FR"), dataCenters: [.init(name: "dc1"), .init(name: "dc2")],
      qualifications: [.init(name: "HDS", validFrom: CalendarDay("2026-01-01"), validUntil: CalendarDay("2026-12-31"))],
      services: [.init(name: "s3"), .init(name: "postgresql", version: "16")], audience: everywhere)
    var sensitivity = Sensitivity.usuel
    var slug = "nord"
    var git: ZoneSpec.GitRepository?
    var cluster: ClusterSpec? = ClusterSpec(
      zone: "nord-z", dataCenters: ["dc1"], stages: ["dev", "prod"],
      capacity: ResourceList(cpu: Quantity(64), memory: Quantity("256Gi")), console: .init(label: "Nord"))
    var labels: [String: String] = [:]
    var representatives: [OperatorSpec.Representative] = []
    var contact: String?

    var state: OfferState {
      let cluster = cluster.map { spec in
        Resource(metadata: Metadata(name: "nord-1", labels: labels), spec: spec)
      }
      return OfferState(
        Offer(
          operators: [
            Resource("autre", OperatorSpec(displayName: "Autre")),
            Resource(
              "dtnum", OperatorSpec(displayName: "DTNUM", representatives: representatives, contact: contact)),
          ], regions: [Resource("nord", region)],
          zones: [Resource("nord-z", ZoneSpec(region: "nord", sensitivity: sensitivity, slug: slug, git: git))],
          clusters: [cluster].compactMap(\.self)))
    }
  }

  private static func entries(
    _ reach: CapacityReach = .everything, before: (inout Sample) -> Void = { _ in }, _ change: (inout Sample) -> Void
  ) -> [OfferDifference.Entry] {
    var (old, new) = (Sample(), Sample())
    before(&old)
    before(&new)
    change(&new)
    return OfferDifference(from: old.state, to: new.state, reach: reach).entries
  }

  private static let stranger = CapacityReach.own(operators: ["autre"])
  private static let owner = CapacityReach.own(operators: ["dtnum"])

  @Test func `another order, another spelling and what holds anyway are no difference`() {
    let entries = Self.entries { sample in
      sample.region.dataCenters.reverse()
      sample.region.services.reverse()
      sample.cluster?.stages.reverse()
      sample.cluster?.capacity.cpu = Quantity("64000m")
      sample.cluster?.capacitySource = .declared
    }
    #expect(entries.isEmpty)
  }

  @Test func `what reads alike when it is put together is a difference, and another spelling of a branch is none`() {
    func fields(_ before: (inout Sample) -> Void, _ after: (inout Sample) -> Void) -> [String] {
      var (old, new) = (Sample(), Sample())
      before(&old)
      after(&new)
      return OfferDifference(from: old.state, to: new.state, reach: .everything).entries.flatMap(\.fields).map(\.field)
    }
    let url = "https://git.example/z"
    let folder = fields({ $0.git = .init(url: url, path: "a") }) { $0.git = .init(url: url, branch: "a") }
    #expect(folder == ["git"])
    let spelling = fields({ $0.git = .init(url: url) }) { $0.git = .init(url: url, branch: "main") }
    #expect(spelling.isEmpty)
    let networks = fields({ $0.region.interconnections = ["RIE", "X"] }) { $0.region.interconnections = ["RIE, X"] }
    #expect(networks == ["interconnections"])
  }

  @Test func `what has changed is told field by field, in both languages`() throws {
    let entries = Self.entries { sample in
      sample.cluster?.capacity.cpu = Quantity(32)
      sample.region.services.append(.init(name: "gpu"))
      sample.region.qualifications[0].validUntil = CalendarDay("2027-12-31")
    }
    #expect(entries.map(\.part) == [.region, .cluster] && entries.allSatisfy { $0.change == .changed })
    #expect(entries[0].fields.map(\.field) == ["qualifications", "services"])
    #expect(
      entries[0].sentence.fr == "La région « nord » change : "
        + "qualifications : HDS (2026-01-01–2026-12-31) → HDS (2026-01-01–2027-12-31) ; "
        + "services : postgresql 16, s3 → gpu, postgresql 16, s3.")
    #expect(
      entries[1].sentence
        == LocalizedText(
          fr: "Le cluster « nord-1 » change : capacité déclarée, CPU : 64 → 32.",
          en: "The cluster “nord-1” changes: declared capacity, CPU: 64 → 32."))
  }

  @Test func `what comes and goes is told with all that it says, and its zone counts it`() throws {
    let gone = Self.entries { $0.cluster = nil }
    #expect(gone.map(\.part) == [.zone, .cluster] && gone.map(\.change) == [.changed, .removed])
    #expect(gone[0].fields.map(\.field) == ["shared"])
    #expect(gone[1].sentence.fr.hasPrefix("Le cluster « nord-1 » est retiré : "))
    let come = Self.entries(before: { $0.cluster = nil }) { $0.cluster = Sample().cluster }
    #expect(come.map(\.change) == [.changed, .added])
    #expect(come[1].fields.contains { $0.field == "capacity.memory" && $0.after.fr == "256Gi" })
  }

  @Test func `what is published of a shared cluster is told to everybody`() {
    for reach in [Self.stranger, Self.owner, .everything] {
      let shrunk = Self.entries(reach) { $0.cluster?.capacity.cpu = Quantity(32) }
      #expect(shrunk.map(\.part) == [.cluster] && shrunk.map(\.change) == [.changed])
      #expect(shrunk.map { $0.fields.map(\.field) } == [["capacity.cpu"]])
      let gone = Self.entries(reach) { $0.cluster = nil }
      #expect(gone.map(\.part) == [.zone, .cluster] && gone.map(\.change) == [.changed, .removed])
    }
  }

  @Test func `a qualification is told with the days that it has`() {
    let day = (CalendarDay("2026-01-01"), CalendarDay("2026-12-31"))
    let entries = Self.entries { sample in
      sample.region.qualifications = [
        .init(name: "SecNumCloud", validFrom: day.0), .init(name: "HDS", validUntil: day.1), .init(name: "ISO"),
      ]
    }
    #expect(entries.map { $0.fields.map(\.field) } == [["qualifications"]])
    #expect(entries.first?.fields.first?.before.fr == "HDS (2026-01-01–2026-12-31)")
    #expect(entries.first?.fields.first?.after.fr == "HDS (…–2026-12-31), ISO, SecNumCloud (2026-01-01–…)")
  }

  /// Each is an operator's own affair: changed alone, nobody else is told anything at all.
  @Test(
    arguments: [
      "labels", "taints", "data centres", "representatives", "mode", "projects", "contact", "repository", "evidence",
      "a cluster's taints", "a cluster's data centres", "what capacity goes by", "the console's identifier",
    ])
  func `what an operator keeps to itself is told to itself and whoever sees everything`(what: String) {
    func change(_ sample: inout Sample) {
      switch what {
      case "labels": sample.labels = ["a": "b"]
      case "taints": sample.region.taints = [Taint(key: "gpu", effect: .noPlacement)]
      case "data centres": sample.region.dataCenters[0].name = "dc9"
      case "representatives": sample.representatives = [.init(group: "/g"), .init(subject: "jeanne")]
      case "mode": sample.cluster?.mode = .adopt
      case "contact": sample.contact = "astreinte"
      case "repository": sample.git = .init(url: "https://git.example/z")
      case "evidence": sample.region.qualifications[0].evidence = .init(reference: "décision 2026-12")
      case "a cluster's taints": sample.cluster?.taints = [Taint(key: "gpu", effect: .noPlacement)]
      case "a cluster's data centres": sample.cluster?.dataCenters = ["dc2"]
      case "what capacity goes by": sample.cluster?.capacitySource = .measured
      case "the console's identifier": sample.cluster?.console?.id = UUID()
      default: sample.cluster?.projects = ["vigie"]
      }
    }
    #expect(Self.entries(Self.stranger, change).isEmpty)
    for reach in [CapacityReach.everything, Self.owner] {
      let entries = Self.entries(reach, change)
      #expect(entries.count == 1 && entries[0].change == .changed, "\(what)")
      #expect(!entries[0].sentence.fr.contains("jeanne"), "a person is nobody's difference")
    }
  }

  @Test func `of the people who speak for an operator it is told how many there are, and not of its groups`() {
    func appoint(_ sample: inout Sample) {
      sample.representatives = [.init(group: "/g"), .init(subject: "jeanne"), .init(subject: "marie")]
    }
    let come = Self.entries(Self.owner, appoint)
    #expect(come.map(\.part) == [.operator] && come.map(\.name) == ["dtnum"])
    #expect(come.first?.fields.map(\.field) == ["representatives", "people"])
    #expect(come.first?.fields.last.map { [$0.before.fr, $0.after.fr] } == ["0", "2"])
    #expect(come.first?.sentence.fr.hasSuffix(" ; personnes représentantes : 0 → 2.") == true)
    let gone = Self.entries(Self.owner, before: appoint) { $0.representatives = [] }
    #expect(gone.first?.fields.last.map { [$0.before.fr, $0.after.fr] } == ["2", "0"])
  }

  @Test(arguments: [true, false])
  func `of a DR zone and of a dedicated cluster others are told how many there are, and nothing of them`(isDR: Bool) {
    func hide(_ sample: inout Sample) {
      if isDR { sample.sensitivity = .restricted } else { sample.cluster?.privacy = .dedicated }
    }
    func shrink(_ sample: inout Sample) { sample.cluster?.capacity.cpu = Quantity(1) }
    #expect(Self.entries(Self.stranger, before: hide, shrink).isEmpty)
    let gone = Self.entries(Self.stranger, before: hide) { $0.cluster = nil }
    #expect(gone.map(\.part) == [.zone] && gone[0].fields.map(\.field) == [isDR ? "shared" : "dedicated"])
    #expect(Self.entries(Self.owner, before: hide, shrink).map(\.part) == [.cluster])
  }

  @Test func `a cluster of a zone that is not there is nobody's own, and told to who sees everything alone`() {
    func lose(_ sample: inout Sample) { sample.cluster?.zone = "nowhere" }
    func shrink(_ sample: inout Sample) { sample.cluster?.capacity.cpu = Quantity(1) }
    for reach in [Self.stranger, Self.owner] {
      #expect(Self.entries(reach, before: lose, shrink).isEmpty)
    }
    #expect(Self.entries(.everything, before: lose, shrink).map(\.part) == [.cluster])
  }

  @Test func `what changes hands is told whole to nobody but who sees everything`() {
    func sell(_ sample: inout Sample) {
      sample.region.operator = "autre"
      sample.region.taints = [Taint(key: "gpu", effect: .noPlacement)]
    }
    for reach in [Self.owner, Self.stranger] {
      #expect(Self.entries(reach, sell).map { $0.fields.map(\.field) } == [["operator"]])
    }
    #expect(Self.entries(.everything, sell).map { $0.fields.map(\.field) } == [["operator", "taints"]])
  }
}
