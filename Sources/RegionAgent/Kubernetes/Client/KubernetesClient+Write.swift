import Foundation

extension KubernetesClient {
  /// Creates an object; `alreadyExists` when there is one.
  @discardableResult
  public func create<Object: KubernetesObject>(
    _ object: Object, dryRun: Bool = false, timeout: Duration? = nil
  ) async throws -> Object {
    let address = Object.resource.address(in: object.metadata.namespace)
    return try await write(.create, object, address, [], dryRun, timeout)
  }

  /// Replaces an object; `conflict` when it changed since `metadata.resourceVersion`.
  @discardableResult
  public func update<Object: KubernetesObject>(
    _ object: Object, dryRun: Bool = false, timeout: Duration? = nil
  ) async throws -> Object {
    let address = try address(of: object, .update)
    guard object.metadata.resourceVersion?.isEmpty == false else {
      throw KubernetesError(
        kind: .unprocessable, call: "PUT \(address)",
        message: "metadata.resourceVersion is missing; read the object first, change it and send it back")
    }
    return try await write(.update, object, address, [], dryRun, timeout)
  }

  /// Changes an object by a JSON merge patch: members replace, null removes, what is absent stays.
  ///
  /// - Parameter fieldManager: who has what it changes; nil for the user agent's name.
  @discardableResult
  public func patch<Body: Encodable & Sendable, Projection: Decodable & Sendable>(
    _ path: ObjectPath, merge body: Body, fieldManager: String? = nil, dryRun: Bool = false,
    as: Projection.Type = Projection.self, timeout: Duration? = nil
  ) async throws -> Projection {
    var call = Call(verb: .patch, address: path.address)
    if let fieldManager { call.parameters.append(("fieldManager", fieldManager)) }
    call.add(dryRun: dryRun)
    try call.carry(body)
    return try await send(call, timeout: timeout, as: Projection.self)
  }

  /// Applies an object: its manager owns exactly the fields that the value holds.
  ///
  /// - Parameter force: whether fields that other managers own are taken over; else they make a `conflict` whose
  ///   `conflicts` name them.
  @discardableResult
  public func apply<Object: KubernetesObject>(
    _ object: Object, fieldManager: String, force: Bool = false, dryRun: Bool = false, timeout: Duration? = nil
  ) async throws -> Object {
    let address = try address(of: object, .apply)
    let parameters = [("fieldManager", fieldManager), ("force", String(force))]
    return try await write(.apply, object, address, parameters, dryRun, timeout)
  }

  /// Applies a body of any shape; `apiVersion` and `kind` are set from the path, `metadata.name` must be there.
  @discardableResult
  public func apply<Body: Encodable & Sendable, Projection: Decodable & Sendable>(
    _ body: Body, to path: ObjectPath, fieldManager: String, force: Bool = false, dryRun: Bool = false,
    as: Projection.Type = Projection.self, timeout: Duration? = nil
  ) async throws -> Projection {
    var call = Call(
      verb: .apply, address: path.address, parameters: [("fieldManager", fieldManager), ("force", String(force))])
    call.add(dryRun: dryRun)
    try call.carry(Manifest(resource: path.resource, body: body))
    return try await send(call, timeout: timeout, as: Projection.self)
  }

  private func write<Object: KubernetesObject>(
    _ verb: Call.Verb, _ object: Object, _ address: String, _ parameters: [(String, String)], _ dryRun: Bool,
    _ timeout: Duration?
  ) async throws -> Object {
    var call = Call(verb: verb, address: address, parameters: parameters)
    call.add(dryRun: dryRun)
    try call.carry(Manifest(resource: Object.resource, body: object))
    return try await send(call, timeout: timeout, as: Object.self)
  }

  private func address<Object: KubernetesObject>(of object: Object, _ verb: Call.Verb) throws -> String {
    guard let name = object.metadata.name, !name.isEmpty else {
      throw KubernetesError(
        kind: .unprocessable, call: "\(verb.rawValue) \(Object.resource.plural)",
        message: "metadata.name is missing")
    }
    return ObjectPath(Object.resource, name, in: object.metadata.namespace).address
  }
}
