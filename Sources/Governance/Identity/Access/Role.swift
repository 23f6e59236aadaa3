/// One thing that somebody is to Régie: `auditor`, `operator(dtnum)`, `project-team(ccaf)`.
public enum Role: Sendable, Hashable {
  /// Drafts policies and votes on them, for the operator named.
  case boardMember(operator: String)
  /// Keeps the common part of the offer, derogations, keys and recoveries.
  case governanceAdmin
  /// Keeps the part of the offer that is the named operator's.
  case `operator`(String)
  /// The console, which asks, places and reserves for all projects.
  case console
  /// A team of the project named.
  case projectTeam(String)
  /// Asks for derogations for the projects of the organisation named.
  case organisation(String)
  /// Reads everything that was decided, and changes nothing.
  case auditor
  /// Says what the homologation authority thinks of derogations.
  case homologationAuthority

  /// Instead of a name: every operator, every project, or every organisation. No resource can have this name.
  public static let everyone = "*"

  /// A role of a kind; nil where the kind wants a subject and there is none, or the other way round.
  public init?(_ kind: RoleKind, subject: String? = nil) {
    switch (kind, subject) {
    case (.boardMember, let name?) where !name.isEmpty: self = .boardMember(operator: name)
    case (.operator, let name?) where !name.isEmpty: self = .operator(name)
    case (.projectTeam, let name?) where !name.isEmpty: self = .projectTeam(name)
    case (.organisation, let name?) where !name.isEmpty: self = .organisation(name)
    case (.governanceAdmin, nil): self = .governanceAdmin
    case (.console, nil): self = .console
    case (.auditor, nil): self = .auditor
    case (.homologationAuthority, nil): self = .homologationAuthority
    default: return nil
    }
  }

  /// What kind of role it is.
  public var kind: RoleKind {
    switch self {
    case .boardMember: .boardMember
    case .governanceAdmin: .governanceAdmin
    case .operator: .operator
    case .console: .console
    case .projectTeam: .projectTeam
    case .organisation: .organisation
    case .auditor: .auditor
    case .homologationAuthority: .homologationAuthority
    }
  }

  /// The operator, project or organisation that it is for.
  public var subject: String? {
    switch self {
    case .boardMember(let name), .operator(let name), .projectTeam(let name), .organisation(let name): name
    case .governanceAdmin, .console, .auditor, .homologationAuthority: nil
    }
  }

  /// Whether somebody in this role is in `other` as well: a role for everyone is one for each.
  public func includes(_ other: Role) -> Bool {
    self == other || (kind == other.kind && subject == Self.everyone)
  }
}

extension Role: LosslessStringConvertible, Comparable {
  /// Reads `auditor` or `operator(dtnum)`.
  public init?(_ description: String) {
    guard let open = description.firstIndex(of: "("), description.hasSuffix(")") else {
      guard let kind = RoleKind(rawValue: description) else { return nil }
      self.init(kind)
      return
    }
    let name = String(description[description.index(after: open)...].dropLast())
    guard let kind = RoleKind(rawValue: String(description[..<open])), Self.isName(name) else { return nil }
    self.init(kind, subject: name)
  }

  /// The role as configuration, keys and answers write it.
  public var description: String { subject.map { "\(kind.rawValue)(\($0))" } ?? kind.rawValue }

  /// By their text, so that lists of roles have one order.
  public static func < (left: Role, right: Role) -> Bool { left.description < right.description }

  /// Whether a name can be a resource's, or stands for all: nothing that would read as another role.
  private static func isName(_ text: String) -> Bool {
    text == everyone
      || (!text.isEmpty && text.utf8.count <= 253
        && text.unicodeScalars.allSatisfy {
          ("a"..."z").contains($0) || ("0"..."9").contains($0) || "-.".unicodeScalars.contains($0)
        })
  }
}

extension Role: Codable {
  /// Reads the role's text.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let role = Role(text) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "“\(text)” is not a role")
    }
    self = role
  }

  /// Writes the role's text.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
