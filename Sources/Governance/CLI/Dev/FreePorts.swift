import Glibc

/// TCP ports on loopback.
enum FreePorts {
  /// How often a port that somebody else took first is replaced by another.
  private static let tries = 5

  /// A port that nothing listens on now.
  static func next() throws -> Int {
    guard let port = bound(to: 0) else { throw DevError("pas de port libre sur 127.0.0.1 / no free port") }
    return port
  }

  /// Whether nothing listens on `port` now.
  static func isFree(_ port: Int) -> Bool { bound(to: port) != nil }

  /// Runs `body` with a free port, and again with another one when that was taken before `body` could.
  static func withNext<Result: Sendable>(_ body: (Int) async throws -> Result) async throws -> Result {
    for _ in 1..<tries {
      do {
        return try await body(try next())
      } catch is PortTaken {
        continue
      }
    }
    return try await body(try next())
  }

  /// Binds as servers do, so that connections that are closing do not count as taken.
  private static func bound(to port: Int) -> Int? {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0, let number = UInt16(exactly: port) else { return nil }
    defer { close(descriptor) }
    var reuse: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &reuse, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = number.bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
      }
    }
    return isBound ? Int(UInt16(bigEndian: address.sin_port)) : nil
  }
}

/// A process could not listen because somebody else took its port first.
struct PortTaken: Error, CustomStringConvertible {
  let process: String

  var description: String { "\(process) : son port a été pris par un autre / its port was taken by another" }
}
