public import Model

/// Why a target is not yet, or no more, what users need: what is looked at before they are led there, and before the source goes.
public enum TargetFault: Sendable, Hashable {
  /// Its namespace, or the quota there, is not in force.
  case notReady
  /// Its agent, or the operator's own guard, refuses it.
  case refused
  /// Something is left that only the owner of the namespace can do.
  case awaitingOwner
  /// The zone was not heard for longer than the policy allows.
  case silent
  /// The source uses more than the target may.
  case usage(CountedResource)
  /// A derogation that it rests on is about to end.
  case derogationEnds(name: String)

  /// What is told of a target.
  public struct Sight: Sendable, Hashable {
    /// Whether the summary of its conditions is true.
    public var isReady: Bool
    /// Whether its state was refused.
    public var isRefused: Bool
    /// Whether it waits for the namespace's owner.
    public var isAwaitingOwner: Bool
    /// Whether its zone is not heard.
    public var isSilent: Bool
    /// What it may use.
    public var quota: ResourceAmounts
    /// What the source was seen to use; nil where nobody knows.
    public var used: ResourceAmounts?
    /// Derogations of the project that end within the time looked ahead.
    public var ending: [String]

    /// What is told.
    public init(
      isReady: Bool, isRefused: Bool = false, isAwaitingOwner: Bool = false, isSilent: Bool = false,
      quota: ResourceAmounts, used: ResourceAmounts? = nil, ending: [String] = []
    ) {
      self.isReady = isReady
      self.isRefused = isRefused
      self.isAwaitingOwner = isAwaitingOwner
      self.isSilent = isSilent
      self.quota = quota
      self.used = used
      self.ending = ending
    }
  }

  /// What is not as it must be, in a fixed order.
  public static func faults(of sight: Sight) -> [TargetFault] {
    var faults: [TargetFault] = []
    if sight.isRefused { faults.append(.refused) }
    if sight.isAwaitingOwner { faults.append(.awaitingOwner) }
    if !sight.isReady, !sight.isRefused, !sight.isAwaitingOwner { faults.append(.notReady) }
    if sight.isSilent { faults.append(.silent) }
    if let used = sight.used {
      faults += CountedResource.allCases.filter { used[$0] > sight.quota[$0] && sight.quota[$0] > 0 }.map { .usage($0) }
    }
    return faults + sight.ending.sorted().map { .derogationEnds(name: $0) }
  }

  /// Whether it may pass while its agent works, or is away for a while: nobody has to do anything about it at once.
  public var passesByWaiting: Bool { self == .notReady || self == .silent }

  /// Of faults as a move keeps them, those that do not pass by waiting. What a later version says may.
  static func lasting(among codes: [String]) -> [String] {
    codes.filter { code in TargetFault(code: code).map { !$0.passesByWaiting } ?? false }
  }

  /// As a move keeps it: a word, and what it is about.
  public var code: String {
    switch self {
    case .notReady: "notReady"
    case .refused: "refused"
    case .awaitingOwner: "awaitingOwner"
    case .silent: "silent"
    case .usage(let resource): "usage/\(resource.rawValue)"
    case .derogationEnds(let name): "derogationEnds/\(name)"
    }
  }

  /// Reads ``code``; nil for what is none.
  public init?(code: String) {
    let parts = code.split(separator: "/", maxSplits: 1).map(String.init)
    switch (parts.first, parts.count > 1 ? parts[1] : nil) {
    case ("notReady", nil): self = .notReady
    case ("refused", nil): self = .refused
    case ("awaitingOwner", nil): self = .awaitingOwner
    case ("silent", nil): self = .silent
    case ("usage", let name?):
      guard let resource = CountedResource(rawValue: name) else { return nil }
      self = .usage(resource)
    case ("derogationEnds", let name?): self = .derogationEnds(name: name)
    default: return nil
    }
  }

  /// What is wrong, for everybody who has a part in the move: without names.
  public var summary: LocalizedText {
    guard case .derogationEnds = self else { return sentence }
    return LocalizedText(
      fr: "une dérogation dont elle dépend prend fin, ou a pris fin",
      en: "a derogation that it rests on is about to end, or has ended")
  }

  /// The sentence for people.
  public var sentence: LocalizedText {
    switch self {
    case .notReady:
      LocalizedText(
        fr: "l’espace de noms ou son quota n’est pas en place", en: "the namespace or its quota is not in force")
    case .refused:
      LocalizedText(
        fr: "l’agent ou la garde de l’opérateur refuse l’état voulu",
        en: "the agent, or the operator's own guard, refuses the desired state")
    case .awaitingOwner:
      LocalizedText(
        fr: "il reste une action au propriétaire de l’espace de noms",
        en: "something is left to the owner of the namespace")
    case .silent:
      LocalizedText(fr: "l’agent de la zone ne donne plus signe de vie", en: "the zone's agent is not heard any more")
    case .usage(let resource):
      LocalizedText(
        fr: "la source utilise plus de \(resource.rawValue) que le quota de la cible",
        en: "the source uses more \(resource.rawValue) than the target's quota")
    case .derogationEnds(let name):
      LocalizedText(
        fr: "la dérogation « \(name) » prend fin bientôt, ou a pris fin",
        en: "the derogation “\(name)” is about to end, or has ended")
    }
  }
}
