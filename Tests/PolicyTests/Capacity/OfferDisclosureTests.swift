import Model
import Placement
import Testing

@testable import Policy

/// What somebody is told of the resources on offer (protocol rule 6).
struct OfferDisclosureTests {
  private static let zones: [String: OfferDisclosure.Place] = [
    "nord-u": .init(sensitivity: .usuel, operator: "dtnum"),
    "nord-dr": .init(sensitivity: .restricted, operator: "dtnum"),
    "lost-u": .init(sensitivity: .usuel, operator: nil),
  ]

  private static let everything = CapacityReach.everything
  private static let owner = CapacityReach.own(operators: ["dtnum"])
  private static let stranger = CapacityReach.own(operators: ["autre"])

  private static func disclosure(_ reach: CapacityReach) -> OfferDisclosure {
    OfferDisclosure(reach: reach, zones: zones)
  }

  private static func zone(
    _ name: String, _ sensitivity: Sensitivity, git: ZoneSpec.GitRepository? = .init(url: "https://git.example/z")
  ) -> Resource<ZoneSpec> {
    let metadata = Metadata(name: name, labels: ["rank": "1"], annotations: ["who": "jeanne"])
    var zone = Resource(
      metadata: metadata, spec: ZoneSpec(region: "nord", sensitivity: sensitivity, slug: "nord", git: git))
    (zone.metadata.generation, zone.metadata.resourceVersion) = (3, "7")
    return zone
  }

  private static func cluster(_ zone: String, _ privacy: ClusterSpec.Privacy) -> Resource<ClusterSpec> {
    Resource(
      "c", ClusterSpec(zone: zone, dataCenters: ["a"], privacy: privacy, stages: ["prod"], capacity: ResourceList()))
  }

  private static func oneOperator() -> Resource<OperatorSpec> {
    var one = Resource("dtnum", OperatorSpec(displayName: "DTNUM", representatives: [.init(subject: "jeanne")]))
    (one.metadata.generation, one.metadata.resourceVersion) = (3, "7")
    return one
  }

  @Test func `zones, clusters and operators are the kinds of which not everybody is told everything`() {
    #expect(Kind.allCases.filter { OfferDisclosure.concerns($0) } == [.operator, .zone, .cluster])
  }

  @Test func `who runs a zone, and who sees everything, is told all of it`() throws {
    for (name, sensitivity) in [("nord-u", Sensitivity.usuel), ("nord-dr", .restricted)] {
      let zone = AnyResource.zone(Self.zone(name, sensitivity))
      for reach in [Self.owner, Self.everything] {
        let told = try #require(Self.disclosure(reach).told(zone))
        #expect(told.resource == zone && told.withheld == [], "\(name)")
      }
    }
    let unknown = AnyResource.zone(Self.zone("gone-u", .usuel))
    let told = try #require(Self.disclosure(Self.everything).told(unknown))
    #expect(told.resource == unknown && told.withheld == [])
  }

  @Test func `others are told nothing of a zone's repository, nor of a DR zone's marks, nor how often either changes`()
    throws
  {
    let marks = ["metadata.annotations", "metadata.labels"]
    for (name, sensitivity) in [
      ("nord-u", Sensitivity.usuel), ("nord-dr", .restricted), ("lost-u", .usuel), ("gone-u", .usuel),
    ] {
      let isDR = sensitivity == .restricted
      // What is withheld does not depend on what there is of it.
      for git in [ZoneSpec.GitRepository(url: "https://git.example/z"), nil] {
        let told = try #require(
          Self.disclosure(Self.stranger).told(.zone(Self.zone(name, sensitivity, git: git))))
        var expected = Self.zone(name, sensitivity, git: nil)
        if isDR { (expected.metadata.labels, expected.metadata.annotations) = ([:], [:]) }
        (expected.metadata.generation, expected.metadata.resourceVersion) = (nil, nil)
        #expect(told.resource == .zone(expected), "\(name)")
        #expect(told.withheld == ["spec.git"] + (isDR ? marks : []), "\(name)")
      }
    }
  }

  /// By zone and privacy, whether a cluster is told to others, to its operator, and to who sees everything.
  @Test(
    arguments: [
      ("nord-u", .public, [true, true, true]), ("nord-u", .dedicated, [false, true, true]),
      ("nord-dr", .public, [false, true, true]), ("nord-dr", .dedicated, [false, true, true]),
      ("lost-u", .public, [true, true, true]), ("lost-u", .dedicated, [false, false, true]),
      ("gone-u", .public, [false, false, true]),
    ] as [(String, ClusterSpec.Privacy, [Bool])])
  func `a cluster is told whole or not at all`(zone: String, privacy: ClusterSpec.Privacy, isTold: [Bool]) {
    let cluster = Self.cluster(zone, privacy)
    for (reach, whole) in zip([Self.stranger, Self.owner, Self.everything], isTold) {
      let told = Self.disclosure(reach).told(.cluster(cluster))
      let (resource, withheld): (AnyResource?, [String]?) = whole ? (.cluster(cluster), []) : (nil, nil)
      #expect(told?.resource == resource && told?.withheld == withheld, "\(reach)")
      let hidden = Self.disclosure(reach).hidden(of: Offer(clusters: [cluster]))
      #expect(hidden == (whole ? [] : ["c"]), "\(reach)")
    }
  }

  @Test func `who speaks for an operator is told to itself and to who sees everything`() throws {
    let one = AnyResource.operator(Self.oneOperator())
    for reach in [Self.owner, Self.everything] {
      let told = try #require(Self.disclosure(reach).told(one))
      #expect(told.resource == one && told.withheld == [])
    }
    var bare = Self.oneOperator()
    bare.spec.representatives = []
    (bare.metadata.generation, bare.metadata.resourceVersion) = (nil, nil)
    for reach in [Self.stranger, .own(operators: [])] {
      let told = try #require(Self.disclosure(reach).told(one))
      #expect(told.resource == .operator(bare) && told.withheld == ["spec.representatives"])
    }
  }
}
