internal import Foundation

/// A TCP port of the loopback interface that nobody used a moment ago.
public enum FreePort {
  /// Asks the kernel for one. Another process could take it before the caller does, which is rare enough for tests.
  public static func find() throws -> Int {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw TestSupportError("no socket is left: \(String(cString: strerror(errno)))") }
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let status = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        bind(descriptor, generic, length) == 0 ? getsockname(descriptor, generic, &length) : -1
      }
    }
    guard status == 0 else { throw TestSupportError("no free port: \(String(cString: strerror(errno)))") }
    return Int(UInt16(bigEndian: address.sin_port))
  }
}

/// Why a helper of the tests could not do its work.
public struct TestSupportError: Error, CustomStringConvertible {
  /// What happened and what to do.
  public let description: String

  init(_ description: String) {
    self.description = description
  }
}
