import Events
import Foundation
import Model
import TestSupport
import Testing
import Yams

/// The documents in `docs/bus` say what the code writes, no more and no less.
struct BusDocumentsTests {
  typealias Node = [String: Any]

  static let folder = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
    .appending(path: "../../docs/bus").standardized

  struct Sample: Sendable, CustomTestStringConvertible {
    var type: String
    var minimal: [UInt8]
    var full: [UInt8]
    var file: String { "schemas/\(type.replacing("fr.cloud-pi-native.regie.", with: "")).json" }
    var testDescription: String { type }
  }

  static func samples() throws -> [Sample] {
    [
      Sample(
        type: EventType.desired, minimal: try BusCodec.encode(Samples.minimalDesired),
        full: try BusCodec.encode(Samples.fullDesired)),
      Sample(
        type: EventType.zone, minimal: try BusCodec.encode(Samples.zoneRecord),
        full: try BusCodec.encode(Samples.askingRecord)),
      Sample(
        type: EventType.observed, minimal: try BusCodec.encode(Samples.minimalObserved),
        full: try BusCodec.encode(Samples.fullObserved)),
      Sample(
        type: EventType.agent, minimal: try BusCodec.encode(Samples.minimalStatus),
        full: try BusCodec.encode(Samples.fullStatus)),
      Sample(
        type: EventType.auditAnchor, minimal: try BusCodec.encode(Samples.earlyAnchor),
        full: try BusCodec.encode(Samples.anchor)),
      Sample(
        type: EventType.proposal, minimal: try BusCodec.encode(Samples.openProposal),
        full: try BusCodec.encode(Samples.ratifiedProposal)),
      Sample(
        type: EventType.vote, minimal: try BusCodec.encode(Samples.vote), full: try BusCodec.encode(Samples.vote)),
      Sample(
        type: EventType.comment, minimal: try BusCodec.encode(Samples.comment),
        full: try BusCodec.encode(Samples.comment)),
      Sample(
        type: EventType.policyVersion, minimal: try BusCodec.encode(Samples.awaitedVersion),
        full: try BusCodec.encode(Samples.supersededVersion)),
      Sample(
        type: EventType.finding, minimal: try BusCodec.encode(Samples.openFinding),
        full: try BusCodec.encode(Samples.resolvedFinding)),
      Sample(
        type: EventType.offer, minimal: try BusCodec.encode(Samples.firstOffer),
        full: try BusCodec.encode(Samples.offer)),
      Sample(
        type: EventType.epoch, minimal: try BusCodec.encode(Samples.epoch),
        full: try BusCodec.encode(Samples.epoch)),
      Sample(
        type: EventType.flow, minimal: try BusCodec.encode(Samples.openedFlow),
        full: try BusCodec.encode(Samples.lateFlow)),
      Sample(
        type: EventType.migration, minimal: try BusCodec.encode(Samples.migration),
        full: try BusCodec.encode(Samples.migration)),
      Sample(
        type: EventType.move, minimal: try BusCodec.encode(Samples.plannedMove),
        full: try BusCodec.encode(Samples.blockedMove)),
    ]
  }

  private func json(_ data: Data) throws -> Node {
    try #require(JSONSerialization.jsonObject(with: data) as? Node)
  }

  private func schema(_ sample: Sample) throws -> JSONSchema {
    try JSONSchema(document: Data(contentsOf: Self.folder.appending(path: sample.file)), undescribed: .refused)
  }

