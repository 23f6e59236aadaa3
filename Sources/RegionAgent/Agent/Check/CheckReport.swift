import Foundation
import Model

/// What `region-agent --check` found.
struct CheckReport: Codable, Sendable, Hashable {
  /// One thing that was looked at.
  struct Finding: Codable, Sendable, Hashable {
    /// What it is: `keys`, `bus`, `cluster NAME`.
    var subject: String
    /// What was asked, as `patch resourcequotas`.
    var check: String
    /// Whether it is as it should be.
    var isGood: Bool
    /// What was found; where it is not good, what is missing and what for.
    var detail: String
    /// Whether it is told although an agent starts with it: it is good all the same.
    var isWarning = false

    private enum CodingKeys: String, CodingKey {
      case subject, check, isGood = "ok", detail, isWarning = "warning"
    }
  }

  /// In the order in which they were looked at.
  var findings: [Finding]

  /// Whether an agent could do its work.
  var isGood: Bool { findings.allSatisfy(\.isGood) }

  private enum CodingKeys: String, CodingKey {
    case findings
    case isGood = "ok"
  }

  init(findings: [Finding]) { self.findings = findings }

  init(from decoder: any Decoder) throws {
    findings = try decoder.container(keyedBy: CodingKeys.self).decode([Finding].self, forKey: .findings)
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(isGood, forKey: .isGood)
    try container.encode(findings, forKey: .findings)
  }

  /// For machines; keys are sorted.
  func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }

  /// For people: a line per finding, then how many are missing.
  func text() -> String {
    let widths = (
      findings.map(\.subject.count).max() ?? 0, findings.map(\.check.count).max() ?? 0
    )
    let lines = findings.map { finding in
      let mark = finding.isGood ? finding.isWarning ? "!" : "✓" : "✗"
      let subject = finding.subject.padding(toLength: widths.0, withPad: " ", startingAt: 0)
      let check = finding.check.padding(toLength: widths.1, withPad: " ", startingAt: 0)
      return "\(mark)  \(subject)  \(check)  \(finding.detail)"
    }
    let missing = findings.count { !$0.isGood }
    let summary =
      missing == 0
      ? "Rien ne manque. / Nothing is missing."
      : Counted.fr(missing, "de \(findings.count) manque.", "de \(findings.count) manquent.") + " / "
        + Counted.en(missing, "of \(findings.count) is missing.", "of \(findings.count) are missing.")
    return (lines + [summary]).joined(separator: "\n")
  }
}
