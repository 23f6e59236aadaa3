public import Migration
import Model

/// What is to be moved, why, and on what terms.
public struct MigrationWish: Codable, Sendable, Hashable {
  /// Why.
  public var motive: MoveMotive
  /// Why, in words.
  public var reason: String
  /// What.
  public var scope: MoveScope
  /// How much at a time, when and in which order; how many days sources are kept.
  public var limits: MoveLimits
  /// Days that people may take for a task, 1 to 365.
  public var taskDays: Int
  /// Minutes that agents may take, 1 to 10 080.
  public var patienceMinutes: Int

  /// A wish.
  public init(
    motive: MoveMotive, reason: String, scope: MoveScope, limits: MoveLimits = MoveLimits(retentionDays: 30),
    taskDays: Int = 7, patienceMinutes: Int = 60
  ) {
    self.motive = motive
    self.reason = reason
    self.scope = scope
    self.limits = limits
    self.taskDays = taskDays
    self.patienceMinutes = patienceMinutes
  }

  /// - Throws: ``StoreError`` of kind `invalid` for the first field that is not what it must be.
  func check() throws(StoreError) {
    guard reason.contains(where: { !$0.isWhitespace }), reason.utf8.count <= Self.longestReason else {
      throw StoreError(
        .invalid, path: "reason", "the reason is empty or too long", fr: "le motif est vide ou trop long",
        accepted: "1 … \(Self.longestReason) bytes")
    }
    guard PlainText.isPlain(reason) else { throw StoreError.unrulyText("reason") }
    try Self.check(taskDays, in: 1...365, at: "taskDays")
    try Self.check(patienceMinutes, in: 1...10_080, at: "patienceMinutes")
    try Self.check(limits.retentionDays, in: 0...365, at: "limits.retentionDays")
  }

  private static func check(_ number: Int, in range: ClosedRange<Int>, at path: String) throws(StoreError) {
    guard range.contains(number) else {
      throw StoreError(
        .invalid, path: path, "\(number) is out of range", fr: "\(number) est hors des bornes",
        accepted: "\(range.lowerBound) … \(range.upperBound)")
    }
  }

  private static let longestReason = 4096

  /// The terms of one of the plan's moves.
  func terms(of move: PlannedMove, sourcePhase: PlacementPhase, isInConsole: Bool) -> MigrationTerms {
    MigrationTerms(
      project: move.project, environment: move.environment, targetEnvironment: move.newName, source: move.source,
      sourcePhase: sourcePhase, isEmergency: motive == .disaster, isInConsole: isInConsole,
      taskTime: Int64(taskDays) * 86_400_000_000, patience: Int64(patienceMinutes) * 60_000_000,
      retention: Int64(limits.retentionDays) * 86_400_000_000)
  }
}
