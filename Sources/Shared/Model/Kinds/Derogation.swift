public import Foundation

/// A motivated exception to rules of the policy. Only a *notified*, granted one takes effect.
public struct DerogationSpec: ResourceSpec {
  /// The kind that this is the spec of.
  public static let kind = Kind.derogation

  /// What was decided.
  public enum Decision: String, Codable, Sendable, CaseIterable {
    case pending
    case granted
    case refused
  }

  /// The project's name.
  public var project: String
  /// The ids of the rules waived; at least one.
  public var rules: [String]
  /// The stages in which they are waived; all where absent.
  public var stages: [String]?
  /// Why; never empty.
  public var motive: String
  /// Who asked.
  public var requestedBy: String?
  /// First day of effect, not before the notification.
  public var validFrom: CalendarDay?
  /// Last day of effect; for good where absent.
  public var validUntil: CalendarDay?
  /// What was decided; `pending` unless said otherwise.
  public var decision: Decision?
  /// When the decision was notified. Nothing takes effect before.
  public var notifiedAt: Date?

  /// Whether it waives its rules in a stage.
  public func isFor(stage: String) -> Bool { stages?.contains(stage) ?? true }

  /// A derogation.
  public init(
    project: String, rules: [String], stages: [String]? = nil, motive: String, requestedBy: String? = nil,
    validFrom: CalendarDay? = nil,
    validUntil: CalendarDay? = nil, decision: Decision? = nil, notifiedAt: Date? = nil
  ) {
    self.project = project
    self.rules = rules
    self.stages = stages
    self.motive = motive
    self.requestedBy = requestedBy
    self.validFrom = validFrom
    self.validUntil = validUntil
    self.decision = decision
    self.notifiedAt = notifiedAt
  }
}
