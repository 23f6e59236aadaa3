/// Objects by their labels; the empty selector selects all.
public struct LabelSelector: Sendable, Hashable, Codable {
  /// One requirement.
  public struct Requirement: Sendable, Hashable, Codable {
    /// The label.
    public var key: String
    /// `In`, `NotIn`, `Exists` or `DoesNotExist`.
    public var `operator`: String
    /// The values for `In` and `NotIn`.
    public var values: [String]?

    /// A requirement.
    public init(key: String, operator: String, values: [String]? = nil) {
      self.key = key
      self.operator = `operator`
      self.values = values
    }
  }

  /// Labels and the values they must have.
  public var matchLabels: [String: String]?
  /// Further requirements.
  public var matchExpressions: [Requirement]?

  /// A selector.
  public init(matchLabels: [String: String]? = nil, matchExpressions: [Requirement]? = nil) {
    self.matchLabels = matchLabels
    self.matchExpressions = matchExpressions
  }
}

/// A number or a name, as ports have.
public enum IntOrString: Sendable, Hashable, Codable, ExpressibleByIntegerLiteral, ExpressibleByStringLiteral {
  case int(Int)
  case string(String)

  /// A number.
  public init(integerLiteral value: Int) { self = .int(value) }
  /// A name.
  public init(stringLiteral value: String) { self = .string(value) }

  /// Decodes a number, else a string.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let number = try? container.decode(Int.self) {
      self = .int(number)
    } else {
      self = .string(try container.decode(String.self))
    }
  }

  /// Encodes a number or a string.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .int(let number): try container.encode(number)
    case .string(let text): try container.encode(text)
    }
  }
}
