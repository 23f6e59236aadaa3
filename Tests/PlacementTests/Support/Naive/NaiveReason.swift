import Model
import Placement

/// One thing that a cluster says, by its code and by what tells it from others of the code. Amounts are in the ledger's
/// unit, so that how they are written does not matter.
struct NaiveReason: Hashable, Comparable, CustomStringConvertible {
  var code: ReasonCode
  var about: [String: String]

  init(_ code: ReasonCode, _ about: [String: String] = [:]) {
    self.code = code
    self.about = about
  }

  /// What the engine said, reduced to what the specification speaks of.
  init(_ reason: Reason) {
    code = reason.code
    about = reason.parameters.filter { Self.telling(reason.code).contains($0.key) }
    if let resource = reason.parameters["resource"].flatMap(CountedResource.init) {
      for (name, text) in about where name != "resource" {
        guard let quantity = Quantity(text) else { continue }
        about[name] = "\(resource == .cpu ? quantity.milliValue : quantity.value)"
      }
    }
  }

  /// The parameters that tell reasons of a code apart.
  static func telling(_ code: ReasonCode) -> Set<String> {
    switch code {
    case .unresolvedReference: ["kind", "name"]
    case .unknownDataClass, .dataClassDemand: ["dataClass"]
    case .sensitivityTooLow, .restrictedZoneReserved: ["wanted", "actual"]
    case .qualificationMissing: ["qualification"]
    case .qualificationExpired: ["qualification", "validUntil"]
    case .qualificationNotYetValid: ["qualification", "validFrom"]
    case .residencyRefused: ["source", "actual"]
    case .attributeUndeclared: ["attribute", "source"]
    case .audienceRefused: ["wanted"]
    case .ruleRequires, .ruleForbids: ["rule"]
    case .regionClosed, .clusterClosed, .regionDraining, .clusterDraining, .regionCordoned, .clusterCordoned: ["name"]
    case .taintNotTolerated, .softTaint: ["name", "taint"]
    case .chainCannotDeliver: ["chain", "cause"]
    case .stageNotAdmitted: ["stage"]
    case .dedicatedToOthers, .managedByApplication: ["project"]
    case .modeContradictory: ["mode"]
    case .serviceMissing: ["service"]
    case .serviceVersion: ["service", "wanted"]
    case .interconnectionMissing: ["network"]
    case .staleHeartbeat: ["zone"]
    case .capacityNeverFits: ["resource", "needed", "limit", "short"]
    case .capacityShort: ["resource", "needed", "limit", "short", "committed", "free"]
    case .contractLimit: ["scope", "resource", "needed", "limit", "short"]
    case .moveNeeded: ["environment", "replica", "from"]
    case .rulePrefers, .ruleAvoids: ["rule", "weight"]
    case .wishMet: ["weight"]
    case .pinInvalid: ["environment", "replica", "pinned", "cause"]
    case .pinRefused: ["environment", "replica", "pinned", "because"]
    default: []
    }
  }

  static func < (left: Self, right: Self) -> Bool {
    left.code == right.code ? left.description < right.description : left.code < right.code
  }

  var description: String {
    code.rawValue + "(" + about.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", ")
      + ")"
  }
}
