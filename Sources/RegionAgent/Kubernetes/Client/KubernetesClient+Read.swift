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
  /// When the server forgets the moment between two pages, the list is read once more in one piece.
  public func list<Projection: Decodable & Sendable>(
    _ resource: APIResource, _ query: ListQuery = ListQuery(), pageSize: Int = 500,
    as: Projection.Type, timeout: Duration? = nil
  ) async throws -> ObjectList<Projection> {
    var list = try await page(resource, query, limit: pageSize, as: Projection.self, timeout: timeout)
    while let token = list.continueToken {
      do {
        let next = try await page(
          resource, query, limit: pageSize, continueToken: token, as: Projection.self, timeout: timeout)
        list.items += next.items
        list.continueToken = next.continueToken
      } catch let error as KubernetesError where error.kind == .gone {
        return try await page(resource, query, limit: nil, as: Projection.self, timeout: timeout)
      }
    }
    list.remainingItemCount = nil
    return list
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
