import Board
import Contract
import Events
import Foundation
import HTTPTypes
import Hummingbird
import Identity
import Model
import Store

extension Request {
  /// Who acts on the board, for the operator that the query names.
  func boardActor(_ context: APIContext) throws -> BoardActor {
    try context.boardActor(for: uri.queryParameters["operator"].map(String.init))
  }

  /// The policy that the body holds, which need not be right yet; nil where there is no body.
  ///
  /// - Throws: `DocumentErrors`; ``Problem`` 400 where it is something else, and as for ``text()``.
  func policyText() async throws -> PolicySpec? {
    // A body of no type does not pass for none: the draft would begin as another text than the one that was sent.
    if headers[.contentType] == nil, try await hasNoBody() { return nil }
    let text = try await text()
    let documents = try isJSON ? ResourceDocument.read(json: text) : ResourceDocument.read(text)
    guard documents.count == 1, case .policy(let policy)? = documents.first?.resource else {
      throw Problem.malformed(
        [
          FieldProblem(
            path: "kind", message: "one Policy is expected", messageFR: "une seule Policy est attendue",
            value: documents.map(\.resource.kind.rawValue).joined(separator: ", "), accepted: "Policy")
        ], language)
    }
    return policy.spec
  }

  /// What somebody says on the board: it has something in it, an end, and nothing that turns the terminals of those who
  /// vote on it.
  ///
  /// - Throws: ``Problem`` 400 with the field.
  func boardText(_ text: String, at path: String) throws -> String {
    guard text.contains(where: { !$0.isWhitespace }), text.utf8.count <= Self.longestText else {
      throw Problem.malformed(
        [
          FieldProblem(
            path: path, message: text.isEmpty ? "is empty" : "is too long, or blank",
            messageFR: text.isEmpty ? "est vide" : "est trop long, ou blanc", value: text,
            accepted: "1 … \(Self.longestText) bytes")
        ], language)
    }
    guard PlainText.isPlain(text) else {
      throw Problem.malformed(
        [
          FieldProblem(
            path: path, message: PlainText.refusal.en, messageFR: PlainText.refusal.fr, value: text,
            accepted: PlainText.accepted)
        ], language)
    }
    return text
  }

  /// In bytes: longer than anyone writes in one go.
  private static var longestText: Int { 10_000 }

  /// The part of a list that is asked for.
  func page(further names: Set<Substring> = []) throws -> (limit: Int, cursor: String?) {
    try allowParameters(names.union(["limit", "cursor"]))
    return (
      try number("limit", default: 100, in: 1...1000), uri.queryParameters["cursor"].map(String.init)
    )
  }

  /// One of a closed list; nil where it is not given.
  func choice<Choice: RawRepresentable & CaseIterable>(
    _ name: Substring, of type: Choice.Type, among choices: [Choice] = Array(Choice.allCases)
  ) throws -> Choice? where Choice.RawValue == String {
    guard let text = uri.queryParameters[name] else { return nil }
    guard let choice = choices.first(where: { $0.rawValue == text }) else {
      throw badParameter(
        String(name), found: String(text), accepted: choices.map(\.rawValue).joined(separator: ", "))
    }
    return choice
  }

  /// The number of a version; nil where it is not given.
  func version(_ name: Substring) throws -> Int64? {
    guard let text = uri.queryParameters[name] else { return nil }
    guard let number = Int64(text), number >= 1 else {
      throw badParameter(String(name), found: String(text), accepted: "1, 2, …")
    }
    return number
  }

  /// A moment; nil where it is not given.
  func moment(_ name: Substring) throws -> Timestamp? {
    guard let text = uri.queryParameters[name] else { return nil }
    guard let moment = Timestamp(String(text)) else {
      throw badParameter(String(name), found: String(text), accepted: "2026-11-23T23:11:07Z")
    }
    return moment
  }

  /// An identifier; nil where it is not given.
  func identifierParameter(_ name: Substring) throws -> UUID? {
    guard let text = uri.queryParameters[name] else { return nil }
    guard let id = UUID(uuidString: String(text)) else {
      throw badParameter(String(name), found: String(text), accepted: "UUID")
    }
    return id
  }
}

extension RequestMembers {
  /// A text; nil where it is absent.
  func optionalText(_ name: String) throws -> String? { members[name] == nil ? nil : try text(name) }

  /// A moment; nil where it is absent.
  func moment(_ name: String) throws -> Timestamp? {
    guard let text = try optionalText(name) else { return nil }
    guard let moment = Timestamp(text) else {
      throw Problem.malformed(
        [
          FieldProblem(
            path: "\(path)\(name)", message: "not a moment in UTC", messageFR: "ce n’est pas un moment en UTC",
            value: text, accepted: "2026-11-23T23:11:07Z")
        ], language)
    }
    return moment
  }
}

extension APIContext {
  /// Who acts on the board for an operator; where none is named, for the only one that the caller represents.
  ///
  /// - Throws: `StoreError` of kind `forbidden` where the caller has no such role.
  func boardActor(for name: String?) throws -> BoardActor {
    let own = caller.subjects(.boardMember).subtracting([Role.everyone])
    let chosen = name ?? (own.count == 1 ? own.first : nil)
    if let chosen, !caller.has(.boardMember(operator: chosen)) {
      throw StoreError(
        .forbidden, path: "operator", "you do not represent “\(chosen)”", fr: "vous ne représentez pas « \(chosen) »",
        accepted: own.isEmpty ? "board-member(operator)" : own.sorted().joined(separator: ", "))
    }
    // Whether the operator names him is looked at in the act's transaction.
    return BoardActor(
      principal: caller.principal, operator: chosen, isAdmin: caller.has(RoleKind.governanceAdmin),
      subject: caller.subject, groups: caller.groups)
  }
}
