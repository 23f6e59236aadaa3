/// A TCP port of the loopback interface that nobody used a moment ago.
public enum FreePort {
  /// Asks the kernel for one. Another process could take it before the caller does, which is rare enough for tests.
  public static func find() throws -> Int {
    try ClosedPort().number
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
