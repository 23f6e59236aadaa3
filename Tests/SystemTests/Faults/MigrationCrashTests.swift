import Contract
import Foundation
import KafkaMock
import Migration
import Model
import NIOHTTP1
import TestSupport
import Testing

extension SystemSuite {
  /// The service dies, or the bus goes away, while what is placed is moved.
  @Suite(.timeLimit(.minutes(6))) struct MigrationCrashTests {}
}

extension SystemSuite.MigrationCrashTests {
  @Test func `a service that dies at every step of a migration resumes it, and does nothing twice`() async throws {
    try await MigrationCourse.run { course in
      try await course.begin()
      let died = try await course.dieOnTheWay(at: { _ in true }, until: { $0.step == .done }, people: Self.forward)
      #expect(died == Self.acts, "seed \(course.dice.seed)")
      try await course.expectAll(on: ["c2": ["prod2", "dev2"]])
    }
  }

  /// Production is led back after users were led to the target, the rest before.
  @Test func `a service that dies at every step of the way back takes everything back, and does nothing twice`()
    async throws
  {
    try await MigrationCourse.run { course in
      try await course.begin()
      let died = try await course.dieOnTheWay(
        at: { Self.actsBack.contains($0) }, until: { $0.step == .rolledBack }, people: Self.back)
      #expect(died == Self.actsBack, "seed \(course.dice.seed)")
      try await course.expectAll(on: ["c1": ["prod", "dev"]])
    }
  }

  @Test(.enabled(if: !KafkaBroker.hasReal, Comment(rawValue: SystemSuite.needsMock)))
  func `a migration waits for a bus that is away at any of its steps, and goes on`() async throws {
    try await MigrationCourse.run { course in
      try await course.begin()
      let broker = try #require(course.system.broker)
      var outages: Set<String> = []
      try await course.go(until: { $0.step == .done }, people: Self.forward) { course, act in
        guard outages.insert(act.path).inserted else { return try await course.ask(act) }
        try await broker.setDown()
        try await course.ask(act)
        // Longer than the bus may take for one message: what is sent meanwhile is sent again.
        try await Task.sleep(for: .milliseconds(1500))
        try await course.expectLivingCopies()
        try await broker.setUp()
      }
      #expect(outages == Self.acts)
      try await course.expectAll(on: ["c2": ["prod2", "dev2"]])
    }
  }

  @Test func `a migration waits for an agent that is away at any of its steps, tells that it is late, and goes on`()
    async throws
  {
    try await MigrationCourse.run { course in
      try await course.setPatience(.milliseconds(300))
      try await course.begin()
      var absences: Set<String> = []
      try await course.go(until: { $0.step == .done }, people: Self.forward) { course, act in
        guard absences.insert(act.path).inserted else { return try await course.ask(act) }
        try await course.withAgentAway {
          try await course.ask(act)
          if let step = Self.stepsOfSource[act.path] { try await Self.expectLate(act, at: step, in: course) }
          try await course.expectLivingCopies()
        }
      }
      #expect(absences == Self.acts)
      #expect(try await course.moves().allSatisfy(\.obstacles.isEmpty))
      try await course.expectAll(on: ["c2": ["prod2", "dev2"]])
    }
  }

  /// What is ordered of the source by what people do, and the step at which it is waited for.
  private static let stepsOfSource: [String: MigrationStep] = [
    "tasks/stopWrites": .writesStopped, "confirm-removal": .drainingSource,
  ]

  /// The source's agent is away: the move says so, and goes no further.
  private static func expectLate(
    _ act: MigrationCourse.Act, at step: MigrationStep, in course: MigrationCourse
  ) async throws {
    try await eventually("the source is late") {
      let move = try await course.moves().first { $0.id == act.move }
      return move?.step == step && move?.obstacles.contains { $0.code == "sourceLate" } == true
    }
    guard step == .writesStopped else { return }
    let path = "/api/v1/moves/\(act.move)/tasks/finalCopy"
    let early = try await course.governance.api.send(.POST, path, body: Data(#"{"evidence": "vu"}"#.utf8))
    try #require(early.status == 409, "\(early.text)")
  }

  /// All that leads from one step to the next, and is not an agent's.
  private static let acts: Set<String> = Set(
    MigrationTask.Kind.allCases.filter { ![.restoreBackup, .salvage, .reverseCopy].contains($0) }
      .map { "tasks/\($0.rawValue)" } + ["cut-over", "confirm-removal"])

  private static let actsBack: Set<String> = Set(
    [.stopWrites, .switchNames, .reverseCopy].map { (kind: MigrationTask.Kind) in "back/tasks/\(kind.rawValue)" }
      + ["roll-back", "back/confirm-target-removal"])

  /// What people do next to get it done.
  static func forward(_ move: MoveView) -> MigrationCourse.Act? {
    if let task = move.tasks.first(where: \.open) {
      // The console makes an environment once, whoever asks how often what it is called.
      let made = task.task == .createEnvironment ? #", "environmentID": "\#(MigrationCourse.made(for: move))""# : ""
      return MigrationCourse.Act(move, "tasks/\(task.task.rawValue)", #"{"evidence": "vu"\#(made)}"#)
    }
    switch move.step {
    case .finalCopy: return MigrationCourse.Act(move, "cut-over", "{}")
    case .drainingSource:
      return MigrationCourse.Act(move, "confirm-removal", #"{"environment": "\#(move.source.environment)"}"#)
    default: return nil
    }
  }

  /// What people do next who turn back on the way.
  static func back(_ move: MoveView) -> MigrationCourse.Act? {
    let turns: MigrationStep = move.source.environment == "prod" ? .cutOver : .writesStopped
    guard move.step != turns else { return MigrationCourse.Act(move, "roll-back", "{}") }
    guard move.step == .rollingBack else { return forward(move) }
    if let task = move.tasks.first(where: \.open) {
      return MigrationCourse.Act(
        move, "tasks/\(task.task.rawValue)", #"{"evidence": "vu"}"#, as: "back/tasks/\(task.task.rawValue)")
    }
    guard move.source.environment == "prod" else { return nil }
    return MigrationCourse.Act(
      move, "confirm-target-removal", #"{"environment": "\#(move.target.environment)"}"#,
      as: "back/confirm-target-removal")
  }
}
