import Foundation
import Model

/// The fields of a policy's governance: a field that is added to it is compared like the others. What holds anyway is the
/// same where it is written and where it is not.
enum GovernanceFields {
  /// A field's value: a text, a number, a list of texts, or anything else.
  private enum Value: Decodable {
    case text(String)
    case number(Int64)
    case flag(Bool)
    case list([String])
    case other

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let text = try? container.decode(String.self) {
        self = .text(text)
      } else if let flag = try? container.decode(Bool.self) {
        self = .flag(flag)
      } else if let number = try? container.decode(Int64.self) {
        self = .number(number)
      } else if let list = try? container.decode([String].self) {
        self = .list(list)
      } else {
        self = .other
      }
    }

    var text: String? {
      switch self {
      case .text(let text): text
      case .number(let number): String(number)
      case .flag(let flag): String(flag)
      case .list(let list): PolicyElements.list(list)
      case .other: nil
      }
    }
  }

  /// What holds of a field that is not written.
  private static let defaults = ["majority": "simple", "votingDays": "15", "emergencyDays": "7"]

  /// What a governance says, but for what holds anyway.
  static func values(_ governance: PolicySpec.Governance?) -> [String: String] {
    guard let governance, let data = try? ModelJSON.encoder.encode(governance),
      let fields = try? ModelJSON.decoder.decode([String: Value].self, from: data)
    else { return [:] }
    return fields.compactMapValues(\.text).filter { defaults[$0.key] != $0.value }
  }
}
