import Foundation

extension TreeDecoder {
  func readText() -> String {
    guard let tree else { return "" }
    if let text = tree.text { return text }
    let quoted: String? =
      switch tree.content {
      case .bool, .number: "\"\(tree.shown.en)\""
      default: nil
      }
    mismatch("a text", "un texte", accepted: quoted)
    return ""
  }

  func readFlag() -> Bool {
    guard let tree else { return false }
    if case .bool(let flag) = tree.content { return flag }
    mismatch("a boolean", "un booléen", accepted: "true, false")
    return false
  }

  func readInteger<Integer: FixedWidthInteger>(_ type: Integer.Type) -> Integer {
    guard let tree else { return 0 }
    if case .number(let text) = tree.content, let number = Integer(text) { return number }
    mismatch("a whole number", "un nombre entier", accepted: "\(Integer.min) … \(Integer.max)")
    return 0
  }

  func readNumber() -> Double {
    guard let tree else { return 0 }
    if case .number(let text) = tree.content, let number = Double(text), number.isFinite { return number }
    mismatch("a number", "un nombre")
    return 0
  }

  /// A value of an enumeration, or nil if `Value` is not one.
  func closedList<Value>() -> Value? {
    guard let list = Value.self as? any (RawRepresentable & CaseIterable).Type else { return nil }
    if let text = tree?.text, let found = Self.value(text, of: list) { return found as? Value }
    let cases = Self.cases(of: list)
    guard let tree, let first = cases.first else { return cases.first?.value as? Value }
    report.note {
      let names = cases.map(\.name)
      let nearest = tree.text.flatMap { Spelling.nearest(to: $0, in: names) }
      return FieldProblem(
        path: path, message: "not an accepted value" + (nearest.map { ", did you mean “\($0)”?" } ?? ""),
        messageFR: "valeur non acceptée" + (nearest.map { ", vouliez-vous dire « \($0) » ?" } ?? ""),
        value: tree.shown.en, accepted: names.joined(separator: ", "), position: tree.position)
    }
    return first.value as? Value
  }

  /// A value of one of the types that are written as a text of a certain form, or nil if `Value` is not one.
  func writtenAsText<Value>() -> Value? {
    if Value.self is Quantity.Type {
      return form("a quantity", "une quantité", Quantity.accepted, Quantity(0), numbers: true, Quantity.init) as? Value
    }
    if Value.self is CalendarDay.Type {
      return form("a day", "une date", "2026-11-23", CalendarDay("2000-01-01"), CalendarDay.init) as? Value
    }
    if Value.self is Date.Type {
      let standIn = Date(timeIntervalSince1970: 0)
      return form("a date and time", "une date et heure", RFC3339.accepted, standIn, RFC3339.date) as? Value
    }
    if Value.self is UUID.Type {
      let zero = "00000000-0000-0000-0000-000000000000"
      return form("a UUID", "un UUID", zero, UUID(uuidString: zero)) { UUID(uuidString: $0) } as? Value
    }
    return nil
  }

  private func form<Form>(
    _ name: String, _ nameFR: String, _ accepted: String, _ standIn: Form?, numbers: Bool = false,
    _ parse: (String) -> Form?
  ) -> Form? {
    switch tree?.content {
    case nil: return standIn
    case .text(let text): if let value = parse(text) { return value }
    case .number(let text) where numbers: if let value = parse(text) { return value }
    default: break
    }
    mismatchedForm(name, nameFR, accepted)
    return standIn
  }

  private func mismatchedForm(_ name: String, _ nameFR: String, _ accepted: String) {
    guard let tree else { return }
    report.note {
      FieldProblem(
        path: path, message: "not \(name)", messageFR: "ce n’est pas \(nameFR)", value: tree.shown.en,
        accepted: accepted, position: tree.position)
    }
  }

  private static func value<List: RawRepresentable & CaseIterable>(_ text: String, of list: List.Type) -> List? {
    (text as? List.RawValue).flatMap(List.init(rawValue:))
  }

  private static func cases<List: RawRepresentable & CaseIterable>(of list: List.Type) -> [(name: String, value: Any)] {
    list.allCases.compactMap { value in (value.rawValue as? String).map { ($0, value) } }
  }
}
