import Foundation
import Model
import Testing

@testable import Events

/// What comes from outside and can be neither stored nor shown.
struct ControlCharacterTests {
  /// The first and last of each range, and neighbours that are none.
  private static let controls: [Unicode.Scalar] = ["\u{0}", "\n", "\u{1B}", "\u{1F}", "\u{7F}", "\u{80}", "\u{9F}"]
  private static let harmless = "é\u{A0} “\\” / \"\u{7E}\\u0000 🚀"

  private func observation(
    _ data: [UInt8], like event: CloudEvent, key: [UInt8]
  ) throws(EventRejection) -> BusCodec.Observation {
    try BusCodec.observation(key: key, headers: event.headers, data: data, zone: "z1")
  }

  /// The same document, once for each of its strings and names, with `text` put to the end of that one.
  private func variants(of data: [UInt8], adding text: String) -> [[UInt8]] {
    let ends = data.indices.filter { data[$0] == UInt8(ascii: "\"") }.enumerated().filter { $0.offset % 2 == 1 }
    return ends.map { end in data[..<end.element] + Array(text.utf8) + data[end.element...] }
  }

  @Test func `U+0000 in any string or name of an observation or a heartbeat is refused`() throws {
    let observed = try BusCodec.event(observed: Samples.fullObserved, source: "/a", id: "1", time: Samples.moment)
    let agent = try BusCodec.event(agent: Samples.fullStatus, source: "/a", id: "1", time: Samples.moment)
    for (event, key) in [(observed, Topics.key(placement: Samples.placement)), (agent, Topics.key(agentOf: "z1"))] {
      let variants = variants(of: event.data, adding: #"\u0000"#)
      try #require(variants.count > 20)
      for data in variants {
        let error = #expect(throws: EventRejection.self) { try observation(data, like: event, key: key) }
        #expect(error?.reason == .malformed && error?.message.contains("U+0000") == true)
      }
      // The six characters are not the one, and a backslash that is escaped escapes nothing.
      var known = event.data
      known.insert(contentsOf: Array(#""more":"\\u0000 \\\\u0000","#.utf8), at: 1)
      _ = try observation(known, like: event, key: key)
      let wide = try #require(String(decoding: event.data, as: UTF8.self).data(using: .utf16LittleEndian))
      #expect(throws: EventRejection.self) { try observation([UInt8](wide), like: event, key: key) }
    }
  }

  /// Whatever field a cluster's words end up in.
  @Test(arguments: controls) func `what an agent sends shows control characters`(control: Unicode.Scalar) throws {
    let shown = control == "\n" ? #"\n"# : ControlCharacters.shown([control])
    var state = Samples.fullObserved
    state.conditions[0].message = "a\(control)b\(Self.harmless)"
    state.drifts[0].manager = "\(control)"
    let event = try BusCodec.event(observed: state, source: "/a", id: "1", time: Samples.moment)
    guard
      case .placement(let read) = try observation(
        event.data, like: event, key: Topics.key(placement: state.placement))
    else {
      Issue.record("not a placement's observation")
      return
    }
    #expect(read.conditions[0].message.lowercased() == "a\(shown)b\(Self.harmless)".lowercased())
    #expect(read.drifts[0].manager?.lowercased() == shown.lowercased())

    var status = Samples.fullStatus
    status.lastRefusal = "\(control)\(Self.harmless)"
    status.clusters[0].message = "\(control)"
    let beat = try BusCodec.event(agent: status, source: "/a", id: "1", time: Samples.moment)
    guard case .agent(let told) = try observation(beat.data, like: beat, key: Topics.key(agentOf: "z1"))
    else {
      Issue.record("not a heartbeat")
      return
    }
    #expect(told.lastRefusal?.lowercased() == "\(shown)\(Self.harmless)".lowercased())
    #expect(told.clusters[0].message?.lowercased() == shown.lowercased())
  }

  @Test func `a rejection quotes no control character, and no endless one`() {
    let rejection = EventRejection(.malformed, "“\u{0}\n\u{1B}[31m\u{7F}\u{9B}é”")
    #expect(rejection.message == #"“\u0000\u000A\u001B[31m\u007F\u009Bé”"#)
    let accents = EventRejection(.malformed, "e" + String(repeating: "\u{301}", count: 100_000))
    #expect(accents.message.unicodeScalars.count == 401)
  }

  @Test(arguments: controls) func `headers and keys with control characters are refused`(control: Unicode.Scalar) throws
  {
    let event = try BusCodec.event(agent: Samples.fullStatus, source: "/a", id: "1", time: Samples.moment)
    let key = Topics.key(agentOf: "z1")
    for (name, value) in [("ce_type", "x\(control)"), ("ce_more", "\(control)"), ("ce_\(control)", "x")] {
      let headers = event.headers.filter { $0.name != name } + [CloudEvent.Header(name, Array(value.utf8))]
      let error = #expect(throws: EventRejection.self) {
        try BusCodec.observation(key: key, headers: headers, data: event.data, zone: "z1")
      }
      #expect(error?.reason == .malformed && error?.message.contains("control characters") == true)
      #expect(error?.message.unicodeScalars.contains(control) == false)
    }
    #expect(Topics.subject(ofKey: Array("zone/z1\(control)".utf8)) == nil)
    #expect(throws: EventRejection.self) {
      try BusCodec.observation(
        key: key + Array("\(control)".utf8), headers: event.headers, data: event.data, zone: "z1")
    }
  }
}
