import Testing

@testable import Store

/// Decisions that wait to be committed.
struct DecisionQueueTests {
  @Test func `what has entered in a line is committed in its order, whoever asks first and however long one takes`()
    async throws
  {
    let queue = DecisionQueue()
    let names = (0..<24).map { "p\($0)" }
    let seats = queue.enter(
      names.map { name in
        DecisionJob(
          request: PlacementRequest(project: name), purpose: .place, key: nil, context: someone, deadline: nil)
      })
    let committed = Committed()
    await withTaskGroup(of: Void.self) { group in
      for seat in seats.reversed() {
        group.addTask {
          _ = try? await queue.answer(to: seat) { jobs, _ in
            // Time enough for any other to be through before.
            if jobs.contains(where: { $0.project == "p0" }) { try? await Task.sleep(for: .milliseconds(50)) }
            await committed.add(jobs.map(\.project))
            var round = BatchRound()
            for job in jobs { round.fail(job, StoreError.unsettled(job)) }
            return round
          }
        }
      }
    }
    let order = await committed.names
    #expect(order == names)
  }
}

private actor Committed {
  private(set) var names: [String] = []

  func add(_ more: [String]) { names += more }
}
