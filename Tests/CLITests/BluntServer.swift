import Foundation
import NIOConcurrencyHelpers

/// Takes whatever comes on a connection, answers what a test says, which need not be HTTP, and ends the connection.
final class BluntServer: Sendable {
  /// Where it listens.
  let address: String
  private let descriptor: Int32
  private let taken = NIOLockedValueBox(0)

  /// How many connections have said anything.
  var requests: Int { taken.withLockedValue { $0 } }

  /// There is no port for it, or none of loopback.
  struct NoPort: Error {}

  init(answering text: String) throws {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw NoPort() }
    self.descriptor = descriptor
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let status = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        bind(descriptor, generic, length) == 0 && listen(descriptor, 16) == 0
          ? getsockname(descriptor, generic, &length) : -1
      }
    }
    self.address = "127.0.0.1:\(UInt16(bigEndian: address.sin_port))"
    guard status == 0 else { throw NoPort() }
    let answer = Array(text.utf8)
    let counted = taken
    Thread.detachNewThread { Self.serve(descriptor, answer, counted) }
  }

  deinit {
    // Wakes whoever waits for the next connection.
    shutdown(descriptor, Int32(SHUT_RDWR))
    close(descriptor)
  }

  private static func serve(_ descriptor: Int32, _ answer: [UInt8], _ taken: NIOLockedValueBox<Int>) {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let size = buffer.count
    while true {
      let connection = accept(descriptor, nil, nil)
      guard connection >= 0 else { return }
      if recv(connection, &buffer, size, 0) > 0 { taken.withLockedValue { $0 += 1 } }
      _ = answer.withUnsafeBytes { send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      // The other end is left to close first: what it still sends must not turn the end into a reset.
      shutdown(connection, Int32(SHUT_WR))
      while recv(connection, &buffer, size, 0) > 0 {}
      close(connection)
    }
  }
}
