/// How far what a route grants to a caller reaches: everything, or what belongs to some operators and projects.
public enum Scope: Sendable, Hashable {
  /// Whatever there is, also what is no operator's and no project's.
  case everything
  /// Only what one of these operators runs, or what is one of these projects'.
  case own(operators: Owners, projects: Owners)

  /// Whether what is of this operator is within reach.
  public func covers(operator name: String?) -> Bool {
    guard case .own(let operators, _) = self else { return true }
    return name.map(operators.contains) ?? false
  }

  /// Whether what is of this project is within reach.
  public func covers(project name: String) -> Bool {
    guard case .own(_, let projects) = self else { return true }
    return projects.contains(name)
  }
}

/// Of whom of one kind something is within reach: of those that are named, or of each of them, one by one.
public enum Owners: Sendable, Hashable, ExpressibleByArrayLiteral {
  /// Each that there is of the kind, and nothing that is of none of them.
  case all
  /// Only those that are named.
  case only(Set<String>)

  /// Those that roles name; ``Role/everyone`` may be among them.
  public init(_ subjects: Set<String>) {
    self = subjects.contains(Role.everyone) ? .all : .only(subjects)
  }

  /// Those that are named.
  public init(arrayLiteral names: String...) { self = .only(Set(names)) }

  /// Their names; nil where it is each of the kind.
  public var names: Set<String>? {
    switch self {
    case .all: nil
    case .only(let names): names
    }
  }

  /// Whether one is among them.
  public func contains(_ name: String) -> Bool { names?.contains(name) ?? true }
}
