import Foundation
import Model
import Placement
import Testing

@Suite struct OfferTests {
  private var resources: [AnyResource] {
    let world = World()
    return world.operators.map(AnyResource.operator) + world.regions.map(AnyResource.region)
      + world.zones.map(AnyResource.zone) + world.clusters.map(AnyResource.cluster)
      + world.chains.map(AnyResource.chain) + [AnyResource.project(world.project)]
  }

  @Test("an offer is the resources it is made of, in any order")
  func order() throws {
    let offer = Offer(resources)
    #expect(offer == World().offer)
    #expect(try Offer(resources.reversed()).canonicalBytes() == offer.canonicalBytes())
  }

  @Test("an offer survives its own JSON, and is in order whoever wrote it")
  func coding() throws {
    let offer = World().offer
    let bytes = try offer.canonicalBytes()
    #expect(try ModelJSON.decoder.decode(Offer.self, from: bytes) == offer)
    let shuffled = try JSONSerialization.jsonObject(with: bytes) as? [String: [Any]] ?? [:]
    let reversed = try JSONSerialization.data(withJSONObject: shuffled.mapValues { Array($0.reversed()) })
    #expect(try ModelJSON.decoder.decode(Offer.self, from: reversed) == offer)
  }

  @Test("the canonical bytes leave out what no decision looks at, and nothing else")
  func canonicalBytes() throws {
    var world = World()
    let bytes = try world.offer.canonicalBytes()
    world.clusters[0].metadata.annotations = ["note": "à revoir"]
    world.clusters[0].metadata.uid = UUID()
    world.clusters[0].metadata.resourceVersion = "12"
    world.clusters[0].metadata.creationTimestamp = World.now
    #expect(try world.offer.canonicalBytes() == bytes)
    world.clusters[0].metadata.labels = ["tier": "1"]
    #expect(try world.offer.canonicalBytes() != bytes)
  }

  @Test("what is declared and not acknowledged stands in the bytes where there is some, in one order, and refuses")
  func unacknowledged() throws {
    var world = World()
    let bytes = try world.offer.canonicalBytes()
    world.unacknowledged = [.init(region: "idf", name: "HDS"), .init(region: "ara", name: "HDS")]
    let declared = try world.offer.canonicalBytes()
    #expect(bytes != declared && !String(decoding: bytes, as: UTF8.self).contains("unacknowledged"))
    #expect(try ModelJSON.decoder.decode(Offer.self, from: declared) == world.offer)
    world.unacknowledged = world.unacknowledged.reversed() + world.unacknowledged
    #expect(try world.offer.canonicalBytes() == declared)
    world.policy.dataClasses[0].qualifications = ["HDS"]
    #expect(world.decide().outcome == .unplaceable)
  }

  @Test("of two resources of a kind and name the first counts")
  func duplicates() {
    var world = World()
    world.clusters.append(Resource("ara-1", World.cluster("idf-dr", ["idf-a"])))
    #expect(world.offer == World().offer)
  }

  @Test("requests and decisions survive their JSON; a decision's bytes are the same every time")
  func decisions() throws {
    var world = World()
    world.project.spec.environments.append(World.environment("dev1", "dev", cpu: 400))
    let inputs = try ModelJSON.decoder.decode(
      DecisionInputs.self, from: ModelJSON.encoder.encode(world.inputs))
    #expect(inputs == world.inputs)
    let decision = world.decide()
    let bytes = try decision.canonicalBytes()
    #expect(try ModelJSON.decoder.decode(Decision.self, from: bytes) == decision)
    #expect(try world.decide().canonicalBytes() == bytes)
    #expect(decision.engineVersion == EngineVersion.current && decision.policyVersion == 7)
  }

  @Test("services are selected by name and version, taints by key and value, audiences by organisation and scope")
  func facts() {
    var world = World()
    world.regions[1].spec.services = [
      .init(name: "postgresql", version: "16.4"), .init(name: "postgresql", version: "16.5"), .init(name: "s3"),
    ]
    world.regions[1].spec.taints = [Taint(key: "gpu", value: "yes", effect: .noPlacement)]
    world.clusters[2].spec.taints = [Taint(key: "old", effect: .preferNoPlacement)]
    let place = AttributeCatalogue.place(
      region: world.regions[1], zone: world.zones[2], cluster: world.clusters[2], on: world.day)
    #expect(
      place["region.service"] == [
        "postgresql", "postgresql:16", "postgresql:16.4", "postgresql:16.5", "s3", "s3:?",
      ])
    #expect(place["region.taint"] == ["gpu", "gpu=yes"] && place["cluster.taint"] == ["old"])
    #expect(place["region.audience"] == world.regions[1].spec.audience.scopes.map(\.rawValue))
    #expect(place["region.organisation"] == world.regions[1].spec.audience.organisations)
    #expect(place["region.dataCenter"]?.count == 2 && place["cluster.state"] == ["open"])
    #expect(place["cluster.dataCenters"] == [String(world.clusters[2].spec.dataCenters.count)])
    #expect(AttributeCatalogue.chain(world.chains[0])["chain.audience"]?.isEmpty == false)
  }

  @Test("the values of attributes are those of the names that selectors may use")
  func attributeNames() {
    var world = World()
    world.regions[1].spec.location.city = "Paris"
    world.project.spec.typology = "showcase"
    let place = AttributeCatalogue.place(
      region: world.regions[1], zone: world.zones[2], cluster: world.clusters[2],
      facts: ClusterFacts(
        cluster: "idf-1",
        conformity: Dictionary(uniqueKeysWithValues: ConformityFinding.rules.map { ($0, .enforced) })),
      on: world.day)
    #expect(Set(place.values.keys) == Set(AttributeNames.place.names))
    #expect(place["region.qualification"] == ["SecNumCloud"])
    #expect(place["region.dataCenters"] == ["2"])
    #expect(place["cluster.external"] == ["false"])
    #expect(Set(AttributeCatalogue.chain(world.chains[0]).values.keys) == Set(AttributeNames.chain.names))
    #expect(Set(AttributeCatalogue.project(world.project).values.keys) == Set(AttributeNames.project.names))
    let later = AttributeCatalogue.place(
      region: world.regions[1], zone: world.zones[2], cluster: world.clusters[2], on: World.day("2027-06-01"))
    #expect(later["region.qualification"] == [])
  }
}
