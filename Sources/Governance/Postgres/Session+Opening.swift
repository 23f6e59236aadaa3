internal import CLibPQ
internal import Dispatch
@preconcurrency internal import Glibc
internal import NIOConcurrencyHelpers

extension Session {
  /// A queue for one blocking call of libpq (name resolution, connecting, cancelling), which never happens on the
  /// cooperative pool. A serial queue of its own gets a thread at once, whereas the tasks of a concurrent queue share
  /// as many threads as there are processors, and would wait for whatever else in the process blocks there.
  static func blockingQueue() -> DispatchQueue {
    DispatchQueue(label: "postgres.blocking")
  }

  /// Opens a connection, trying the configured servers in order.
  ///
  /// - Throws: ``PostgresError`` that says what to do; `CancellationError`.
  static func open(_ configuration: PostgresConfiguration) async throws -> Session {
    var failure = PostgresError(.configuration, "no server is configured")
    for endpoint in configuration.endpoints {
      do {
        return try await open(endpoint, configuration)
      } catch let error as PostgresError {
        failure = error
      }
    }
    throw failure
  }

  private static func open(
    _ endpoint: PostgresConfiguration.Endpoint, _ configuration: PostgresConfiguration
  ) async throws -> Session {
    let isCancelled = NIOLockedValueBox(false)
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        blockingQueue().async {
          continuation.resume(
            with: Result {
              let attempt = ConnectionAttempt(endpoint: endpoint, configuration: configuration)
              return try attempt.run { isCancelled.withLockedValue { $0 } }
            })
        }
      }
    } onCancel: {
      isCancelled.withLockedValue { $0 = true }
    }
  }
}

/// One attempt to reach one server; blocking.
private struct ConnectionAttempt {
  let endpoint: PostgresConfiguration.Endpoint
  let configuration: PostgresConfiguration

  func run(isCancelled: () -> Bool) throws -> Session {
    let pointer = try start()
    do {
      try finish(pointer, isCancelled: isCancelled)
      let version = PQserverVersion(pointer)
      guard version >= 140_000 else { throw PostgresError.tooOld(at: endpoint.place, version: version) }
      func told(_ setting: String) -> String? {
        guard let value = PQparameterStatus(pointer, setting) else { return nil }
        return String(cString: value)
      }
      // Whoever says which servers are meant has it his way.
      if endpoint.parameters["target_session_attrs"] == nil,
        let standby = PostgresError.standby(at: endpoint.place, told: told)
      {
        throw standby
      }
      if let other = PostgresError.otherForms(at: endpoint.place, told: told) { throw other }
      _ = PQsetErrorVerbosity(pointer, PQERRORS_DEFAULT)
      guard PQsetnonblocking(pointer, 1) == 0, PQenterPipelineMode(pointer) == 1 else {
        throw PostgresError.lost(pointer)
      }
      return try Session(
        pointer: pointer, place: endpoint.place, preparedStatements: configuration.preparedStatements,
        answerTimeout: configuration.answerTimeout)
    } catch {
      PQfinish(pointer)
      throw error
    }
  }

  private func start() throws -> OpaquePointer {
    let pairs = endpoint.parameters.sorted { $0.key < $1.key }
    let keywords = pairs.map { strdup($0.key) }
    let values = pairs.map { strdup($0.value) }
    defer { for text in keywords + values { free(text) } }
    let pointer = PQconnectStartParams(
      keywords.map { UnsafePointer($0) } + [nil], values.map { UnsafePointer($0) } + [nil], 0)
    guard let pointer else { throw PostgresError(.unreachable, "no memory for a connection") }
    // Verbose, since that alone shows the SQLSTATE of a refusal; notices are not wanted on the standard error.
    _ = PQsetErrorVerbosity(pointer, PQERRORS_VERBOSE)
    _ = PQsetNoticeProcessor(pointer, { _, _ in }, nil)
    return pointer
  }

  private func finish(_ pointer: OpaquePointer, isCancelled: () -> Bool) throws {
    let timeout = configuration.connectTimeout
    let deadline = ContinuousClock.now + timeout
    guard PQstatus(pointer) != CONNECTION_BAD else { throw refusal(pointer) }
    var wanted = PGRES_POLLING_WRITING
    while wanted != PGRES_POLLING_OK {
      guard wanted != PGRES_POLLING_FAILED else { throw refusal(pointer) }
      if isCancelled() { throw CancellationError() }
      let left = ContinuousClock.now.duration(to: deadline).milliseconds
      guard left > 0 else { throw PostgresError.connectingTimedOut(to: endpoint.place, after: timeout) }
      let events = wanted == PGRES_POLLING_READING ? POLLIN : POLLOUT
      var descriptor = pollfd(fd: PQsocket(pointer), events: Int16(events), revents: 0)
      // In slices, so that a cancellation is noticed.
      if poll(&descriptor, 1, Int32(min(left, 100))) > 0 { wanted = PQconnectPoll(pointer) }
    }
  }

  private func refusal(_ pointer: OpaquePointer) -> PostgresError {
    .connecting(to: endpoint.place, verboseMessage: String(cString: PQerrorMessage(pointer)))
  }
}
