internal import CLibPQ
internal import Dispatch
internal import NIOConcurrencyHelpers
internal import Reactor

/// A request to the server to stop the statement of one connection, sent over a connection of its own.
///
/// It is done only when the server has passed the request on: before that, the cancellation could still strike
/// the *next* statement, so a connection is not handed on earlier.
final class CancelRequest: Sendable {
  private let isSent = NIOLockedValueBox(false)

  /// Whether the server has passed the request on, or could not be reached.
  var isDone: Bool { isSent.withLockedValue { $0 } }

  /// Sends the request from a dispatch queue, and rings the connection's bell when done.
  init(_ session: Session) {
    // The handle is a copy of the address and the key: it does not refer to the connection.
    let handle = CancelHandle(pointer: PQgetCancel(session.pointer))
    let bell = session.bell
    Session.blockingQueue().async { [self] in
      handle.send()
      isSent.withLockedValue { $0 = true }
      bell.ring()
    }
  }
}

/// Owner of libpq's cancel handle.
///
/// `@unchecked Sendable`: immutable, used by one dispatch block, and `PQcancel` is thread-safe by its contract.
private final class CancelHandle: @unchecked Sendable {
  private let pointer: OpaquePointer?

  init(pointer: OpaquePointer?) {
    self.pointer = pointer
  }

  deinit {
    PQfreeCancel(pointer)
  }

  func send() {
    var words = [CChar](repeating: 0, count: 256)
    _ = PQcancel(pointer, &words, Int32(words.count))
  }
}
