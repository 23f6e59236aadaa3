internal import Foundation

/// A port of loopback that answers nobody and that nobody else can take, for as long as this lives.
public final class ClosedPort: Sendable {
  /// The port.
  public let number: Int
  private let descriptor: Int32

  /// Asks the kernel for one.
  public convenience init() throws { try self.init(0) }

  /// Takes this one, or where it is 0 one that the kernel gives.
  init(_ wanted: UInt16) throws {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw TestSupportError("no socket is left: \(String(cString: strerror(errno)))") }
    self.descriptor = descriptor
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = wanted.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let status = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        bind(descriptor, generic, length) == 0 ? getsockname(descriptor, generic, &length) : -1
      }
    }
    number = Int(UInt16(bigEndian: address.sin_port))
    guard status == 0 else { throw TestSupportError("no free port: \(String(cString: strerror(errno)))") }
  }

  deinit { close(descriptor) }
}
