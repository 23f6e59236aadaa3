/// What an API server says of a failed call, and of a deletion.
public struct Status: Sendable, Hashable, Decodable {
  /// One reason for a refusal, field by field.
  public struct Cause: Sendable, Hashable, Decodable {
    /// One word, as `FieldValueInvalid` or `FieldManagerConflict`.
    public var reason: String?
    /// For people.
    public var message: String?
    /// The field concerned, as `spec.hard[pods]`, or `.spec.hard.pods` for conflicts of field managers.
    public var field: String?

    /// A cause.
    public init(reason: String? = nil, message: String? = nil, field: String? = nil) {
      self.reason = reason
      self.message = message
      self.field = field
    }
  }

  /// More about a failure.
  public struct Details: Sendable, Hashable, Decodable {
    /// The object's name.
    public var name: String?
    /// The object's kind or plural.
    public var kind: String?
    /// The reasons field by field.
    public var causes: [Cause]?
    /// How long to wait before the next try, in seconds.
    public var retryAfterSeconds: Int?

    /// Details.
    public init(name: String? = nil, kind: String? = nil, causes: [Cause]? = nil, retryAfterSeconds: Int? = nil) {
      self.name = name
      self.kind = kind
      self.causes = causes
      self.retryAfterSeconds = retryAfterSeconds
    }
  }

  /// `Status`, where it is one.
  public var kind: String?
  /// `Failure` or `Success`.
  public var status: String?
  /// The HTTP code.
  public var code: Int?
  /// One word, as `NotFound`.
  public var reason: String?
  /// For people.
  public var message: String?
  /// More.
  public var details: Details?

  /// A status.
  public init(
    kind: String? = nil, status: String? = "Failure", code: Int? = nil, reason: String? = nil, message: String? = nil,
    details: Details? = nil
  ) {
    self.kind = kind
    self.status = status
    self.code = code
    self.reason = reason
    self.message = message
    self.details = details
  }
}
