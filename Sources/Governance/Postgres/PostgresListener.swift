internal import CLibPQ
public import Logging
internal import Reactor

/// Notifications of some channels, over a connection of its own that is made anew when it breaks.
///
/// What is notified while the connection is down is lost: at each ``Event/connected`` — the first and all later ones —
/// the reader looks at its table again. Nothing is buffered here: a slow reader leaves the notifications in the
/// connection, and then at the server.
///
/// ```swift
/// for await event in PostgresListener(configuration: configuration, channels: ["outbox"], logger: logger) {
///   try await publishPending()
/// }
/// ```
public struct PostgresListener: AsyncSequence, Sendable {
  /// What the reader is told.
  public enum Event: Sendable, Equatable {
    /// Listening now; anything may have happened before.
    case connected
    /// A committed `NOTIFY`.
    case notification(channel: String, payload: String)
  }

  let configuration: PostgresConfiguration
  let channels: [String]
  let logger: Logger
  let onInterruption: @Sendable () -> Void

  /// A listener on `channels`, whose names are taken as they are; it connects when it is iterated.
  ///
  /// - Parameter onInterruption: called when a connection is lost: until the next ``Event/connected``, nothing is heard.
  public init(
    configuration: PostgresConfiguration, channels: [String], logger: Logger,
    onInterruption: @escaping @Sendable () -> Void = {}
  ) {
    self.configuration = configuration.named("listener")
    self.channels = channels
    self.logger = logger
    self.onInterruption = onInterruption
  }

  /// Starts over; each iterator has its own connection.
  public func makeAsyncIterator() -> AsyncIterator {
    AsyncIterator(listener: self)
  }

  /// Connects, listens and waits; ends only when its task is cancelled.
  public struct AsyncIterator: AsyncIteratorProtocol {
    private let listener: PostgresListener
    private var session: Session?
    private var failures = 0

    init(listener: PostgresListener) {
      self.listener = listener
    }

    /// The next event; `nil` once the task is cancelled, and then the connection is closed.
    public mutating func next() async -> Event? {
      while !Task.isCancelled {
        do {
          guard let session else {
            self.session = try await listener.connect()
            failures = 0
            return .connected
          }
          return try await listener.notification(on: session)
        } catch let error as PostgresError {
          if session != nil { listener.onInterruption() }
          session = nil
          failures += 1
          listener.logger.warning("listening is interrupted", metadata: ["error": "\(error)"])
          let pause = Backoff.connecting.pause(after: failures, chance: .random(in: 0..<1))
          try? await Task.sleep(for: pause)
        } catch {
          break
        }
      }
      session = nil
      return nil
    }
  }

  private func connect() async throws -> Session {
    let session = try await Session.open(configuration)
    let commands = channels.map { channel in
      let name = channel.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
      return PostgresQuery(unescaped: "LISTEN \"\(name)\"")
    }
    _ = try await session.run(commands, within: Exchange(deadline: .now + configuration.statementTimeout))
    return session
  }

  private func notification(on session: Session) async throws -> Event {
    while true {
      if let event = session.takeNotification() { return event }
      try await session.waitForInput(checkingEvery: configuration.healthCheckInterval)
    }
  }
}

extension Session {
  fileprivate func takeNotification() -> PostgresListener.Event? {
    guard let notification = PQnotifies(pointer) else { return nil }
    defer { PQfreemem(notification) }
    return .notification(
      channel: String(cString: notification.pointee.relname), payload: String(cString: notification.pointee.extra))
  }
}
