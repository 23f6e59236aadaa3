public import Events
public import Model

/// What must never be forgotten of a placement, removed ones included (protocol rule 17): without it a replayed `active`
/// would bring a removed namespace back, and a replayed `removed` take away one that was called back.
public struct PlacementMemory: Sendable, Hashable, CustomStringConvertible {
  /// The highest version acted on.
  public var version: StateVersion
  /// Its phase.
  public var phase: PlacementPhase
  /// How many pods there were when the placement was frozen; nil in other phases, and until they were counted.
  public var pods: Int64?

  /// A memory.
  public init(version: StateVersion, phase: PlacementPhase, pods: Int64? = nil) {
    self.version = version
    self.phase = phase
    self.pods = pods
  }

  /// `1.3 frozen 7`: the text as it is kept.
  public var description: String {
    "\(version) \(phase.rawValue)" + (pods.map { " \($0)" } ?? "")
  }

  /// Reads what ``description`` wrote; nil for any other text.
  public init?(_ text: String) {
    let parts = text.split(separator: " ", omittingEmptySubsequences: false)
    guard (2...3).contains(parts.count), let phase = PlacementPhase(rawValue: String(parts[1])) else { return nil }
    let numbers = parts[0].split(separator: ".", omittingEmptySubsequences: false).map { Int64($0) }
    guard numbers.count == 2, let epoch = numbers[0], let revision = numbers[1], epoch >= 1, revision >= 1 else {
      return nil
    }
    self.init(version: StateVersion(epoch: epoch, revision: revision), phase: phase)
    if parts.count == 3 {
      guard let pods = Int64(parts[2]), pods >= 0 else { return nil }
      self.pods = pods
    }
  }

  /// Which of two holds: the higher version; of the same one, that which knows how many pods there were.
  public func merged(with other: Self) -> Self {
    if version != other.version { return version > other.version ? self : other }
    return pods == nil ? other : self
  }
}
