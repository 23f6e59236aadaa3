public import Events
public import Model

/// A version of something on offer.
public struct ResourceVersionView: Codable, Sendable, Hashable {
  /// What became of it.
  public enum Change: String, Codable, Sendable, CaseIterable {
    /// It was there when the history began.
    case known
    /// It was not there before.
    case created
    /// It said something else before.
    case changed
    /// Something was said of its qualifications.
    case judged
    /// It is not there any more.
    case deleted
  }

  /// Counts versions of everything on offer; some numbers may be left out.
  public var number: Int64
  /// What became of it.
  public var change: Change
  /// Whose it was then; absent of what is nobody's own.
  public var `operator`: String?
  /// Who wrote it; absent where that is not known here, or is not known any more.
  public var principal: String?
  /// When, by the database's clock.
  public var at: Timestamp
  /// The resource as it was then, or was last.
  public var resource: AnyResource

  /// A version.
  public init(
    number: Int64, change: Change, operator: String?, principal: String?, at: Timestamp, resource: AnyResource
  ) {
    self.number = number
    self.change = change
    self.operator = `operator`
    self.principal = principal
    self.at = at
    self.resource = resource
  }
}
