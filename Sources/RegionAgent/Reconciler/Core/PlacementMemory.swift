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
  /// The highest version after a removal that was seen and refused: it called the removal back, also where the bus loses it.
  public var refused: StateVersion?

  /// A memory.
  public init(version: StateVersion, phase: PlacementPhase, pods: Int64? = nil, refused: StateVersion? = nil) {
    self.version = version
    self.phase = phase
    self.pods = pods
    self.refused = refused.flatMap { $0 > version ? $0 : nil }
  }

  /// The highest version seen.
  public var highest: StateVersion { max(version, refused ?? version) }

  /// `1.3 frozen 7`: what was acted on, as it is kept. Every release of the agent reads it, so that one can be gone back to:
  /// what was refused is kept beside it.
  public var acted: String { "\(version) \(phase.rawValue)" + (pods.map { " \($0)" } ?? "") }

  /// `1.3 frozen 7`, `1.5 removed refused 1.6`.
  public var description: String { acted + (refused.map { " refused \($0)" } ?? "") }

  /// Reads what ``description`` wrote; nil for any other text.
  public init?(_ text: String) {
    var words = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)[...]
    guard let version = words.popFirst().flatMap(StateVersion.init(memorised:)),
      let phase = words.popFirst().flatMap(PlacementPhase.init(rawValue:))
    else { return nil }
    self.init(version: version, phase: phase)
    if let word = words.first, word != "refused" {
      guard let pods = Int64(word), pods >= 0 else { return nil }
      self.pods = pods
      words.removeFirst()
    }
    guard !words.isEmpty else { return }
    guard words.count == 2, words.removeFirst() == "refused", let word = words.first,
      let refused = StateVersion(memorised: word), refused > version
    else { return nil }
    self.refused = refused
  }

  /// With what was refused after it, as it is kept; nil where the text is no version.
  func refusing(_ text: String) -> Self? {
    StateVersion(memorised: text).map { Self(version: version, phase: phase, pods: pods, refused: $0) }
  }

  /// Which of two holds: the higher version; of the same one, that which knows how many pods there were. What was refused
  /// stays refused until something later was acted on.
  public func merged(with other: Self) -> Self {
    var holding = version == other.version ? (pods == nil ? other : self) : (version > other.version ? self : other)
    holding.refused = [refused, other.refused].compactMap { $0 }.filter { $0 > holding.version }.max()
    return holding
  }
}

extension StateVersion {
  /// Reads `1.3`, as ``description`` writes it.
  init?(memorised text: String) {
    let numbers = text.split(separator: ".", omittingEmptySubsequences: false).map { Int64($0) }
    guard numbers.count == 2, let epoch = numbers[0], let revision = numbers[1], epoch >= 1, revision >= 1 else {
      return nil
    }
    self.init(epoch: epoch, revision: revision)
  }
}
