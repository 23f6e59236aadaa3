public import Events
public import Model
public import Requests

/// A qualification that a region declares, and how it stands.
public struct QualificationView: Codable, Sendable, Hashable {
  /// Stands for it as it is declared; declared otherwise it has another.
  public var id: String
  /// The region's name.
  public var region: String
  /// Who runs the region.
  public var `operator`: String
  /// The qualification's name.
  public var name: String
  /// First day of validity.
  public var validFrom: CalendarDay?
  /// Last day of validity.
  public var validUntil: CalendarDay?
  /// What it is proved by.
  public var evidence: RegionSpec.Evidence?
  /// How it stands; only what is acknowledged counts.
  public var standing: QualificationBook.Standing
  /// The operator for which a member of the board has said so; absent for who administers.
  public var saidBy: String?
  /// When it was said.
  public var saidAt: Timestamp?
  /// Why it was refused, for those who may know.
  public var reason: String?

  /// A qualification of a region.
  public init(
    id: String, region: String, operator: String, qualification: RegionSpec.Qualification,
    verdict: QualificationVerdict?, standing: QualificationBook.Standing, withReason: Bool
  ) {
    self.id = id
    self.region = region
    self.operator = `operator`
    name = qualification.name
    validFrom = qualification.validFrom
    validUntil = qualification.validUntil
    evidence = qualification.evidence
    self.standing = standing
    saidBy = verdict?.operator
    saidAt = verdict?.at
    reason = withReason ? verdict?.reason : nil
  }
}

/// What is said of a qualification.
public struct QualificationWish: Codable, Sendable, Hashable {
  /// The operator that is spoken for; may be left out by who speaks for one only, or administers.
  public var `operator`: String?
  /// Why it is refused.
  public var reason: String?

  /// A wish.
  public init(operator: String?, reason: String? = nil) {
    self.operator = `operator`
    self.reason = reason
  }
}
