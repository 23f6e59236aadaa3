public import Model

/// An error as the API answers it: RFC 9457, `application/problem+json`.
public struct Problem: Codable, Error, Sendable, Hashable {
  /// `urn:regie:problem:` and the code.
  public var type: String
  /// The kind of problem, in the caller's language.
  public var title: String
  /// The HTTP status.
  public var status: Int
  /// This occurrence, in the caller's language.
  public var detail: String
  /// The stable code that programs compare: one of ``ProblemCode``, or one that a newer service has.
  public var code: String
  /// Every field at fault.
  public var errors: [FieldProblem]?

  /// A problem.
  public init(status: Int, code: String, title: String, detail: String, errors: [FieldProblem]? = nil) {
    self.type = "urn:regie:problem:\(code)"
    self.title = title
    self.status = status
    self.detail = detail
    self.code = code
    self.errors = errors
  }

  /// A problem of the API.
  public init(status: Int, _ code: ProblemCode, title: String, detail: String, errors: [FieldProblem]? = nil) {
    self.init(status: status, code: code.rawValue, title: title, detail: detail, errors: errors)
  }
}

/// Part of a list.
public struct ListView<Item: Codable & Sendable>: Codable, Sendable {
  /// The items, in the list's order.
  public var items: [Item]
  /// The cursor of the next part; absent at the end.
  public var next: String?

  /// Part of a list.
  public init(items: [Item], next: String?) {
    self.items = items
    self.next = next
  }
}
