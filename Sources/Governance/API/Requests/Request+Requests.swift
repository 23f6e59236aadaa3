import Contract
import Model

extension RequestMembers {
  /// One of a closed list.
  func choice<Choice: RawRepresentable & CaseIterable>(
    _ name: String, of type: Choice.Type
  ) throws -> Choice where Choice.RawValue == String {
    let text = try text(name)
    guard let choice = Choice(rawValue: text) else {
      throw Problem.malformed(
        [
          FieldProblem(
            path: "\(path)\(name)", message: "not one of the choices", messageFR: "ce choix n’existe pas", value: text,
            accepted: Choice.allCases.map(\.rawValue).joined(separator: ", "))
        ], language)
    }
    return choice
  }

  /// Whole numbers, one at least.
  func numbers(_ name: String) throws -> [Int] {
    guard case .list(let values)? = members[name], !values.isEmpty else {
      throw wrongForm(of: name, accepted: "[integer, …]")
    }
    return try values.enumerated().map { index, value in
      guard let number = value.wholeNumber else {
        throw wrongForm(of: "\(name)[\(index)]", accepted: "integer")
      }
      return Int(clamping: number)
    }
  }

  private func wrongForm(of name: String, accepted: String) -> Problem {
    Problem.malformed(
      [
        FieldProblem(
          path: "\(path)\(name)", message: "not of the form wanted", messageFR: "d’une autre forme", accepted: accepted)
      ], language)
  }

  /// A day; nil where it is absent.
  func day(_ name: String) throws -> CalendarDay? {
    guard let text = try optionalText(name) else { return nil }
    guard let day = CalendarDay(text) else {
      throw Problem.malformed(
        [
          FieldProblem(
            path: "\(path)\(name)", message: "not a day", messageFR: "ce n’est pas un jour", value: text,
            accepted: "2026-11-23")
        ], language)
    }
    return day
  }
}
