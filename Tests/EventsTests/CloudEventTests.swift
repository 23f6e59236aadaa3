import Events
import Testing

struct CloudEventTests {
  let event = CloudEvent(
    id: "1", source: "/régie", type: EventType.desired, time: Samples.moment, subject: "key",
    extensions: ["zone": "z1", "epoch": "2"], data: [1, 2, 3])

  @Test func `an event survives its headers`() throws {
    #expect(try CloudEvent(headers: event.headers, data: event.data) == event)
    #expect(
      event.headers.map(\.name) == [
        "ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time", "ce_subject", "ce_dataschema",
        "ce_partitionkey", "ce_epoch", "ce_zone", "content-type",
      ])
    let values = Dictionary(uniqueKeysWithValues: event.headers.map { ($0.name, $0.value ?? []) })
    #expect(values["ce_dataschema"] == Array("urn:regie:schema:\(EventType.desired)".utf8))
    #expect(values["ce_partitionkey"] == Array("key".utf8))
  }

  @Test func `headers of others are passed over, in any order`() throws {
    var headers = event.headers.reversed() + [CloudEvent.Header("X", [0xFF]), CloudEvent.Header("X", nil)]
    headers.append(CloudEvent.Header("ce_more", []))
    var expected = event
    expected.extensions["more"] = ""
    #expect(try CloudEvent(headers: headers, data: event.data) == expected)
  }

  @Test(arguments: ["ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time", "ce_subject"])
  func `a missing attribute is named`(name: String) {
    #expect(rejection { $0.removeAll { $0.name == name } } == "the header \(name) is missing")
  }

  @Test(arguments: [
    ("ce_specversion", Array("0.3".utf8), "CloudEvents 0.3 is not known; 1.0 would be"),
    ("ce_time", Array("noon".utf8), "ce_time “noon” is not an RFC 3339 moment in UTC"),
    ("ce_id", [0xC3, 0x28], "the header ce_id is not UTF-8 text"),
    ("ce_zone", nil, "the header ce_zone is not UTF-8 text"),
  ])
  func `a malformed attribute is named`(name: String, value: [UInt8]?, message: String) {
    #expect(
      rejection { headers in
        for index in headers.indices where headers[index].name == name { headers[index].value = value }
      } == message)
  }

  @Test func `an attribute that stands twice is refused`() {
    #expect(rejection { $0.append(CloudEvent.Header("ce_id", Array("1".utf8))) } == "the header ce_id stands twice")
  }

  @Test func `a rejection is told in few words`() {
    let long = EventRejection(.malformed, String(repeating: "x", count: 100_000))
    #expect(long.description.count == 401 && "\(EventRejection(.unsigned, "no"))" == "no")
  }

  private func rejection(_ edit: (inout [CloudEvent.Header]) -> Void) -> String? {
    var headers = event.headers
    edit(&headers)
    do {
      _ = try CloudEvent(headers: headers, data: [])
      return nil
    } catch {
      return error.reason == .malformed ? error.message : "\(error.reason)"
    }
  }
}
