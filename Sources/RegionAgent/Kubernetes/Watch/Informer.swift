import NIOConcurrencyHelpers

/// Follows all objects of one kind that match a query, through every fault, and keeps what it saw of them.
///
/// Reading drives it: `for try await event in informer`. Nothing runs besides, and nothing is buffered: whoever reads
/// slowly slows the connection, and a server that gives up on it makes the informer resume. The sequence never ends;
/// it throws `CancellationError` only. One reader at a time; a new one begins with a new list.
public final class Informer<Value: Decodable & Sendable>: AsyncSequence, Sendable {
  /// News.
  public typealias Element = InformerEvent<Value>

  let client: KubernetesClient
  let resource: APIResource
  let query: ListQuery
  let idleTimeout: Duration
  let backoff: Backoff
  private let cache = NIOLockedValueBox(ObjectCache<Value>())

  init(
    client: KubernetesClient, resource: APIResource, query: ListQuery, idleTimeout: Duration, backoff: Backoff
  ) {
    self.client = client
    self.resource = resource
    self.query = query
    self.idleTimeout = idleTimeout
    self.backoff = backoff
  }

  /// All objects as last seen by the reader, in no order.
  public func snapshot() -> [Observed<Value>] { cache.withLockedValue { Array($0.objects.values) } }

  /// An object as last seen by the reader.
  public subscript(key: ObjectKey) -> Observed<Value>? { cache.withLockedValue { $0.objects[key] } }

  func absorb(_ event: InformerEvent<Value>) -> [InformerEvent<Value>] {
    cache.withLockedValue { $0.absorb(event) }
  }

  /// Begins with a list at the first `next()`.
  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(informer: self) }
}

extension Informer {
  /// The state of one reader.
  public struct AsyncIterator: AsyncIteratorProtocol {
    private let informer: Informer
    private var machine: ReflectorMachine<Value>
    private var actions: [ReflectorMachine<Value>.Action] = []
    private var news: ArraySlice<InformerEvent<Value>> = []
    private var watch: WatchReader<Value>?
    private var watchingSince = ContinuousClock.now

    fileprivate init(informer: Informer) {
      self.informer = informer
      machine = ReflectorMachine(backoff: informer.backoff, idleTimeout: informer.idleTimeout)
      actions = step(.started)
    }

    /// The next piece of news; never nil.
    public mutating func next() async throws -> InformerEvent<Value>? {
      while news.isEmpty {
        if actions.isEmpty {
          actions = try await continueWatch()
        } else {
          try await perform(actions.removeFirst())
        }
      }
      return news.popFirst()
    }

    private mutating func step(_ input: ReflectorMachine<Value>.Input) -> [ReflectorMachine<Value>.Action] {
      machine.handle(input, random: .random(in: 0..<1))
    }

    private mutating func perform(_ action: ReflectorMachine<Value>.Action) async throws {
      switch action {
      case .emit(let event):
        news += informer.absorb(event)
      case .wait(let duration):
        watch = nil
        try await Task.sleep(for: duration)
        actions += step(.waited)
      case .list:
        actions += try await list()
      case .look:
        actions += try await look()
      case .watch(let version):
        actions += try await openWatch(from: version)
      }
    }

    private mutating func list() async throws -> [ReflectorMachine<Value>.Action] {
      do {
        return step(.listed(try await informer.client.list(informer.resource, informer.query, as: Value.self)))
      } catch let error as KubernetesError {
        return step(.listFailed(error))
      }
    }

    private mutating func look() async throws -> [ReflectorMachine<Value>.Action] {
      do {
        let page = try await informer.client.page(informer.resource, informer.query, limit: 1, as: Unread.self)
        return step(.looked(at: page.resourceVersion))
      } catch let error as KubernetesError {
        return step(.lookFailed(error))
      }
    }

    private mutating func openWatch(from version: String) async throws -> [ReflectorMachine<Value>.Action] {
      watchingSince = .now
      let reader = informer.watch(from: version).makeAsyncIterator().reader
      do {
        try await reader.open()
        watch = reader
        return step(.watchOpened)
      } catch let error as KubernetesError {
        return step(.watchEnded(error, lasted: .zero))
      }
    }

    private mutating func continueWatch() async throws -> [ReflectorMachine<Value>.Action] {
      let failure: KubernetesError?
      do {
        if let event = try await watch?.next() { return step(.watchEvent(event)) }
        failure = nil
      } catch let error as KubernetesError {
        failure = error
      }
      watch = nil
      return step(.watchEnded(failure, lasted: .now - watchingSince))
    }
  }

  /// A watch that the server is asked to end after five to ten minutes, so that connections spread over its instances.
  fileprivate func watch(from version: String) -> WatchSequence<Value> {
    let sequence = client.watch(resource, query, from: version, idleTimeout: idleTimeout, as: Value.self)
    var call = sequence.call
    call.parameters.append(("timeoutSeconds", String(Int.random(in: 300...600))))
    return WatchSequence(client: client, call: call, idleTimeout: idleTimeout)
  }
}

/// An object of which nothing is wanted.
private struct Unread: Decodable, Sendable {}

extension KubernetesClient {
  /// Follows objects of one kind.
  ///
  /// - Parameters:
  ///   - idleTimeout: after how long a silence of the watch, without even a bookmark, the server's version is looked
  ///     at: where it is below what was seen all is listed again, elsewhere after half an hour of silence.
  ///   - backoff: how long to wait after failures.
  public func informer<Projection: Decodable & Sendable>(
    _ resource: APIResource, _ query: ListQuery = ListQuery(), idleTimeout: Duration = .seconds(120),
    backoff: Backoff = Backoff(base: .milliseconds(100), limit: .seconds(15)), as: Projection.Type
  ) -> Informer<Projection> {
    Informer(client: self, resource: resource, query: query, idleTimeout: idleTimeout, backoff: backoff)
  }
}
