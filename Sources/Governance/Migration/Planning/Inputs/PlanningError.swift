public import Foundation

/// Why no plan is made at all.
public enum PlanningError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The scope or a dependency names what there is not.
  case unknown(kind: String, name: String, accepted: [String])
  /// Two projects have one name.
  case repeatedProject(String)
  /// A replica is in two places: a move of it is under way.
  case alreadyMoving(EnvironmentReference, replica: Int)
  /// More than a plan can hold.
  case tooMany(moves: Int, accepted: Int)
  /// A placement holds more than anybody has.
  case tooLarge(placement: UUID, accepted: String)
  /// A limit is out of its range.
  case limit(name: String, value: Int, accepted: String)
  /// A list has more entries than a plan can be made with.
  case tooLong(list: String, count: Int, accepted: Int)
  /// The days are not in order.
  case daysNotAscending(String)
  /// There are blackouts, and no days that they could be on.
  case blackoutsWithoutDays
  /// A blackout ends before it begins.
  case blackoutEndsFirst(from: String, until: String)
  /// Environments wait for each other.
  case circle([EnvironmentReference])

  /// One sentence that names the input at fault, and what would be accepted.
  public var description: String {
    switch self {
    case .unknown(let kind, let name, let accepted):
      "there is no \(kind) “\(name)”; accepted: \(Self.few(accepted))"
    case .repeatedProject(let name): "the project “\(name)” is given twice; accepted: each project once"
    case .alreadyMoving(let environment, let replica):
      "replica \(replica) of “\(environment.environment)” of project “\(environment.project)” is in two places; "
        + "accepted: replicas whose move is done"
    case .tooMany(let moves, let accepted): "\(moves) moves are wanted; accepted: up to \(accepted)"
    case .tooLarge(let placement, let accepted):
      "placement \(placement.uuidString) holds more than anybody has; accepted: \(accepted) of a resource"
    case .limit(let name, let value, let accepted): "\(name) is \(value); accepted: \(accepted)"
    case .tooLong(let list, let count, let accepted): "\(list): \(count) are given; accepted: up to \(accepted)"
    case .daysNotAscending(let day): "days: \(day) is not after the day before it; accepted: ascending days"
    case .blackoutsWithoutDays: "blackouts are given without days; accepted: both, or no blackouts"
    case .blackoutEndsFirst(let from, let until):
      "a blackout from \(from) ends on \(until); accepted: an end that is not before its beginning"
    case .circle(let environments):
      "environments wait for each other: "
        + environments.map { "\($0.project)/\($0.environment)" }.joined(separator: " → ")
        + "; accepted: dependencies without a circle"
    }
  }

  private static func few(_ names: [String]) -> String {
    names.isEmpty ? "none" : names.prefix(20).joined(separator: ", ") + (names.count > 20 ? ", …" : "")
  }
}
