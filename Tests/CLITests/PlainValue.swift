import Foundation
import Yams

/// A JSON or YAML value in one form, to compare what two texts say; true and 1 count as the same.
indirect enum PlainValue: Equatable {
  case members([String: PlainValue])
  case items([PlainValue])
  case number(Double)
  case text(String)
  case nothing

  init(json text: String) throws {
    self.init(try JSONSerialization.jsonObject(with: Data(text.utf8)))
  }

  init(yaml text: String) throws {
    self.init(try Yams.load(yaml: text) ?? NSNull())
  }

  private init(_ value: Any) {
    switch value {
    case let members as [AnyHashable: Any]:
      self = .members(
        Dictionary(uniqueKeysWithValues: members.map { (String(describing: $0.key), PlainValue($0.value)) }))
    case let items as [Any]: self = .items(items.map { PlainValue($0) })
    case let text as String: self = .text(text)
    case let flag as Bool: self = .number(flag ? 1 : 0)
    case let number as Int: self = .number(Double(number))
    case let number as Double: self = .number(number)
    default: self = .nothing
    }
  }
}
