import Testing
import Tracing

@testable import Telemetry

struct TraceContextTests {
  private let valid = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

  @Test func `a traceparent reads and writes back`() throws {
    let trace = try #require(TraceContext(traceparent: valid, tracestate: "a=1,b=2"))
    #expect(trace.traceparent == valid)
    #expect(trace.traceID.description == "4bf92f3577b34da6a3ce929d0e0e4736")
    #expect(trace.spanID.description == "00f067aa0ba902b7")
    #expect(trace.isSampled)
    #expect(trace.traceState == "a=1,b=2")
    #expect(TraceContext(traceparent: String(valid.dropLast()) + "0")?.isSampled == false)
    // Flags this version does not know are not passed on.
    #expect(TraceContext(traceparent: String(valid.dropLast(2)) + "fe")?.traceparent.hasSuffix("-00") == true)
  }

  @Test(arguments: [
    "", "00", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-extra",
    "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "0x-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
    "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902bg-01",
    "00-4bf92f3577b34da6a3ce929d0e0e473/-00f067aa0ba902b7-01",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0g",
    "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "00-4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7-01",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7_01",
    "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01.what",
    "00-4bf92f3577b34da6é3ce929d0e0e473-00f067aa0ba902b7-01",
  ])
  func `refuses`(text: String) {
    #expect(TraceContext(traceparent: text) == nil)
  }

  @Test(arguments: ["", "-what.the.future.brings"])
  func `a later version is read by its first fields`(rest: String) {
    let trace = TraceContext(traceparent: "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01" + rest)
    #expect(trace?.traceparent == valid)
  }

  @Test(arguments: ["", "é", "a\nb", String(repeating: "x", count: 513)])
  func `a tracestate that breaks the limits is left out`(state: String) throws {
    let trace = try #require(TraceContext(traceparent: valid, tracestate: state))
    #expect(trace.traceState == nil)
  }

  @Test func `identifiers come from the generator, and are never zero`() {
    var draws: [UInt64] = [1, 2, 3, 4]
    let root = TraceContext.root(isSampled: false) { draws.removeFirst() }
    #expect(root.traceparent == "00-00000000000000010000000000000002-0000000000000003-00")
    #expect(root.child { draws.removeFirst() }.traceparent == "00-00000000000000010000000000000002-0000000000000004-00")
    let zero = TraceContext.root { 0 }
    #expect(zero.traceparent == "00-00000000000000000000000000000001-0000000000000001-01")
    #expect(zero.child { 0 }.spanID.description == "0000000000000001")
    #expect(TraceContext.root().traceID != TraceContext.root().traceID)
    #expect(root.child().traceID == root.traceID)
  }

  @Test func `a child keeps what other vendors said`() throws {
    let trace = try #require(TraceContext(traceparent: valid, tracestate: "a=1"))
    #expect(trace.child().traceState == "a=1")
  }

  @Test(arguments: TraceCarrier.allCases, ["a=1", nil])
  func `what a carrier is given it gives back`(carrier: TraceCarrier, state: String?) throws {
    let trace = try #require(TraceContext(traceparent: valid, tracestate: state))
    let fields = Dictionary(uniqueKeysWithValues: trace.fields(for: carrier).map { ($0.name, $0.value) })
    let prefix = carrier == .kafka ? "ce_" : ""
    #expect(fields["\(prefix)traceparent"] == valid)
    #expect(fields.count == (state == nil ? 1 : 2))
    #expect(TraceContext.extract(carrier) { fields[$0] } == trace)
    #expect(TraceContext.extract(carrier) { _ in nil } == nil)
  }

  @Test func `is current in child tasks too, beside what others carry`() async throws {
    let trace = TraceContext.root()
    #expect(TraceContext.current == nil)
    await trace.withCurrent {
      async let inside = TraceContext.current
      #expect(await inside == trace)
      #expect(ServiceContext.current?.traceContext == trace)
      let child = trace.child()
      child.withCurrent { #expect(TraceContext.current == child) }
      #expect(TraceContext.current == trace)
    }
    #expect(TraceContext.current == nil)
  }
}
