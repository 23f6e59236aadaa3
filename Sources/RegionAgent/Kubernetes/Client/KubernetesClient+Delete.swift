import Foundation

/// What must hold of an object for its deletion to happen.
public struct Preconditions: Sendable, Hashable, Encodable {
  /// It is this very object, not a later one of the same name.
  public var uid: String?
  /// Nobody has written to it since.
  public var resourceVersion: String?

  /// Preconditions; none when nothing is given.
  public init(uid: String? = nil, resourceVersion: String? = nil) {
    self.uid = uid
    self.resourceVersion = resourceVersion
  }
}

/// What came of a deletion.
public enum Deletion: Sendable, Hashable {
  /// The object is gone.
  case deleted
  /// The object goes as soon as what holds it lets go: a namespace's content, finalizers.
  case terminating
}

extension KubernetesClient {
  /// Deletes an object; `conflict` when a precondition does not hold, `notFound` when it is not there.
  ///
  /// - Parameter waits: whether it waits where the server asks for patience, and is tried again where that may help;
  ///   otherwise it is sent at once or not at all, and once: for what rests on a look that may be over by then.
  /// - Important: After a broken connection the call is repeated where it waits, so `notFound` may also mean that the
  ///   first try worked.
  @discardableResult
  public func delete(
    _ path: ObjectPath, preconditions: Preconditions = Preconditions(), dryRun: Bool = false, waits: Bool = true,
    timeout: Duration? = nil
  ) async throws -> Deletion {
    var call = Call(verb: .delete, address: path.address)
    call.waits = waits
    try call.carry(
      DeleteOptions(
        preconditions: preconditions == Preconditions() ? nil : preconditions, dryRun: dryRun ? ["All"] : nil))
    let answer = try await send(call, timeout: timeout, as: DeletionAnswer.self)
    return answer.metadata?.finalizers?.isEmpty == false || answer.isTerminatingNamespace ? .terminating : .deleted
  }
}

private struct DeleteOptions: Encodable {
  var apiVersion = "v1"
  var kind = "DeleteOptions"
  var propagationPolicy = "Background"
  var preconditions: Preconditions?
  var dryRun: [String]?
}

/// The server answers with a `Status` or with the object, gone or going.
private struct DeletionAnswer: Decodable {
  struct Phase: Decodable { var phase: String? }

  var kind: String?
  var metadata: ObjectMeta?
  var isTerminatingNamespace: Bool

  private enum CodingKeys: CodingKey { case kind, metadata, status }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    kind = try container.decodeIfPresent(String.self, forKey: .kind)
    metadata = kind == "Status" ? nil : try container.decodeIfPresent(ObjectMeta.self, forKey: .metadata)
    // The `status` of a `Status` is a word, that of a namespace an object.
    let phase = kind == Namespace.resource.kind ? try container.decodeIfPresent(Phase.self, forKey: .status) : nil
    isTerminatingNamespace = phase?.phase == "Terminating"
  }
}