  @Test func `each type has a schema, and each schema a type`() throws {
    let samples = try Self.samples()
    #expect(samples.map(\.type) == EventType.all)
    let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.appending(path: "schemas").path)
    #expect(Set(files.map { "schemas/\($0)" }) == Set(samples.map(\.file)))
    for sample in samples {
      let schema = try json(Data(contentsOf: Self.folder.appending(path: sample.file)))
      #expect(schema["$id"] as? String == EventType.schema(of: sample.type))
      #expect(schema["$schema"] as? String == "https://json-schema.org/draft/2020-12/schema")
    }
  }

  @Test(arguments: try BusDocumentsTests.samples())
  func `a schema has exactly the properties that are written`(sample: Sample) throws {
    let schema = try schema(sample)
    #expect(try schema.problems(of: Data(sample.full)) == [])
    let written = try JSONSchema.members(of: Data(sample.full))
    #expect(try schema.properties().subtracting(written) == [], "a full sample has every property")
    #expect(try schema.problems(of: Data(sample.minimal)) == [])
    #expect(
      Set(try json(Data(sample.minimal)).keys) == (try schema.required(at: "#")), "what is always written is required")
  }

  /// The parts that may be bare inside a full state.
  @Test func `the parts of a state require what is always written`() throws {
    let observed = try schema(Self.samples()[2])
    let status = try schema(Self.samples()[3])
    func written(_ value: some Encodable) throws -> Set<String> {
      Set(try json(Data(try BusCodec.encode(value))).keys)
    }
    #expect(try observed.required(at: "#/$defs/drift") == written(Samples.bareDrift))
    #expect(try observed.required(at: "#/$defs/timeline") == written(ObservedState.Timeline()))
    #expect(
      try observed.required(at: "#/$defs/condition") == written(try #require(Samples.fullObserved.conditions.first)))
    #expect(try status.required(at: "#/$defs/cluster") == written(try #require(Samples.fullStatus.clusters.last)))
    #expect(
      try status.required(at: "#/$defs/republication")
        == written(AgentStatus.RepublicationRequest(id: Samples.other, reason: "low watermark")))
  }

  @Test func `the schemas see what is wrong`() throws {
    let samples = try Self.samples()
    for (edit, complaint): (((inout Node) -> Void), String) in [
      ({ $0["zone"] = nil }, "$: zone is missing"), ({ $0["more"] = 1 }, "$: more is not described"),
      ({ $0["revision"] = 0 }, "$.revision: 0 breaks minimum 1"),
      ({ $0["revision"] = true }, "$.revision: not of type integer"),
      ({ $0["quota"] = "4" }, "$.quota: not of type object"),
    ] {
      var value = try json(Data(samples[0].full))
      edit(&value)
      let problems = try schema(samples[0]).problems(of: JSONSerialization.data(withJSONObject: value))
      #expect(problems == [complaint])
    }
  }

  @Test func `the AsyncAPI document names the topics and types of the code`() throws {
    let text = try String(contentsOf: Self.folder.appending(path: "asyncapi.yaml"), encoding: .utf8)
    let document = try #require(try Yams.load(yaml: text) as? Node)
    #expect(document["asyncapi"] as? String == "3.0.0")
    let channels = try #require(document["channels"] as? [String: Node])
    #expect(
      Set(channels.values.compactMap { $0["address"] as? String }) == [
        Topics.desired(zone: "{zone}"), Topics.observed(zone: "{zone}"), Topics.events,
      ])
    let components = try #require(document["components"] as? [String: Node])
    let messages = try #require(components["messages"] as? [String: Node])
    #expect(Set(messages.values.compactMap { $0["name"] as? String }) == Set(EventType.all))
    for sample in try Self.samples() {
      let message = messages.values.first { $0["name"] as? String == sample.type }
      let payload = (message?["payload"] as? Node)?["schema"] as? Node
      #expect(payload?["$ref"] as? String == sample.file)
    }
    let topic = components["x-topic"]
    #expect(topic?["partitions"] as? Int == Int(Topics.partitions))
    #expect((topic?["topicConfiguration"] as? Node)?["cleanup.policy"] as? [String] == ["compact"])
  }

  @Test func `the AsyncAPI document names exactly the headers that are written`() throws {
    let text = try String(contentsOf: Self.folder.appending(path: "asyncapi.yaml"), encoding: .utf8)
    let document = try #require(try Yams.load(yaml: text) as? Node)
    let schemas = try #require((document["components"] as? Node)?["schemas"] as? [String: Node])
    func named(_ names: [String], _ key: String) -> Set<String> {
      Set(
        names.flatMap { name -> [String] in
          if key == "required" { return schemas[name]?[key] as? [String] ?? [] }
          return (schemas[name]?[key] as? Node).map { Array($0.keys) } ?? []
        })
    }
    func written(_ event: CloudEvent) -> Set<String> { Set(event.headers.map(\.name)) }
    let desired = try BusCodec.event(
      desired: Samples.fullDesired, signer: Samples.signer, source: "/", id: "1", time: Samples.moment)
    let traced = try BusCodec.event(
      desired: Samples.fullDesired, signer: Samples.signer, source: "/", id: "1", time: Samples.moment,
      traceparent: "00-1-2-01")
    let observed = try BusCodec.event(
      observed: Samples.fullObserved, source: "/", id: "1", time: Samples.moment)
    #expect(written(desired) == named(["headers", "desiredHeaders"], "required"))
    #expect(written(traced) == named(["headers", "desiredHeaders"], "properties"))
    #expect(written(observed) == named(["headers", "observedHeaders"], "required"))
    let anchor = try BusCodec.event(
      anchor: Samples.anchor, signer: Samples.signer, source: "/", id: "1", time: Samples.moment)
    let zone = try BusCodec.event(
      zone: Samples.zoneRecord, signer: Samples.signer, source: "/", id: "1", time: Samples.moment)
    #expect(written(zone) == named(["headers", "anchorHeaders"], "required"))
    #expect(written(anchor) == named(["headers", "anchorHeaders"], "required"))
    let fact = try BusCodec.event(
      fact: BusCodec.encode(Samples.openFinding), type: EventType.finding, key: Samples.openFinding.key,
      signer: Samples.signer, source: "/", id: "1", time: Samples.moment)
    #expect(written(fact) == named(["headers", "anchorHeaders"], "required"))
  }

  /// What the code may write in a place, and what the schema lets stand there.
  @Test func `the schemas name exactly the words that are written`() throws {
    let samples = try Self.samples()
    func words(_ sample: Int, _ pointer: String) throws -> Set<String> {
      Set(try #require(try schema(samples[sample]).node(at: pointer)["enum"] as? [String]))
    }
    func raw<Word: RawRepresentable & CaseIterable>(_: Word.Type) -> Set<String> where Word.RawValue == String {
      Set(Word.allCases.map(\.rawValue))
    }
    #expect(try words(2, "#/$defs/condition/properties/type") == Set(ConditionType.all))
    #expect(try words(2, "#/$defs/condition/properties/status") == raw(Condition.Status.self))
    #expect(try words(2, "#/properties/phase") == raw(PlacementPhase.self))
    #expect(try words(3, "#/$defs/zoneRecord/properties/verdict") == raw(ZoneAgreement.Verdict.self))
  }

  @Test func `the AsyncAPI document has each message under its key, on its topic`()
    throws
  {
    let text = try String(contentsOf: Self.folder.appending(path: "asyncapi.yaml"), encoding: .utf8)
    let document = try #require(try Yams.load(yaml: text) as? Node)
    let components = try #require(document["components"] as? [String: Node])
    let messages = try #require(components["messages"] as? [String: Node])
    let channels = try #require(document["channels"] as? [String: Node])
    let zoned = "{zone}"
    for (type, topic, key) in [
      (EventType.desired, Topics.desired(zone: zoned), Topics.key(placement: Samples.placement)),
      (EventType.zone, Topics.desired(zone: zoned), Topics.key(zone: "z1")),
      (EventType.observed, Topics.observed(zone: zoned), Topics.key(placement: Samples.placement)),
      (EventType.agent, Topics.observed(zone: zoned), Topics.key(agentOf: "z1")),
      (EventType.auditAnchor, Topics.events, Topics.key(auditAnchorsOf: Samples.moment)),
      (EventType.auditAnchor, Topics.events, Topics.key(auditAnchorsOf: Samples.moment, epoch: 12)),
      (EventType.offer, Topics.events, Array(Samples.offer.key.utf8)),
      (EventType.epoch, Topics.events, Array(Samples.epoch.key.utf8)),
    ] {
      let (name, message) = try #require(messages.first { $0.value["name"] as? String == type })
      let channel = try #require(channels.values.first { $0["address"] as? String == topic })
      let listed = try #require(channel["messages"] as? [String: Node])
      #expect(listed[name]?["$ref"] as? String == "#/components/messages/\(name)")
      let binding = ((message["bindings"] as? Node)?["kafka"] as? Node)?["key"] as? Node
      let reference = try #require(binding?["$ref"] as? String)
      let schema = try #require(components["schemas"]?[String(reference.split(separator: "/").last ?? "")] as? Node)
      let written = String(decoding: key, as: UTF8.self)
      if let pattern = schema["pattern"] as? String {
        #expect(try Regex(pattern).firstMatch(in: written) != nil, "\(type): \(written)")
      } else {
        #expect(schema["format"] as? String == "uuid" && UUID(uuidString: written) != nil, "\(type)")
      }
    }
  }

  /// What travels both ways inside whole states is a conversation all the same: who builds on the document has to be told.
  @Test(arguments: ["reportAgain", "reports", "republication", "zoneRecord", "orphans"])
  func `the AsyncAPI document tells what is asked and answered inside the states`(member: String) throws {
    let text = try String(contentsOf: Self.folder.appending(path: "asyncapi.yaml"), encoding: .utf8)
    let document = try #require(try Yams.load(yaml: text) as? Node)
    let operations = try #require(document["operations"] as? [String: Node])
    let told = operations.values.compactMap { $0["description"] as? String }.joined(separator: "\n")
    #expect(told.contains("`\(member)`"))
    let known = try JSONSchema.members(of: Data(Self.samples()[1].full))
      .union(JSONSchema.members(of: Data(Self.samples()[3].full)))
    #expect(known.contains("/\(member)"), "the code writes it")
  }
}
