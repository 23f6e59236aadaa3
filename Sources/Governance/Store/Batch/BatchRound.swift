/// What one try to commit a batch has come to.
struct BatchRound: Sendable {
  /// What has an answer.
  var settled: [BatchMachine.Ticket: Result<BatchAnswer, any Error>] = [:]
  /// What is to be made again, with others.
  var again: [DecisionJob] = []
  /// What has to wait for somebody, and may not make others wait.
  var alone: [DecisionJob] = []

  mutating func fail(_ job: DecisionJob, _ error: any Error) {
    settled[job.ticket] = .failure(error)
  }

  mutating func answer(_ job: DecisionJob, _ answer: BatchAnswer) {
    settled[job.ticket] = .success(answer)
  }

  mutating func add(_ other: BatchRound) {
    settled.merge(other.settled) { $1 }
    again += other.again
    alone += other.alone
  }
}

/// Thrown inside a batch's transaction to give it up: nothing of it is to be committed.
struct BatchGivenUp: Error {
  var round: BatchRound
}
