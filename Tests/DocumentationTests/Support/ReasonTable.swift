import Model
import Placement

/// The closed list of reasons, with the sentences that people read.
enum ReasonTable {
  /// Every parameter of any reason.
  private static let parameters = [
    "kind", "name", "attribute", "source", "dataClass", "wanted", "actual", "qualification", "validUntil", "validFrom",
    "allowed", "demand", "rule", "motive", "taint", "chain", "stage", "project", "mode", "service", "offered",
    "network", "zone", "resource", "short", "needed", "limit", "free", "committed", "environments", "atMost",
    "available", "scope", "environment", "mostly", "nodes", "weight", "target", "term", "score", "chosen",
    "replica", "pinned", "because", "from", "to",
  ]

  /// A reason whose parameters are shown by their names; where a word of the sentence depends on one, an example.
  static func shown(_ code: ReasonCode) -> Reason {
    let names = Dictionary(uniqueKeysWithValues: parameters.map { ($0, "‹\($0)›") })
    return Reason(code, names.merging(["cause": "region", "topology": "region"]) { $1 })
  }

  static func text() -> String {
    GeneratedTable.text(
      ["code", "part", "français", "English", "ce qui devrait changer"],
      ReasonCode.allCases.map { code in
        let reason = shown(code)
        let part = code.category.rawValue + (code.isTemporary ? ", may pass" : "")
        return ["`\(code.rawValue)`", part, reason.sentence.fr, reason.sentence.en ?? "", reason.remedy.fr]
      })
  }
}
