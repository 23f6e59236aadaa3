public import Model

/// The operators that there are at a moment, and who speaks for each of them.
public struct Electorate: Sendable, Hashable {
  /// By the operator's name.
  private let representatives: [String: [OperatorSpec.Representative]]
  /// The operators, in the order of their names.
  public let operators: [String]

  /// An electorate.
  ///
  /// - Parameter representatives: whom each operator names, none included, by its name.
  public init(_ representatives: [String: [OperatorSpec.Representative]]) {
    self.representatives = representatives
    operators = representatives.keys.sorted()
  }

  /// The operators that name nobody: what they could say, nobody can say for them.
  public var withoutVoice: [String] { operators.filter { representatives[$0, default: []].isEmpty } }

  /// Whether an operator names somebody as its representative, himself or a group that he is in. Where nobody is
  /// authenticated, nobody is told apart.
  func names(_ actor: BoardActor, for name: String) -> Bool {
    guard let named = representatives[name] else { return false }
    return actor.principal == BoardActor.anyone
      || named.contains { one in
        one.subject.map { $0 == actor.subject } ?? one.group.map(actor.groups.contains) ?? false
      }
  }

  /// The operator that somebody speaks for.
  ///
  /// - Throws: ``BoardRefusal``: `notBoardMember` where he speaks for none, `notRepresentative` where the operator does not
  ///   name him.
  public func voice(of actor: BoardActor) throws(BoardRefusal) -> String {
    guard let name = actor.operator else { throw .notBoardMember }
    guard names(actor, for: name) else {
      throw .notRepresentative(name, hasOthers: !representatives[name, default: []].isEmpty)
    }
    return name
  }
}
