import NIOConcurrencyHelpers

/// A few places for what must not take all that there is. Who finds none waits, in a line that has an end.
public final class FewAtOnce: Sendable {
  private struct State {
    var underWay = 0
    var waiting: [(id: UInt64, continuation: CheckedContinuation<Bool, Never>)] = []
    var next: UInt64 = 0
  }

  private let atOnce: Int
  private let mostWaiting: Int
  private let refusal: any Error
  private let state = NIOLockedValueBox(State())

  /// So many places, and a line for so many.
  ///
  /// - Parameter refusal: what is thrown where the line is full.
  public init(_ atOnce: Int, mostWaiting: Int, refusal: any Error) {
    self.atOnce = atOnce
    self.mostWaiting = mostWaiting
    self.refusal = refusal
  }

  /// Runs `body` in one of the places.
  ///
  /// - Parameter waits: whether to stand in the line where no place is free.
  /// - Throws: What `body` throws; the refusal where the line is full; `CancellationError`.
  public func run<Value>(waits: Bool = true, _ body: () async throws -> Value) async throws -> Value {
    try await enter(waits: waits)
    defer { leave() }
    return try await body()
  }

  /// Waits in line for a place.
  private func enter(waits: Bool) async throws {
    let id = state.withLockedValue { state in
      defer { state.next += 1 }
      return state.next
    }
    let isIn = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let answer: Bool? = state.withLockedValue { state in
          if Task.isCancelled { return false }
          if state.underWay < atOnce {
            state.underWay += 1
            return true
          }
          guard waits, state.waiting.count < mostWaiting else { return false }
          state.waiting.append((id, continuation))
          return nil
        }
        if let answer { continuation.resume(returning: answer) }
      }
    } onCancel: {
      let left = state.withLockedValue { state in
        state.waiting.firstIndex { $0.id == id }.map { state.waiting.remove(at: $0) }
      }
      left?.continuation.resume(returning: false)
    }
    guard isIn else {
      try Task.checkCancellation()
      throw refusal
    }
  }

  /// The place goes to whoever has waited longest.
  private func leave() {
    let next = state.withLockedValue { state in
      guard state.waiting.isEmpty else { return Optional(state.waiting.removeFirst()) }
      state.underWay -= 1
      return nil
    }
    next?.continuation.resume(returning: true)
  }
}

extension StoreError {
  /// One more of a kind would leave others without a connection, or a thread.
  public static let crowded = StoreError(
    .contended, "too many of these are under way already", fr: "trop de demandes de cette sorte sont déjà en cours",
    accepted: "the same request, later")
}
