import NIOConcurrencyHelpers
import Reactor
import Store
import Trail

/// Where the sealer leaves the chain's head for the one who anchors it: neither waits for the other.
final class AuditHeadBoard: Sendable {
  private let newest = NIOLockedValueBox(AuditHead.origin)
  private let bell = Bell()

  /// The newest head that was posted.
  var head: AuditHead { newest.withLockedValue { $0 } }

  func post(_ head: AuditHead) {
    newest.withLockedValue { $0 = head }
    bell.ring()
  }

  /// Returns when a head was posted since the last wait, or the task was cancelled.
  func wait() async {
    await bell.wait()
  }
}
