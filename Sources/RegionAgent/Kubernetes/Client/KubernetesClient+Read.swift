extension KubernetesClient {
  /// Reads one object, decoded as whatever part of it is wanted.
  public func get<Projection: Decodable & Sendable>(
    _ path: ObjectPath, as: Projection.Type = Projection.self, timeout: Duration? = nil
  ) async throws -> Projection {
    try await send(Call(verb: .get, address: path.address), timeout: timeout, as: Projection.self)
  }

  /// Reads one object.
  public func get<Object: KubernetesObject>(
    _: Object.Type, _ name: String, in namespace: String? = nil, timeout: Duration? = nil
  ) async throws -> Object {
    try await get(ObjectPath(Object.resource, name, in: namespace), as: Object.self, timeout: timeout)
  }

  /// Reads all objects that match, page by page, all of one moment.
  ///
  /// When the server forgets the moment between two pages, the list is read once more in one piece, and in pages again
  /// where that is too long. Where a page is too long, the list begins anew with half as many objects in each.
  ///
  /// - Throws: `KubernetesError`; it is `decoding` where the list has no end: the server names a page again, or ever
  ///   more of them.
  public func list<Projection: Decodable & Sendable>(
    _ resource: APIResource, _ query: ListQuery = ListQuery(), pageSize: Int = 500,
    as: Projection.Type, timeout: Duration? = nil
  ) async throws -> ObjectList<Projection> {
    do {
      return try await shrinkingPages(resource, query, of: pageSize, as: Projection.self, timeout)
    } catch let error as KubernetesError where error.kind == .gone {
      do {
        return try await pages(resource, query, of: nil, as: Projection.self, timeout)
      } catch let error as KubernetesError where error.isTooLong {
        return try await shrinkingPages(resource, query, of: pageSize, as: Projection.self, timeout)
      }
    }
  }

  /// Kubernetes wants the pages of a list to be asked for alike, so that a smaller size is for a new list.
  private func shrinkingPages<Projection: Decodable & Sendable>(
    _ resource: APIResource, _ query: ListQuery, of pageSize: Int, as: Projection.Type, _ timeout: Duration?
  ) async throws -> ObjectList<Projection> {
    var size = pageSize
    while true {
      do {
        return try await pages(resource, query, of: size, as: Projection.self, timeout)
      } catch let error as KubernetesError where error.isTooLong && size > 1 {
        size /= 2
      }
    }
  }

  /// All pages of one list. A cache on the way that heeds no `continue` gives the same one for ever.
  private func pages<Projection: Decodable & Sendable>(
    _ resource: APIResource, _ query: ListQuery, of limit: Int?, as: Projection.Type, _ timeout: Duration?
  ) async throws -> ObjectList<Projection> {
    var list = try await page(resource, query, limit: limit, as: Projection.self, timeout: timeout)
    var tokens: Set<String> = []
    // A page without any object counts as one: a server may name no end of these, too.
    var count = max(1, list.items.count)
    while let token = list.continueToken {
      guard tokens.insert(token).inserted else {
        throw endless(resource, query, "the server names a page of the list again")
      }
      guard count < configuration.maximumListedObjects else {
        throw endless(resource, query, "the list does not end within \(configuration.maximumListedObjects) objects")
      }
      let next = try await page(
        resource, query, limit: limit, continueToken: token, as: Projection.self, timeout: timeout)
      count += max(1, next.items.count)
      list.items += next.items
      list.continueToken = next.continueToken
    }
    list.remainingItemCount = nil
    return list
  }

  private func endless(_ resource: APIResource, _ query: ListQuery, _ message: String) -> KubernetesError {
    let call = Call(verb: .list, address: resource.address(in: query.namespace))
    return KubernetesError(kind: .decoding, call: call.description, message: message)
  }

  /// Reads all objects that match.
  public func list<Object: KubernetesObject>(
    _: Object.Type, _ query: ListQuery = ListQuery(), timeout: Duration? = nil
  ) async throws -> ObjectList<Object> {
    try await list(Object.resource, query, as: Object.self, timeout: timeout)
  }

  /// Reads one page.
  ///
  /// - Parameters:
  ///   - limit: the most objects; nil for all.
  ///   - continueToken: what the page before ended with; fails as `gone` some minutes later.
  public func page<Projection: Decodable & Sendable>(
    _ resource: APIResource, _ query: ListQuery = ListQuery(), limit: Int?, continueToken: String? = nil,
    as: Projection.Type, timeout: Duration? = nil
  ) async throws -> ObjectList<Projection> {
    var call = Call(verb: .list, address: resource.address(in: query.namespace), parameters: query.parameters)
    if let limit { call.parameters.append(("limit", String(limit))) }
    if let continueToken { call.parameters.append(("continue", continueToken)) }
    return try await send(call, timeout: timeout, as: ObjectList<Projection>.self)
  }
}
