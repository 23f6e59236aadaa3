import Events
import Foundation
import Model
import Testing

struct BusCodecTests {
  private func verifier() throws -> EventVerifier { try EventVerifier(JSONWebKeySet([Samples.signer.publicKey])) }

  @Test(arguments: [Samples.minimalDesired, Samples.fullDesired])
  func `a desired state survives the bus`(state: DesiredState) throws {
    let event = try BusCodec.event(
      desired: state, signer: Samples.signer, source: "/regie", id: "1", time: Samples.moment, traceparent: "00-1-2-01")
    let key = Topics.key(placement: state.placement)
    let read = try BusCodec.desired(
      key: key, headers: event.headers, data: event.data, zone: "z1", verifier: try verifier())
    #expect(read.state == state && read.event == event)
    #expect(event.extensions["traceparent"] == "00-1-2-01" && event.extensions["epoch"] == "2")
    #expect(try BusCodec.encode(state) == event.data, "writing is deterministic")
    #expect(state.version == StateVersion(epoch: 2, revision: 7) && "\(state.version)" == "2.7")
  }

  @Test func `epoch goes before revision`() {
    #expect(StateVersion(epoch: 1, revision: 9) < StateVersion(epoch: 2, revision: 1))
    #expect(StateVersion(epoch: 2, revision: 1) < StateVersion(epoch: 2, revision: 2))
  }

