import Placement
import Testing

/// The closed list, pinned: codes are metric labels and stand in stored decisions, so none may be renamed, moved to
/// another part, or change between what may pass and what may not, without this table saying so.
@Suite struct TableReasonTests {
  static let restrictions = """
    UnresolvedReference UnknownDataClass SensitivityTooLow RestrictedZoneReserved QualificationMissing
    QualificationExpired QualificationNotYetValid* ResidencyRefused AttributeUndeclared DataClassDemand AudienceRefused
    RuleRequires RuleForbids RegionClosed ClusterClosed RegionDraining* ClusterDraining* RegionCordoned*
    ClusterCordoned* TaintNotTolerated
    """
  static let fit = """
    ChainCannotDeliver StageNotAdmitted DedicatedToOthers ManagedByApplication ModeContradictory ServiceMissing
    ServiceVersion InterconnectionMissing SpreadUnsatisfiable ColocationUnsatisfiable NoCommonChain ContractLimit
    MoveNeeded* PinInvalid StaleHeartbeat* CapacityNeverFits CapacityShort* JointCapacityShort* NoCandidate PinRefused
    BudgetExhausted
    """
  static let preferences = "RulePrefers RuleAvoids WishMet SoftTaint OutsideHeldTerm Outranked PinnedElsewhere"

  @Test("the list is the one that was published: order, part, and what may pass (*)")
  func pinned() {
    for (category, text) in zip(ReasonCode.Category.allCases, [Self.restrictions, Self.fit, Self.preferences]) {
      let codes = ReasonCode.allCases.filter { $0.category == category }
      let told = codes.map { $0.rawValue + ($0.isTemporary ? "*" : "") }
      #expect(told == text.split(whereSeparator: \.isWhitespace).map(String.init))
    }
  }
}
