/// An address to listen on: `127.0.0.1:8080`, `[::1]:8080`, `0.0.0.0:9090`.
public struct ListenAddress: Sendable, Hashable, CustomStringConvertible {
  /// A name or an address, IPv6 without brackets.
  public let host: String
  /// 0 lets the system choose.
  public let port: Int

  /// Any port is taken here; what comes from the environment is held to 1024 … 65535.
  public init(host: String, port: Int) {
    self.host = host
    self.port = port
  }

  /// Reads `host:port`, with brackets around an IPv6 address; `nil` otherwise, or if the port is not one a process
  /// without privileges may use.
  public init?(parsing text: String) {
    guard let colon = text.lastIndex(of: ":"),
      let port = Int(text[text.index(after: colon)...]), EnvironmentReader.unprivilegedPorts.contains(port)
    else { return nil }
    var host = text[..<colon]
    if host.hasPrefix("[") && host.hasSuffix("]") {
      host = host.dropFirst().dropLast()
    } else if host.contains(":") {
      return nil
    }
    guard !host.isEmpty, !host.contains(where: { $0.isWhitespace || "[]/".contains($0) }) else { return nil }
    self.init(host: String(host), port: port)
  }

  /// Whether only this machine can reach it, by the address as written: names other than `localhost` are not resolved.
  public var isLoopback: Bool {
    if host == "localhost" || host == "::1" { return true }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
  }

  /// `host:port`, as it is read.
  public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
