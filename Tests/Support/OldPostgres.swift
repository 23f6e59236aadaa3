internal import Dispatch
internal import Foundation

/// Takes connections as a PostgreSQL of any version would, and knows no statement: for tests of what clients say about a
/// server that is too old, or that is not the one that they want.
public final class OldPostgres: Sendable {
  /// Where it listens.
  public let url: String
  private let listener: Int32

  /// Listens on a free port of the loopback interface as a server of this version.
  ///
  /// - Parameter settings: what else it tells of itself.
  public init(version: String, settings: [String: String] = [:]) throws {
    let port = try FreePort.find()
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    self.listener = listener
    url = "postgres://regie@127.0.0.1:\(port)/regie"
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(UInt16(port)).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let bound = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard bound == 0, listen(listener, 8) == 0 else {
      close(listener)
      throw TestSupportError("port \(port) can not be listened on: \(String(cString: strerror(errno)))")
    }
    // A serial queue of its own: it blocks until the listener is closed.
    DispatchQueue(label: "tests.old-postgres").async {
      while true {
        let client = accept(listener, nil, nil)
        guard client >= 0 else { return }
        Self.greet(client, settings.merging(["server_version": version]) { $1 })
        close(client)
      }
    }
  }

  /// Takes no more connections.
  public func stop() {
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
  }

  /// Refuses encryption, asks for no password, and tells its settings.
  private static func greet(_ client: Int32, _ settings: [String: String]) {
    while let request = read(client) {
      let code = request.prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      // SSLRequest and GSSENCRequest.
      if code == 80_877_103 || code == 80_877_104 {
        send(client, [UInt8(ascii: "N")])
        continue
      }
      send(client, message("R", [0, 0, 0, 0]))
      for (name, value) in settings { send(client, message("S", Array("\(name)\0\(value)\0".utf8))) }
      send(client, message("K", [0, 0, 0, 1, 0, 0, 0, 1]))
      send(client, message("Z", [UInt8(ascii: "I")]))
      // Until the client has had enough.
      while read(client) != nil {}
    }
  }

  private static func message(_ type: Character, _ body: [UInt8]) -> [UInt8] {
    let length = UInt32(body.count + 4)
    return [type.asciiValue ?? 0] + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: length >> $0) } + body
  }

  /// One message without type: its body; nil at the end, and for what is none.
  private static func read(_ client: Int32) -> [UInt8]? {
    guard let head = take(4, from: client) else { return nil }
    let length = head.reduce(0) { $0 << 8 | Int($1) }
    guard (8...10_000).contains(length) else { return nil }
    return take(length - 4, from: client)
  }

  private static func take(_ count: Int, from client: Int32) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: count)
    return recv(client, &bytes, count, Int32(MSG_WAITALL)) == count ? bytes : nil
  }

  private static func send(_ client: Int32, _ bytes: [UInt8]) {
    _ = Glibc.send(client, bytes, bytes.count, Int32(MSG_NOSIGNAL))
  }
}
