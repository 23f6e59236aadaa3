@preconcurrency import Glibc
import NIOPosix

/// Where a name leads, as this machine sees it.
struct HostLookup: Sendable {
  /// The addresses of a host, in digits; none where it has none.
  var addresses: @Sendable (String) async throws -> [String]

  /// The system's.
  static let system = blocking(resolve)

  /// One that blocks: on threads of its own, so that a name server that does not answer holds up nothing but webhooks.
  static func blocking(_ resolve: @escaping @Sendable (String) -> [String]) -> HostLookup {
    HostLookup { host in try await answer { resolve(host) } }
  }

  /// What comes of something that blocks. Whoever is cancelled waits no longer, although what has begun can not be broken off: its
  /// thread ends it by itself, and what has not begun by then never does.
  ///
  /// - Throws: what `body` throws; `CancellationError`.
  static func answer<Answer: Sendable>(_ body: @escaping @Sendable () throws -> Answer) async throws -> Answer {
    let (answers, hand) = AsyncThrowingStream<Answer, any Error>.makeStream(bufferingPolicy: .bufferingOldest(1))
    // Not a child: it would be waited for.
    let work = Task {
      do {
        hand.yield(try await threads.runIfActive(body))
        hand.finish()
      } catch {
        hand.finish(throwing: error)
      }
    }
    return try await withTaskCancellationHandler {
      for try await answer in answers { return answer }
      throw CancellationError()
    } onCancel: {
      work.cancel()
    }
  }

  /// For whatever blocks on the way of a delivery: as many as deliveries go on at a time. They end with the program.
  private static let threads: NIOThreadPool = {
    let threads = NIOThreadPool(numberOfThreads: WebhookService.crowd)
    threads.start()
    return threads
  }()

  private static func resolve(_ host: String) -> [String] {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(host, nil, &hints, &list) == 0, let first = list else { return [] }
    defer { freeaddrinfo(first) }
    return sequence(first: first, next: { $0.pointee.ai_next }).compactMap { entry in
      var name = [CChar](repeating: 0, count: Int(NI_MAXHOST))
      let code = getnameinfo(
        entry.pointee.ai_addr, entry.pointee.ai_addrlen, &name, socklen_t(name.count), nil, 0, NI_NUMERICHOST)
      guard code == 0 else { return nil }
      return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
  }
}