  /// The feed's tests hold the whole table of forgeries; this one names each reason once.
  @Test func `a desired state that is not consistent is refused`() throws {
    func reason(
      key: UUID = Samples.placement, zone: String = "z1", _ state: DesiredState = Samples.minimalDesired,
      _ edit: (inout CloudEvent) -> Void = { _ in }
    ) throws -> EventRejection.Reason? {
      var event = try BusCodec.event(
        desired: state, signer: Samples.signer, source: "/regie", id: "1", time: Samples.moment)
      edit(&event)
      do {
        _ = try BusCodec.desired(
          key: Topics.key(placement: key), headers: event.headers, data: event.data, zone: zone,
          verifier: try verifier())
        return nil
      } catch let error as EventRejection {
        return error.reason
      }
    }
    var zero = Samples.minimalDesired
    zero.revision = 0
    #expect(try reason() == nil)
    #expect(try reason { $0.type = "other" } == .malformed)
    #expect(try reason { $0.extensions["signature"] = nil } == .unsigned)
    #expect(try reason { $0.data[0] = 0x20 } == .badSignature)
    #expect(try reason(zero) == .malformed)
    #expect(try reason(zone: "z2") == .wrongZone)
    #expect(try reason(key: Samples.other) == .mismatch)
    #expect(try reason { $0.subject = "" } == .mismatch)
    #expect(try reason { $0.extensions["cluster"] = "c2" } == .mismatch)
    #expect(
      try reason {
        $0.data = Array("null".utf8)
        $0.extensions["signature"] = try? Samples.signer.sign($0.data)
      } == .malformed)
  }

  @Test func `observations survive the bus`() throws {
    for state in [Samples.minimalObserved, Samples.fullObserved] {
      let event = try BusCodec.event(
        observed: state, source: "/agent", id: "1", time: Samples.moment, traceparent: "00-1-2-01")
      guard case .placement(let read) = try observation(event) else {
        Issue.record("not a placement's observation")
        continue
      }
      #expect(read == state)
    }
    for status in [Samples.minimalStatus, Samples.fullStatus] {
      let event = try BusCodec.event(agent: status, source: "/agent", id: "1", time: Samples.moment)
      guard case .agent(let read) = try observation(event, key: Topics.key(agentOf: "z1")) else {
        Issue.record("not a heartbeat")
        continue
      }
      #expect(read == status)
    }
  }

  @Test func `observations of another zone, key or type are refused`() throws {
    let observed = try BusCodec.event(
      observed: Samples.fullObserved, source: "/agent", id: "1", time: Samples.moment)
    let status = try BusCodec.event(agent: Samples.fullStatus, source: "/agent", id: "1", time: Samples.moment)
    let agentKey = Topics.key(agentOf: "z1")
    #expect(reason { try observation(observed, zone: "z2") } == .wrongZone)
    #expect(reason { try observation(observed, key: agentKey) } == .mismatch)
    #expect(reason { try observation(status, key: agentKey, zone: "z2") } == .wrongZone)
    #expect(reason { try observation(status) } == .mismatch)
    var odd = status
    odd.type = EventType.desired
    #expect(reason { try observation(odd, key: agentKey) } == .malformed)
    odd = status
    odd.data = []
    #expect(reason { try observation(odd, key: agentKey) } == .malformed)
  }

  @Test func `observations with numbers that nobody can count on from are refused`() throws {
    let fields: [WritableKeyPath<ObservedState, Int64>] = [
      \.observedEpoch, \.observedRevision, \.incarnation, \.sequence, \.driftsOmitted, \.conditions[0].observedRevision,
    ]
    for field in fields {
      for (number, isRead) in [(0, true), (1 << 53, true), (-1, false), (1 << 53 + 1, false), (.max, false)]
        as [(Int64, Bool)]
      {
        var state = Samples.fullObserved
        state[keyPath: field] = number
        let event = try BusCodec.event(observed: state, source: "/agent", id: "1", time: Samples.moment)
        #expect(reason { try observation(event) } == (isRead ? nil : .malformed), "\(field) \(number)")
      }
    }
  }

  /// A number of a heartbeat, with the lowest and the highest that are believed.
  private struct Field {
    var name: String
    var range: ClosedRange<Int64> = 0...(1 << 53)
    var set: (inout AgentStatus, Int64) -> Void
  }

  private static var fields: [Field] {
    let versions: ClosedRange<Int64> = 1...(1 << 53)
    let fields = [
      Field(name: "incarnation") { $0.incarnation = $1 },
      Field(name: "sequence") { $0.sequence = $1 },
      Field(name: "refusedRecords") { $0.refusedRecords = $1 },
      Field(name: "clusters[0].placements") { $0.clusters[0].placements = Int($1) },
      Field(name: "clusters[0].capacity.nodes") { $0.clusters[0].capacity?.nodes = Int($1) },
      Field(name: "republication.buckets[0]", range: 0...255) { $0.republication?.buckets = [Int($1)] },
      Field(name: "zoneRecord.epoch", range: versions) { $0.zoneRecord?.epoch = $1 },
      Field(name: "zoneRecord.sequence", range: versions) { $0.zoneRecord?.sequence = $1 },
      Field(name: "zoneRecord.count") { $0.zoneRecord?.count = Int($1) },
      Field(name: "zoneRecord.buckets[0]", range: 0...255) { $0.zoneRecord?.buckets = [Int($1)] },
      Field(name: "reports.count") { $0.reports?.count = Int($1) },
      Field(name: "orphans.count") { $0.orphans?.count = Int($1) },
      Field(name: "orphans.first[0].remembered.epoch", range: 1...Int64.max) {
        $0.orphans?.first[0].remembered?.epoch = $1
      },
      Field(name: "orphans.first[0].remembered.revision", range: 1...Int64.max) {
        $0.orphans?.first[0].remembered?.revision = $1
      },
    ]
    return fields
      + CountedResource.allCases.map { resource in
        Field(name: "clusters[0].capacity.amounts.\(resource.rawValue)", range: 0...Int64.max) {
          $0.clusters[0].capacity?.amounts[resource] = $1
        }
      }
  }

  @Test func `heartbeats with numbers that nobody can count on from are refused, and the number is named`() throws {
    for field in Self.fields {
      let (lowest, highest) = (field.range.lowerBound, field.range.upperBound)
      let wrong: [Int64] = [lowest - 1, .min] + (highest < .max ? [highest + 1, .max] : [])
      let numbers: [(Int64, Bool)] = [(lowest, true), (highest, true)] + wrong.map { ($0, false) }
      for (number, isRead) in numbers {
        var status = Samples.fullStatus
        field.set(&status, number)
        let event = try BusCodec.event(agent: status, source: "/agent", id: "1", time: Samples.moment)
        let found = rejection { try observation(event, key: Topics.key(agentOf: "z1")) }
        #expect(found?.reason == (isRead ? nil : .malformed), "\(field.name) \(number)")
        #expect(found?.message.hasPrefix("\(field.name) is \(number);") == (isRead ? nil : true))
      }
    }
  }

  @Test func `an orphan that is only remembered is told once, and not beside its namespace`() {
    func orphan(_ placement: UUID, _ cluster: String, _ namespace: String? = nil) -> AgentStatus.Orphan {
      AgentStatus.Orphan(placement: placement, cluster: cluster, namespace: namespace)
    }
    let (one, two) = (Samples.placement, Samples.other)
    let all = [
      orphan(one, "c1"), orphan(one, "c2", "a--b"), orphan(one, "c3", "a--b"), orphan(two, "c2"), orphan(two, "c1"),
    ]
    let told = AgentStatus.Orphans(all)
    #expect(told.count == 3)
    #expect(told.first == [orphan(one, "c2", "a--b"), orphan(two, "c2"), orphan(one, "c3", "a--b")])
  }

  private func observation(
    _ event: CloudEvent, key: [UInt8] = Topics.key(placement: Samples.placement), zone: String = "z1"
  ) throws -> BusCodec.Observation {
    try BusCodec.observation(key: key, headers: event.headers, data: event.data, zone: zone)
  }

  private func rejection(_ body: () throws -> BusCodec.Observation) -> EventRejection? {
    do {
      _ = try body()
      return nil
    } catch {
      return error as? EventRejection
    }
  }

  private func reason(_ body: () throws -> BusCodec.Observation) -> EventRejection.Reason? { rejection(body)?.reason }
}

struct TopicsTests {
  @Test func `topics and keys are named after zones and placements`() {
    #expect(Topics.desired(zone: "z1") == "regie.z1.desired" && Topics.observed(zone: "z1") == "regie.z1.observed")
    #expect(Topics.key(placement: Samples.placement) == Array("0a000000-0000-4000-8000-00000000000a".utf8))
    #expect(Topics.key(agentOf: "z1") == Array("agent/z1".utf8))
  }

  @Test func `keys are read back, and others are not`() {
    func subject(_ key: String) -> Topics.Subject? { Topics.subject(ofKey: Array(key.utf8)) }
    #expect(Topics.subject(ofKey: Topics.key(placement: Samples.placement)) == .placement(Samples.placement))
    #expect(subject("zone/z1") == .zone("z1") && subject("cluster/c/1") == .cluster("c/1"))
    #expect(subject("agent/z1") == .agent("z1"))
    for key in ["", "/", "x/y", "0a", Samples.placement.uuidString, "0a000000-0000-4000-8000-00000000000a "] {
      #expect(subject(key) == nil, "\(key)")
    }
    #expect(Topics.subject(ofKey: [0xFF]) == nil)
  }
}
