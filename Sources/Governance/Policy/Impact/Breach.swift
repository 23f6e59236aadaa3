public import Placement

/// A replica that is placed where the policy would not have it any more.
public struct Breach: Codable, Sendable, Hashable {
  /// The environment's name.
  public var environment: String
  /// Which replica, from 0.
  public var replica: Int
  /// The cluster that it is on.
  public var cluster: String
  /// Whether it may stay where it is, and only its chain is in the way: a new decision chooses another one, and moves nothing.
  public var mayStay: Bool
  /// What drives it out of there, in the order of the codes; after that, what keeps the chain that delivers to it from doing so.
  public var reasons: [Reason]

  /// The rules among the reasons, sorted.
  public var rules: [String] {
    Set(reasons.compactMap { $0.parameters["rule"] }).sorted()
  }

  /// Whether it is news of its replica: nothing was wrong with that before, or only its chain was and it has to go now.
  ///
  /// - Parameter mayStay: whether only its chain was in the way before; nil where nothing was wrong.
  public func isNews(after mayStay: Bool?) -> Bool { mayStay.map { $0 && !self.mayStay } ?? true }

  /// What may be in breach at one place only.
  struct Place: Hashable {
    var environment: String
    var replica: Int
    var cluster: String
  }

  var place: Place { Place(environment: environment, replica: replica, cluster: cluster) }
}
