import Foundation

/// Does the controllers' work when it is due.
struct ControllerLoop: Sendable {
  let state: ClusterState

  /// Runs until the state is closed or the task cancelled.
  func run() async {
    await withDiscardingTaskGroup { group in
      var armed: Date?
      for await _ in state.jobs {
        // A ring says that the next date has changed. An earlier alarm that is still set will see to a later date.
        guard let next = state.withStore({ $0.nextJob }), armed.map({ next < $0 || $0 <= Date() }) ?? true else {
          continue
        }
        armed = next
        group.addTask { [state] in
          // Two clocks: the sleep may end a moment early by the one the dates are of.
          while next > Date(), !Task.isCancelled {
            try? await Task.sleep(for: .seconds(max(0.001, next.timeIntervalSinceNow)))
          }
          if Task.isCancelled { return }
          state.withStore { $0.runControllers(now: Date()) }
          state.ringJobs()
        }
      }
      group.cancelAll()
    }
  }
}
