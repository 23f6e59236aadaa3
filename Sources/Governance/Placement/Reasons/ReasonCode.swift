/// The closed list of reasons, in the order in which they are shown: restrictions, fit with structure before capacity,
/// preference. The raw values are metric labels.
public enum ReasonCode: String, Codable, Sendable, CaseIterable, Hashable, Comparable {
  // Restrictions.
  case unresolvedReference = "UnresolvedReference"
  case unknownDataClass = "UnknownDataClass"
  case sensitivityTooLow = "SensitivityTooLow"
  case restrictedZoneReserved = "RestrictedZoneReserved"
  case qualificationMissing = "QualificationMissing"
  case qualificationExpired = "QualificationExpired"
  case qualificationNotYetValid = "QualificationNotYetValid"
  case residencyRefused = "ResidencyRefused"
  case attributeUndeclared = "AttributeUndeclared"
  case dataClassDemand = "DataClassDemand"
  case audienceRefused = "AudienceRefused"
  case ruleRequires = "RuleRequires"
  case ruleForbids = "RuleForbids"
  case regionClosed = "RegionClosed"
  case clusterClosed = "ClusterClosed"
  case regionDraining = "RegionDraining"
  case clusterDraining = "ClusterDraining"
  case regionCordoned = "RegionCordoned"
  case clusterCordoned = "ClusterCordoned"
  case taintNotTolerated = "TaintNotTolerated"
  // Fit: structure.
  case chainCannotDeliver = "ChainCannotDeliver"
  case stageNotAdmitted = "StageNotAdmitted"
  case dedicatedToOthers = "DedicatedToOthers"
  case managedByApplication = "ManagedByApplication"
  case modeContradictory = "ModeContradictory"
  case serviceMissing = "ServiceMissing"
  case serviceVersion = "ServiceVersion"
  case interconnectionMissing = "InterconnectionMissing"
  case spreadUnsatisfiable = "SpreadUnsatisfiable"
  case colocationUnsatisfiable = "ColocationUnsatisfiable"
  case noCommonChain = "NoCommonChain"
  case contractLimit = "ContractLimit"
  case moveNeeded = "MoveNeeded"
  case pinInvalid = "PinInvalid"
  // Fit: heartbeat and capacity.
  case staleHeartbeat = "StaleHeartbeat"
  case capacityNeverFits = "CapacityNeverFits"
  case capacityShort = "CapacityShort"
  case jointCapacityShort = "JointCapacityShort"
  case noCandidate = "NoCandidate"
  case pinRefused = "PinRefused"
  case budgetExhausted = "BudgetExhausted"
  // Preference.
  case rulePrefers = "RulePrefers"
  case ruleAvoids = "RuleAvoids"
  case wishMet = "WishMet"
  case softTaint = "SoftTaint"
  case outsideHeldTerm = "OutsideHeldTerm"
  case outranked = "Outranked"
  case pinnedElsewhere = "PinnedElsewhere"

  /// The part of a decision that a reason belongs to.
  public enum Category: String, Codable, Sendable, CaseIterable {
    /// Relaxed by nothing but a notified derogation.
    case restriction
    /// Whether the project can run there.
    case fit
    /// Whether it would be good there.
    case preference
  }

  /// The part of a decision that the reason belongs to.
  public var category: Category {
    if self < .chainCannotDeliver { return .restriction }
    return self < .rulePrefers ? .fit : .preference
  }

  /// Whether it may pass without anyone changing the offer, the policy or the project.
  public var isTemporary: Bool {
    switch self {
    case .qualificationNotYetValid, .regionDraining, .clusterDraining, .regionCordoned, .clusterCordoned,
      .moveNeeded, .staleHeartbeat, .capacityShort, .jointCapacityShort:
      true
    default: false
    }
  }

  /// The order of the list.
  public static func < (left: Self, right: Self) -> Bool { left.position < right.position }

  /// The place in the list. It is asked for all that is found, and looking a text up in a table would cost more than
  /// finding it: a value of an enumeration without payloads is one byte, the place of its case. A test compares all of
  /// them with ``allCases``.
  var position: Int { Int(unsafeBitCast(self, to: UInt8.self)) }
}
