internal import Foundation
internal import NIOConcurrencyHelpers

/// A TCP port of the loopback interface that nobody used a moment ago.
public enum FreePort {
  /// Where the kernel begins to give ports away.
  static let firstOfKernel: UInt16 = {
    let range = try? String(contentsOfFile: "/proc/sys/net/ipv4/ip_local_port_range", encoding: .utf8)
    return range?.split(whereSeparator: \.isWhitespace).first.flatMap { UInt16($0) } ?? 32_768
  }()

  private static let lowest: UInt16 = 10_000
  private static let found = NIOLockedValueBox<Set<UInt16>>([])

  /// Finds one that was not found before, and that the kernel gives to nobody. What it gives, it gives to any client
  /// that connects to anything meanwhile: before a server takes the port, which is seconds later where that has to be
  /// made ready first, and while the server is stopped. Whoever calls it then may even be connected to himself.
  public static func find() throws -> Int {
    try find(below: firstOfKernel)
  }

  /// - Parameter first: Where the kernel begins.
  static func find(below first: UInt16) throws -> Int {
    for _ in 0..<100 {
      guard let port = (lowest..<max(lowest, first)).randomElement() else { break }
      if isNew(port), let free = try? ClosedPort(port) { return free.number }
    }
    // The kernel gives nearly all of them away here, and the same one again once it is let go.
    for _ in 0..<100 {
      let free = try ClosedPort()
      if isNew(UInt16(truncatingIfNeeded: free.number)) { return free.number }
    }
    throw TestSupportError("all free ports that were looked at were found before")
  }

  private static func isNew(_ port: UInt16) -> Bool { found.withLockedValue { $0.insert(port).inserted } }
}

/// Why a helper of the tests could not do its work.
public struct TestSupportError: Error, CustomStringConvertible {
  /// What happened and what to do.
  public let description: String

  init(_ description: String) {
    self.description = description
  }
}
