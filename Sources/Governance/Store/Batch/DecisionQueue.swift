import NIOConcurrencyHelpers
import Postgres
import Reactor

/// Where decisions wait to be committed together. A thin shell around ``BatchMachine``.
final class DecisionQueue: Sendable {
  /// Commits decisions together, and answers each; or, told to wait for whoever holds up its project, a single one.
  typealias Commit = @Sendable ([DecisionJob], _ waits: Bool) async -> BatchRound

  private struct State {
    var machine: BatchMachine
    var seats: [BatchMachine.Ticket: Seat] = [:]
    var next: BatchMachine.Ticket = 1

    /// Gives a decision its place among those that wait.
    mutating func seat(_ job: DecisionJob, line: BatchMachine.Ticket? = nil) -> Seat {
      let job = job.with(next)
      next += 1
      let seat = Seat(job)
      seats[job.ticket] = seat
      handle(.submitted(job.ticket, exclusive: job.exclusive, line: line))
      return seat
    }

    /// The lead is handed over under the lock: nobody who has it by then may leave.
    mutating func handle(_ event: BatchMachine.Event) {
      for action in machine.handle(event) {
        switch action {
        case .lead(let tickets):
          let batch = tickets.compactMap { seats[$0] }
          batch.first?.put(.lead(batch))
        case .refuse(let ticket):
          seats.removeValue(forKey: ticket)?.put(.answer(.failure(StoreError.tooMany)))
        }
      }
    }
  }

  private let state: NIOLockedValueBox<State>

  init(_ limits: BatchMachine.Limits = BatchMachine.Limits()) {
    state = NIOLockedValueBox(State(machine: BatchMachine(limits)))
  }

  /// Has a decision committed, with others if there are any.
  ///
  /// - Throws: What the decision throws. At the deadline, or when the task is cancelled: `deadlineExceeded` or
  ///   `CancellationError` where nothing was begun, `ambiguousCommit` where it is being committed.
  func submit(_ job: DecisionJob, commit: @escaping Commit) async throws -> BatchAnswer {
    try Task.checkCancellation()
    let seat = state.withLockedValue { $0.seat(job) }
    return try await answer(to: seat, commit: commit)
  }

  /// Gives decisions their places one behind the other, before any of them waits: they are committed in this order, in as many
  /// batches as it takes. Each has to be waited for by ``answer(to:commit:)``.
  func enter(_ jobs: [DecisionJob]) -> [Seat] {
    state.withLockedValue { state in
      let line = state.next
      return jobs.map { state.seat($0, line: line) }
    }
  }

  /// Waits for the answer to a decision, and leads its batch where that falls to it.
  ///
  /// - Throws: As ``submit(_:commit:)``.
  func answer(to seat: Seat, commit: @escaping Commit) async throws -> BatchAnswer {
    while true {
      switch seat.take() {
      case .answer(let result): return try result.get()
      case .lead(let batch): await lead(batch, commit: commit)
      case .alone(let job):
        // Outside of all batches: as long as it takes, and at nobody else's expense.
        let settled = await commit([job], true).settled
        return try (settled[job.ticket] ?? .failure(CancellationError())).get()
      case nil:
        if try leave(seat) { continue }
        if let deadline = seat.job.deadline { await seat.bell.wait(until: deadline) } else { await seat.bell.wait() }
      }
    }
  }

  /// Commits a batch. Alone, it heeds its caller's cancellation. With others it does not, since they are in no way
  /// concerned: the task is not detached from anything, it is awaited here.
  private func lead(_ batch: [Seat], commit: @escaping Commit) async {
    let jobs = batch.map(\.job)
    let round: BatchRound
    if jobs.count == 1 {
      round = await commit(jobs, false)
    } else {
      round = await Task { await commit(jobs, false) }.value
    }
    let alone = Dictionary(round.alone.map { ($0.ticket, $0) }, uniquingKeysWith: { first, _ in first })
    state.withLockedValue { state in
      for job in jobs { state.seats[job.ticket] = nil }
    }
    for seat in batch {
      if let job = alone[seat.job.ticket] {
        seat.put(.alone(job))
      } else {
        seat.put(.answer(round.settled[seat.job.ticket] ?? .failure(CancellationError())))
      }
    }
    // Whoever has another wish upon his answer comes first: he shares the next batch with the others.
    await Task.yield()
    state.withLockedValue { $0.handle(.ended(jobs.map(\.ticket))) }
  }

  /// Gives up waiting, where it is time to.
  ///
  /// - Returns: whether there is an answer, or the lead, after all.
  private func leave(_ seat: Seat) throws -> Bool {
    let isLate = seat.job.deadline.map { ContinuousClock.now >= $0 } ?? false
    guard Task.isCancelled || isLate else { return false }
    let wasWaiting = state.withLockedValue { state in
      guard state.machine.isWaiting(seat.job.ticket) else { return false }
      state.seats[seat.job.ticket] = nil
      state.handle(.abandoned(seat.job.ticket))
      return true
    }
    guard !wasWaiting else {
      try Task.checkCancellation()
      throw PostgresError(.deadlineExceeded, "the decision's turn did not come in time: nothing was written")
    }
    // It is in a batch by now: whoever leads has to, whoever does not need not stay.
    if seat.hasMail || seat.leads { return true }
    try Task.checkCancellation()
    throw PostgresError(
      .ambiguousCommit, "no answer in time: the decision may or may not be committed",
      hint: "Ask again with the same Idempotency-Key")
  }
}

extension DecisionQueue {
  /// Where one caller waits.
  final class Seat: Sendable {
    enum Mail: Sendable {
      case answer(Result<BatchAnswer, any Error>)
      case lead([Seat])
      case alone(DecisionJob)
    }

    let job: DecisionJob
    let bell = Bell()
    private let mail = NIOLockedValueBox<(next: Mail?, leads: Bool)>((nil, false))

    init(_ job: DecisionJob) {
      self.job = job
    }

    var hasMail: Bool { mail.withLockedValue { $0.next != nil } }
    var leads: Bool { mail.withLockedValue { $0.leads } }

    func put(_ next: Mail) {
      mail.withLockedValue { mail in
        if case .lead = next { mail.leads = true }
        mail.next = next
      }
      bell.ring()
    }

    func take() -> Mail? {
      mail.withLockedValue { mail in
        defer { mail.next = nil }
        return mail.next
      }
    }
  }
}

extension StoreError {
  /// More decisions wait than can be dealt with in any useful time.
  fileprivate static let tooMany = StoreError(
    .contended, "too many decisions wait already", fr: "trop de décisions attendent déjà",
    accepted: "the same request, later")
}
