import Foundation
import Model
import Placement
import Testing

/// A change of the world, and the reason that must follow.
struct ReasonCase: CustomTestStringConvertible, Sendable {
  var code: ReasonCode
  /// The cluster that says so; nil where it is about the project as a whole.
  var cluster: String?
  var parameters: [String: String]
  var change: @Sendable (inout World) -> Void

  init(
    _ code: ReasonCode, _ cluster: String?, _ parameters: [String: String],
    _ change: @escaping @Sendable (inout World) -> Void
  ) {
    self.code = code
    self.cluster = cluster
    self.parameters = parameters
    self.change = change
  }

  var testDescription: String { "\(code.rawValue) \(parameters)" }

  /// The reasons of the code that the changed world gives.
  var produced: [Reason] {
    var world = World()
    change(&world)
    let decision = world.decide()
    let reasons =
      cluster == nil
      ? decision.reasons
      : decision.environments.flatMap(\.candidates)
        .filter { $0.cluster == cluster }.flatMap(\.reasons)
    return reasons.filter { $0.code == code }
  }
}
