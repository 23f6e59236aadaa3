/// Why the rules of moves and campaigns refuse an act. Nothing has changed.
public struct MigrationRefusal: Error, Sendable, Hashable {
  /// The kind of refusal.
  public enum Code: String, Sendable, CaseIterable {
    /// Who acts does not speak for the party whose act it is.
    case notYours
    /// The step of the move, or the state of the campaign, does not allow the act.
    case wrongStep
    /// It is paused.
    case paused
    /// Something stands in the way.
    case blocked
    /// What the plan was judged on has changed.
    case planMoved
    /// The task is not to be done now.
    case notOpen
    /// A text is empty, too long, or has control characters.
    case badText
    /// A number or a day is out of its range.
    case badNumber
    /// The name that was typed is not the environment's.
    case wrongName
    /// Something that has to be done before was not.
    case notDone
    /// It is to be left alone for some days.
    case blackout
    /// There is no way back from here: a new migration leads back.
    case noWayBack
  }

  /// The kind of refusal.
  public let code: Code
  /// What it is about: a field, a task, what has changed.
  public let path: String
  /// What would be accepted.
  public let accepted: String

  init(_ code: Code, _ path: String, accepted: String) {
    self.code = code
    self.path = path
    self.accepted = accepted
  }
}
