import Contract
import Events
import Foundation
import Model
import Requests
import Testing

/// What of a flow is told to whoever may not know where its far end is.
struct FlowViewTests {
  private static let monday = Timestamp(microseconds: 1_795_435_200_000_000)
  private static let team = RequestActor(principal: "oidc:team", isApplicant: true)

  private static func speaker(_ name: String) -> RequestActor { RequestActor(principal: "oidc:x", operator: name) }

  private static func end(_ side: FlowEnd.Side, _ name: String, _ region: String = "nord") -> FlowEnd {
    FlowEnd(side, operator: name, region: region, sensitivity: .usuel)
  }

  private static func flow() throws -> NetworkFlow {
    try NetworkFlow(
      id: UUID(uuid: (1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)),
      wish: FlowWish(
        project: "vigie", environment: "prod", system: "annuaire/prod", direction: .outbound, protocol: .tcp,
        ports: [443], motive: "x"),
      ground: .ends([end(.environment, "dtnum"), end(.system, "anfsi"), end(.system, "anfsi", "sud")]),
      policyDelay: nil,
      by: team, at: monday)
  }

  private static func seen(_ flow: NetworkFlow) throws -> (view: FlowView, text: String) {
    let view = FlowView(flow, number: 1, revision: 1, asOf: monday) { $0.side == .environment }
    return (view, String(decoding: try ModelJSON.encoder.encode(view), as: UTF8.self))
  }

  @Test func `nothing of the far end is told before the flow is open`() throws {
    let (view, text) = try Self.seen(try Self.flow())
    #expect(view.ends.map(\.operator) == ["dtnum", nil], "not even how many there are")
    #expect(view.waiting == ["dtnum"] && view.crossesRegions == nil && view.crossesSensitivities == nil)
    #expect(!text.contains("anfsi"))
  }

  @Test func `nor what was opened there and is to be closed, once it is asked for no more`() throws {
    var flow = try Self.flow()
    _ = try flow.handle(.opened(operator: "anfsi"), by: Self.speaker("anfsi"), at: Self.monday)
    _ = try flow.handle(.withdrawn(reason: nil), by: Self.team, at: Self.monday)
    #expect(flow.closings?.map(\.operator) == ["anfsi"])
    #expect(!(try Self.seen(flow).text.contains("anfsi")))
  }

  @Test func `nor how many ends were opened there, and left`() throws {
    var flow = try Self.flow()
    _ = try flow.handle(.opened(operator: "anfsi"), by: Self.speaker("anfsi"), at: Self.monday)
    _ = try flow.handle(.withdrawn(reason: nil), by: Self.team, at: Self.monday)
    #expect(flow.leftOpen.count == 2)
    #expect(try Self.seen(flow).view.leftOpen == [FlowView.End(flow.leftOpen[0], isKnown: false, isTold: false)])
  }

  @Test func `nor who has rejected it`() throws {
    var flow = try Self.flow()
    _ = try flow.handle(.rejected(operator: "anfsi", reason: "non"), by: Self.speaker("anfsi"), at: Self.monday)
    #expect(!(try Self.seen(flow).text.contains("anfsi")))
  }

  @Test func `an open flow says whose its ends are`() throws {
    var flow = try Self.flow()
    for name in ["anfsi", "dtnum"] {
      _ = try flow.handle(.opened(operator: name), by: Self.speaker(name), at: Self.monday)
    }
    let view = try Self.seen(flow).view
    #expect(
      view.ends.map(\.operator) == ["dtnum", "anfsi", "anfsi"]
        && view.ends.map { $0.region != nil } == [true, false, false])
    #expect(view.crossesRegions == true && view.crossesSensitivities == false)
  }
}
