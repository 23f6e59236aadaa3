/// A Kubernetes label selector over ``Attributes``. All its terms must hold; the empty one matches everything.
public struct LabelSelector: Codable, Sendable, Hashable {
  /// One expression.
  public struct Requirement: Codable, Sendable, Hashable {
    /// How the attribute is compared.
    public enum Operator: String, Codable, Sendable, CaseIterable {
      /// One of the attribute's values is in the list.
      case `in` = "In"
      /// The attribute is known, and none of its values is in the list.
      case notIn = "NotIn"
      /// The attribute has a value.
      case exists = "Exists"
      /// The attribute has no value.
      case doesNotExist = "DoesNotExist"
      /// One of the attribute's values is an integer above the one given.
      case greaterThan = "Gt"
      /// One of the attribute's values is an integer below the one given.
      case lessThan = "Lt"
    }

    /// The attribute's name.
    public var key: String
    /// How it is compared.
    public var `operator`: Operator
    /// At least one for `In` and `NotIn`, one integer for `Gt` and `Lt`, none for the others.
    public var values: [String]

    /// An expression.
    public init(key: String, operator: Operator, values: [String] = []) {
      self.key = key
      self.operator = `operator`
      self.values = values
    }

    /// Whether `attributes` satisfy the expression.
    ///
    /// `NotIn` differs from Kubernetes: it does *not* match an unknown attribute, for unknown means refused.
    public func matches(_ attributes: Attributes) -> Bool {
      let known = attributes[key]
      switch `operator` {
      case .in: return known?.contains(where: values.contains) ?? false
      case .notIn: return known.map { !$0.contains(where: values.contains) } ?? false
      case .exists: return known?.isEmpty == false
      case .doesNotExist: return known?.isEmpty != false
      case .greaterThan: return compare(known, >)
      case .lessThan: return compare(known, <)
      }
    }

    private func compare(_ known: [String]?, _ order: (Int64, Int64) -> Bool) -> Bool {
      guard let known, values.count == 1, let bound = values.first.flatMap({ Int64($0) }) else { return false }
      return known.contains { Int64($0).map { order($0, bound) } ?? false }
    }
  }

  /// Attributes that must have these values.
  public var matchLabels: [String: String]
  /// Further expressions.
  public var matchExpressions: [Requirement]

  /// A selector.
  public init(matchLabels: [String: String] = [:], matchExpressions: [Requirement] = []) {
    self.matchLabels = matchLabels
    self.matchExpressions = matchExpressions
  }

  /// Whether nothing is asked.
  public var isEmpty: Bool { matchLabels.isEmpty && matchExpressions.isEmpty }

  /// Whether `attributes` satisfy every term.
  public func matches(_ attributes: Attributes) -> Bool {
    matchLabels.allSatisfy { key, value in attributes[key]?.contains(value) ?? false }
      && matchExpressions.allSatisfy { $0.matches(attributes) }
  }
}
