/// The changes of one kind of object from one version on. Each iteration is a watch of its own.
///
/// It ends when the server ends it, which servers do after some minutes; it throws `KubernetesError`: `timeout` after
/// silence, `connection` when the line breaks. What comes next is the reader's affair; `Informer` takes care of it.
public struct WatchSequence<Value: Decodable & Sendable>: AsyncSequence, Sendable {
  /// A change.
  public typealias Element = WatchEvent<Value>

  let client: KubernetesClient
  let call: Call
  let idleTimeout: Duration

  /// Begins a watch at the first `next()`.
  public func makeAsyncIterator() -> AsyncIterator {
    AsyncIterator(reader: WatchReader(client: client, call: call, idleTimeout: idleTimeout))
  }

  /// The state of one watch.
  public struct AsyncIterator: AsyncIteratorProtocol {
    let reader: WatchReader<Value>

    /// The next change; nil once the server has ended the watch.
    public mutating func next() async throws -> WatchEvent<Value>? { try await reader.next() }
  }
}

extension KubernetesClient {
  /// Watches objects.
  ///
  /// - Parameters:
  ///   - resourceVersion: a list's version to go on from; nil to begin with `added` for all there is.
  ///   - idleTimeout: how long silence is borne; of a kind that changes servers send bookmarks about once a minute.
  public func watch<Projection: Decodable & Sendable>(
    _ resource: APIResource, _ query: ListQuery = ListQuery(), from resourceVersion: String?,
    idleTimeout: Duration = .seconds(120), as: Projection.Type
  ) -> WatchSequence<Projection> {
    var call = Call(verb: .watch, address: resource.address(in: query.namespace), parameters: query.parameters)
    call.parameters += [("watch", "true"), ("allowWatchBookmarks", "true")]
    if let resourceVersion { call.parameters.append(("resourceVersion", resourceVersion)) }
    return WatchSequence(client: self, call: call, idleTimeout: idleTimeout)
  }
}
