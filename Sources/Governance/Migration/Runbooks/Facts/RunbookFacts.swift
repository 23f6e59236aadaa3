public import Events
public import Model

/// All that a runbook says: of the plan alone for a blank one, and of how each move stands for a living one.
public struct RunbookFacts: Sendable, Hashable {
  /// Who can be called, in the words of whoever wrote it down.
  public struct Contact: Sendable, Hashable {
    /// What it stands for.
    public var party: MigrationParty
    /// A function, a mailbox, a number; never empty.
    public var text: String
    /// Whose team it is; nil where it is none's.
    public var project: String?

    /// A contact.
    public init(_ party: MigrationParty, _ text: String, project: String? = nil) {
      self.party = party
      self.text = text
      self.project = project
    }
  }

  /// A wave with its moves, in the order of the plan.
  public struct Wave: Sendable, Hashable {
    /// From 1.
    public var number: Int
    /// Which of the days of the plan it is on, from 0.
    public var day: Int
    /// The day; nil where the plan was made without days.
    public var date: CalendarDay?
    /// What goes.
    public var moves: [Move]

    /// A wave.
    public init(number: Int, day: Int = 0, date: CalendarDay? = nil, moves: [Move]) {
      self.number = number
      self.day = day
      self.date = date
      self.moves = moves
    }

    /// A wave of a plan. Moves that `make` gives nothing for are left out.
    public init(_ planned: PlannedWave, of plan: MigrationPlan, make: (PlannedMove) -> Move?) {
      let moves = plan.moves.filter { $0.wave == planned.number }.compactMap(make)
      self.init(number: planned.number, day: planned.day, date: planned.date, moves: moves)
    }
  }

  /// The migration, as commands name it.
  public var migration: String
  /// Why everything is moved.
  public var motive: MoveMotive
  /// Why, in somebody's words; nil where nobody has written any.
  public var motiveText: String?
  /// When this is written.
  public var writtenAt: Timestamp
  /// In order.
  public var waves: [Wave]
  /// What can not be moved.
  public var blocked: [BlockedMove]
  /// Whom to call, by what they stand for.
  public var contacts: [Contact]

  /// Facts.
  public init(
    migration: String, motive: MoveMotive, motiveText: String? = nil, writtenAt: Timestamp, waves: [Wave],
    blocked: [BlockedMove] = [], contacts: [Contact] = []
  ) {
    self.migration = migration
    self.motive = motive
    self.motiveText = motiveText
    self.writtenAt = writtenAt
    self.waves = waves
    self.blocked = blocked
    self.contacts = contacts
  }

  /// Of all moves.
  public var moves: [Move] { waves.flatMap(\.moves) }

  /// Whether it shows how things stand, and not the plan alone.
  public var isLiving: Bool { moves.contains { $0.state != nil } }
}
