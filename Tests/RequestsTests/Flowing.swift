import Events
import Foundation
import Model

@testable import Requests

/// Flows that were asked for on Monday, 23 November 2026.
enum Flowing {
  static func noon(_ day: String) -> Timestamp { ParisTime.moment(Asked.day(day), hour: 12) }

  static func end(
    _ name: String = "dtnum", _ region: String = "r1", _ sensitivity: Sensitivity = .usuel,
    _ mode: OperatorSpec.FlowOpening.Mode? = .manual, delay: Int? = nil, side: FlowEnd.Side = .environment
  ) -> FlowEnd {
    FlowEnd(
      side, operator: name, region: region, sensitivity: sensitivity,
      opening: mode.map { OperatorSpec.FlowOpening(mode: $0, maximumDelayDays: delay) })
  }

  /// An environment at one operator's, a system at another's.
  static let both = [end("dtnum", "r1"), end("anfsi", "r2", side: .system)]

  static func flow(
    _ ends: [FlowEnd] = [end()], on ground: FlowGround? = nil, system: String = "chorus", ports: [Int] = [443],
    motive: String = "Échanges", policyDelay: Int? = nil, by actor: RequestActor = Asked.team
  ) throws -> NetworkFlow {
    try NetworkFlow(
      id: UUID(uuid: (2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)),
      wish: FlowWish(
        project: "vigie", environment: "prod", system: system, direction: .outbound, protocol: .tcp, ports: ports,
        motive: motive),
      ground: ground ?? .ends(ends), policyDelay: policyDelay, by: actor, at: noon("2026-11-23"))
  }
}
