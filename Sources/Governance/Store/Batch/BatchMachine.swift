/// Which decisions are committed together, and by whom: pure.
///
/// There is no task of its own for it. Whoever comes while too few batches are under way leads the next one; the others
/// wait, and whoever ends a batch passes the lead on to one of those who wait. So a decision that comes alone waits for
/// nobody, and the more there are, the more share one transaction.
///
/// Each transaction costs the same for one decision as for many. So those who wait are shared out evenly among the batches
/// that may begin, and beside a large batch none begins that is much smaller: it would be followed by others as small for
/// as long as the large one takes.
///
/// Some come in a line: each was planned after the one before it, and may find no room in another order. None of a line
/// overtakes another, and no two batches have some of one at the same time, for nobody knows which would commit first.
struct BatchMachine: Sendable {
  /// What tells decisions apart that wait.
  typealias Ticket = UInt64

  /// How much of everything.
  struct Limits: Sendable {
    /// Decisions of one transaction.
    var batch = 64
    /// Transactions at a time. While one waits for the disk, another plans.
    var batches = 2
    /// Decisions that wait.
    var waiting = 8192
  }

  enum Event: Sendable {
    /// A decision is wanted. Those of one project, or with one key, never share a batch, nor the time of one.
    /// `line` is the first ticket of those that are to be committed in the order in which they come; nil of one for which any
    /// will do.
    case submitted(Ticket, exclusive: [String], line: Ticket? = nil)
    /// The waiter has lost its patience.
    case abandoned(Ticket)
    /// A batch has ended, however.
    case ended([Ticket])
  }

  enum Action: Sendable, Equatable {
    /// The first of these is to commit them all.
    case lead([Ticket])
    /// There is no room to wait.
    case refuse(Ticket)
  }

  private struct Waiting {
    var ticket: Ticket
    var exclusive: [String]
    var line: Ticket?
  }

  private let limits: Limits
  private var waiting: [Waiting] = []
  /// What batches under way work on.
  private var busy: Set<String> = []
  /// The lines that batches under way have some of.
  private var lines: Set<Ticket> = []
  private var running: [Ticket: Waiting] = [:]
  private var batches = 0

  init(_ limits: Limits = Limits()) {
    self.limits = limits
  }

  mutating func handle(_ event: Event) -> [Action] {
    switch event {
    case .submitted(let ticket, let exclusive, let line):
      guard waiting.count < limits.waiting else { return [.refuse(ticket)] }
      waiting.append(Waiting(ticket: ticket, exclusive: exclusive, line: line))
    case .abandoned(let ticket):
      waiting.removeAll { $0.ticket == ticket }
    case .ended(let tickets):
      batches -= 1
      for ticket in tickets {
        guard let ended = running.removeValue(forKey: ticket) else { continue }
        busy.subtract(ended.exclusive)
        if let line = ended.line { lines.remove(line) }
      }
    }
    return start()
  }

  /// Whether a decision waits that is in no batch yet.
  func isWaiting(_ ticket: Ticket) -> Bool { waiting.contains { $0.ticket == ticket } }

  /// How many of those who wait begin together: a few all, many as many as leaves the same to each other batch.
  private func share(of count: Int) -> Int {
    guard count >= Self.many else { return count }
    let free = limits.batches - batches
    return (count + free - 1) / free
  }

  private static let many = 8

  /// Whether one has to wait for what is under way, or for one of its line that has to.
  private func mustWait(_ next: Waiting, behind held: Set<Ticket>) -> Bool {
    next.exclusive.contains(where: busy.contains) || next.line.map(held.contains) ?? false
  }

  private mutating func start() -> [Action] {
    var actions: [Action] = []
    while batches < limits.batches {
      let eligible = waiting.count { !mustWait($0, behind: lines) }
      guard eligible * 2 * batches >= running.count else { break }
      let most = min(limits.batch, share(of: eligible))
      var batch: [Ticket] = []
      var rest: [Waiting] = []
      var held = lines
      // What must wait for one before it keeps its place; what comes after it may pass it by, unless it is of its line.
      for (position, next) in waiting.enumerated() {
        if batch.count == most {
          rest += waiting[position...]
          break
        }
        if mustWait(next, behind: held) {
          if let line = next.line { held.insert(line) }
          rest.append(next)
        } else {
          busy.formUnion(next.exclusive)
          running[next.ticket] = next
          batch.append(next.ticket)
        }
      }
      waiting = rest
      lines.formUnion(batch.compactMap { running[$0]?.line })
      guard !batch.isEmpty else { break }
      batches += 1
      actions.append(.lead(batch))
    }
    return actions
  }
}
