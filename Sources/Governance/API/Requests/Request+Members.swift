import Contract
import Foundation
import Hummingbird
import Model

/// The members of a small JSON object, each of which must be of the type asked for.
struct RequestMembers {
  let members: [String: DocumentText.Content]
  let path: String
  let language: Language

  /// A text.
  func text(_ name: String) throws -> String {
    guard case .text(let text)? = members[name] else { throw problem(name, accepted: "string") }
    return text
  }

  /// The name that a member has here, of two that it may have: the first where it has neither.
  func name(_ name: String, or other: String) throws -> String {
    guard members[other] != nil else { return name }
    guard members[name] == nil else { throw problem(other, accepted: "\(name) | \(other)") }
    return other
  }

  /// A UUID.
  func identifier(_ name: String) throws -> UUID {
    guard case .text(let text)? = members[name] else { throw problem(name, accepted: "UUID") }
    guard let id = UUID(uuidString: text) else { throw problem(name, found: text, accepted: "UUID") }
    return id
  }

  /// Texts, one at least: an empty list would have to mean nothing, or everything. Nil where it is absent.
  func texts(_ name: String) throws -> [String]? {
    guard let value = members[name] else { return nil }
    guard case .list(let values) = value, !values.isEmpty else { throw problem(name, accepted: "[string, …]") }
    return try values.enumerated().map { index, value in
      guard case .text(let text) = value else {
        throw problem("\(name)[\(index)]", isMissing: false, accepted: "string")
      }
      return text
    }
  }

  /// A whole number; nil where it is absent.
  func wholeNumber(_ name: String) throws -> Int64? {
    guard let value = members[name] else { return nil }
    guard let number = value.wholeNumber else { throw problem(name, accepted: "integer") }
    return number
  }

  /// Yes or no; nil where it is absent.
  func flag(_ name: String) throws -> Bool? {
    guard let value = members[name] else { return nil }
    guard case .flag(let flag) = value else { throw problem(name, accepted: "true, false") }
    return flag
  }

  /// An object within.
  func object(_ name: String) throws -> RequestMembers {
    guard case .object(let members)? = members[name] else { throw problem(name, accepted: "object") }
    return RequestMembers(members: members, path: "\(path)\(name).", language: language)
  }

  fileprivate func problem(
    _ name: String, found: String? = nil, isMissing: Bool? = nil, accepted: String
  ) -> Problem {
    let (message, messageFR) =
      isMissing ?? (members[name] == nil)
      ? ("required field is missing", "champ obligatoire absent") : ("not of the form wanted", "d’une autre forme")
    return .malformed(
      [
        FieldProblem(
          path: "\(path)\(name)", message: message, messageFR: messageFR, value: found, accepted: accepted)
      ], language)
  }
}

extension Request {
  /// The body, a JSON object with no other member than those named.
  ///
  /// - Throws: `DocumentErrors` where it is no JSON, or not within the bounds of documents; ``Problem`` 400 where it is
  ///   another one, and as for ``text()``.
  func members(_ names: Set<String>) async throws -> RequestMembers {
    guard case .object(let members) = try DocumentText(json: try await text()).content else {
      throw Problem.malformed(
        [
          FieldProblem(
            path: "", message: "the body is not a JSON object", messageFR: "le corps n’est pas un objet JSON",
            accepted: names.sorted().joined(separator: ", "))
        ], language)
    }
    let unknown = members.keys.filter { !names.contains($0) }.sorted()
    guard unknown.isEmpty else { throw Problem.malformed(Self.problems(ofUnknown: unknown, among: names), language) }
    return RequestMembers(members: members, path: "", language: language)
  }

  /// The first of the members that are not known, and how many more there are: a body may hold more of them than anyone
  /// reads, and each would be told with all that is accepted.
  private static func problems(ofUnknown unknown: [String], among names: Set<String>) -> [FieldProblem] {
    let accepted = names.sorted().joined(separator: ", ")
    var problems = unknown.prefix(20).map {
      FieldProblem(path: $0, message: "unknown field", messageFR: "champ inconnu", accepted: accepted)
    }
    let left = unknown.count - problems.count
    if left > 0 {
      problems.append(
        FieldProblem(
          path: "", message: "not all problems are listed: \(left) more",
          messageFR: "tous les problèmes ne sont pas listés : \(left) de plus"))
    }
    return problems
  }
}
