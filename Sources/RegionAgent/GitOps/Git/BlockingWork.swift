internal import Dispatch

/// Work on files, off the cooperative pool.
enum BlockingWork {
  private static let queue = DispatchQueue(label: "regie.gitops.files", attributes: .concurrent)

  static func run<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      queue.async { continuation.resume(with: Swift.Result { try work() }) }
    }
  }
}
