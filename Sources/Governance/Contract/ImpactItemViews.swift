public import Policy

/// The parts that an impact is read in.
public typealias ImpactSection = Impact.Section

/// Part of a section of an impact.
public struct ImpactItemsView<Item: Codable & Sendable>: Codable, Sendable {
  /// The items, in the section's order.
  public var items: [Item]
  /// The cursor of the next part; absent at the end.
  public var next: String?
  /// True where the caller is told of what is on its own clusters only, whether there is anything else or not: how much, or
  /// whether any, would tell where a project is. Absent where everything is told.
  public var withheld: Bool?

  /// Part of a section.
  public init(items: [Item], next: String?, withheld: Bool = false) {
    self.items = items
    self.next = next
    self.withheld = withheld ? true : nil
  }

  private enum CodingKeys: String, CodingKey {
    case items, next, withheld
  }

  /// Reads part of a section. An instance of an earlier release says in `withheld` how many items are.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    items = try container.decode([Item].self, forKey: .items)
    next = try container.decodeIfPresent(String.self, forKey: .next)
    let count = try? container.decodeIfPresent(Int.self, forKey: .withheld)
    withheld = try count.map { $0 > 0 } ?? container.decodeIfPresent(Bool.self, forKey: .withheld)
  }
}

/// A replica that would not comply, in one language.
public struct NonComplianceView: Codable, Sendable, Hashable {
  /// The project's name.
  public var project: String
  /// The environment's name.
  public var environment: String
  /// Which replica, from 0.
  public var replica: Int
  /// Where it is.
  public var cluster: String
  /// The region's name.
  public var region: String
  /// The operator's name.
  public var `operator`: String
  /// Whether it does not comply with the policy in force either.
  public var already: Bool
  /// The rules that it breaks.
  public var rules: [String]
  /// What drives it out, or keeps its chain from delivering to it.
  public var reasons: [ExplanationView.ReasonView]
  /// True where only its chain is in the way: it may stay, and a new decision chooses another one.
  public var mayStay: Bool?

  /// One of them, said in `language`.
  public init(_ item: Impact.NonCompliance, _ language: Language) {
    project = item.project
    environment = item.environment
    replica = item.replica
    cluster = item.cluster
    region = item.region
    `operator` = item.operator
    already = item.already
    rules = item.rules
    reasons = item.reasons.map { ExplanationView.ReasonView($0, language) }
    mayStay = item.mayStay
  }
}

/// A project that could no longer be placed, in one language.
public struct UnplaceableView: Codable, Sendable, Hashable {
  /// The project's name.
  public var project: String
  /// What stands in the way; of the first projects only.
  public var reasons: [ExplanationView.ReasonView]

  /// One of them, said in `language`.
  public init(_ item: Impact.Unplaceable, _ language: Language) {
    project = item.project
    reasons = item.reasons.map { ExplanationView.ReasonView($0, language) }
  }
}
