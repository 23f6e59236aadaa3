internal import CLibPQ
@preconcurrency internal import Glibc
internal import Reactor

/// One connection to the server: libpq's handle, its place in the reactor and what was prepared on it.
///
/// `@unchecked Sendable`: a session has one owner at a time — the task that opened it, then the pool, which hands it
/// to one lessee and takes it back — and every hand-over passes through a lock. `bell` alone is touched from other
/// threads, and is safe by itself.
final class Session: @unchecked Sendable {
  let pointer: OpaquePointer
  let bell: Bell
  let place: String
  let createdAt = ContinuousClock.now
  /// As ``PostgresConfiguration/answerTimeout``.
  let answerTimeout: Duration
  var cache: StatementCache
  /// Whether it is of no further use: lost, or given up in the middle of an answer.
  private(set) var isBroken = false
  private let registration: Reactor.Registration

  init(pointer: OpaquePointer, place: String, preparedStatements: Int, answerTimeout: Duration) throws {
    self.pointer = pointer
    self.place = place
    self.answerTimeout = answerTimeout
    cache = StatementCache(capacity: preparedStatements)
    bell = Bell()
    registration = try Reactor.shared.register(PQsocket(pointer), bell: bell)
  }

  deinit {
    Reactor.shared.deregister(registration)
    PQfinish(pointer)
  }

  var backendPID: Int32 { PQbackendPID(pointer) }

  var isInTransaction: Bool {
    switch PQtransactionStatus(pointer) {
    case PQTRANS_IDLE: false
    default: true
    }
  }

  /// Marks the session as not to be used again, and returns the error for its user.
  func broken(_ error: PostgresError) -> PostgresError {
    isBroken = true
    return error
  }

  /// Whether an idle session can be used, as far as can be told without asking the server: a server that went away
  /// left its end-of-file, or its farewell, in the socket.
  func looksAlive() -> Bool {
    guard !isBroken, PQstatus(pointer) == CONNECTION_OK else { return false }
    guard isReady(for: Int16(POLLIN)) else { return true }
    if PQconsumeInput(pointer) == 0 { isBroken = true }
    if isReady(for: Int16(POLLIN)), PQconsumeInput(pointer) == 0 { isBroken = true }
    return !isBroken && PQstatus(pointer) == CONNECTION_OK
  }

  /// Whether the socket, or TLS above it, has something for us now. (TLS records longer than libpq's free buffer, which
  /// newer servers and proxies send, leave a rest that the kernel does not know of.)
  func isReady(for events: Int16) -> Bool {
    if CLibPQ_pendingTLSBytes(pointer) > 0 { return true }
    var descriptor = pollfd(fd: PQsocket(pointer), events: events, revents: 0)
    return poll(&descriptor, 1, 0) > 0
  }
}
