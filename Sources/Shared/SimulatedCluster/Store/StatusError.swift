/// A refusal, as the Kubernetes API says it: a `Status` object.
struct StatusError: Error, Equatable {
  struct Cause: Equatable {
    var reason: String
    var message: String
    var field: String

    var json: JSONValue { ["reason": .string(reason), "message": .string(message), "field": .string(field)] }
  }

  var code: Int
  var reason: String
  var message: String
  var details: [String: JSONValue] = [:]

  var json: JSONValue {
    var status: [String: JSONValue] = [
      "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Failure", "message": .string(message),
      "code": .integer(Int64(code)),
    ]
    if !reason.isEmpty { status["reason"] = .string(reason) }
    if !details.isEmpty { status["details"] = .object(details) }
    return .object(status)
  }
}

extension StatusError {
  private static func details(_ kind: ResourceKind, _ name: String) -> [String: JSONValue] {
    var details: [String: JSONValue] = ["name": .string(name), "kind": .string(kind.resource)]
    if !kind.group.isEmpty { details["group"] = .string(kind.group) }
    return details
  }

  static func notFound(_ kind: ResourceKind, _ name: String) -> StatusError {
    StatusError(
      code: 404, reason: "NotFound", message: "\(kind.qualifiedResource) \"\(name)\" not found",
      details: details(kind, name))
  }

  static func alreadyExists(_ kind: ResourceKind, _ name: String) -> StatusError {
    StatusError(
      code: 409, reason: "AlreadyExists", message: "\(kind.qualifiedResource) \"\(name)\" already exists",
      details: details(kind, name))
  }

  /// A precondition of a deletion that does not hold; these name the kind rather than the resource.
  static func unmet(_ kind: ResourceKind, _ name: String, _ why: String) -> StatusError {
    StatusError(
      code: 409, reason: "Conflict", message: "Operation cannot be fulfilled on \(kind.kind) \"\(name)\": \(why)",
      details: ["name": .string(name), "kind": .string(kind.kind)])
  }

  static func conflict(_ kind: ResourceKind, _ name: String, _ why: String? = nil) -> StatusError {
    let why = why ?? "the object has been modified; please apply your changes to the latest version and try again"
    return StatusError(
      code: 409, reason: "Conflict",
      message: "Operation cannot be fulfilled on \(kind.qualifiedResource) \"\(name)\": \(why)",
      details: details(kind, name))
  }

  static func forbidden(_ kind: ResourceKind, _ name: String, _ why: String, causes: [Cause] = []) -> StatusError {
    var error = StatusError(
      code: 403, reason: "Forbidden", message: "\(kind.qualifiedResource) \"\(name)\" is forbidden: \(why)",
      details: details(kind, name))
    if !causes.isEmpty { error.details["causes"] = .array(causes.map(\.json)) }
    return error
  }

  static func terminating(_ kind: ResourceKind, _ name: String, namespace: String) -> StatusError {
    forbidden(
      kind, name, "unable to create new content in namespace \(namespace) because it is being terminated",
      causes: [
        Cause(
          reason: "NamespaceTerminating", message: "namespace \(namespace) is being terminated",
          field: "metadata.namespace")
      ])
  }

  static func badRequest(_ message: String) -> StatusError {
    StatusError(code: 400, reason: "BadRequest", message: message)
  }

  /// Several wrong fields of one object, or of the options of one request.
  static func invalid(
    kind: String, group: String = "", name: String, _ causes: [Cause]
  ) -> StatusError {
    let texts = causes.map { "\($0.field): \($0.message)" }
    let list = texts.count == 1 ? texts[0] : "[\(texts.joined(separator: ", "))]"
    let title = group.isEmpty ? kind : "\(kind).\(group)"
    var details: [String: JSONValue] = ["kind": .string(kind), "causes": .array(causes.map(\.json))]
    if !name.isEmpty { details["name"] = .string(name) }
    if !group.isEmpty { details["group"] = .string(group) }
    return StatusError(
      code: 422, reason: "Invalid", message: "\(title) \"\(name)\" is invalid: \(list)", details: details)
  }

  static func invalidOption(_ options: String, field: String, reason: String, _ message: String) -> StatusError {
    StatusError(
      code: 422, reason: "Invalid", message: "\(options).meta.k8s.io \"\" is invalid: \(field): \(message)",
      details: [
        "group": "meta.k8s.io", "kind": .string(options),
        "causes": [Cause(reason: reason, message: message, field: field).json],
      ])
  }

  static func conflicts(_ conflicts: FieldManager.Conflicts) -> StatusError {
    let causes = conflicts.list.map { conflict in
      Cause(
        reason: "FieldManagerConflict", message: "conflict with \(conflict.owner.description)",
        field: FieldSet.display(conflict.path))
    }
    let count = causes.count
    let byOwner = Dictionary(grouping: conflicts.list, by: \.owner.description).sorted { $0.key < $1.key }
    let parts = byOwner.map { owner, list -> String in
      let paths = list.map { FieldSet.display($0.path) }
      return paths.count == 1
        ? "conflict with \(owner): \(paths[0])"
        : "conflicts with \(owner):" + paths.map { "\n- \($0)" }.joined()
    }
    return StatusError(
      code: 409, reason: "Conflict",
      message: "Apply failed with \(count) conflict\(count == 1 ? "" : "s"): \(parts.joined(separator: "\n"))",
      details: ["causes": .array(causes.map(\.json))])
  }

  static func expired(_ message: String) -> StatusError {
    StatusError(code: 410, reason: "Expired", message: message)
  }

  static func resourceVersionTooLarge(_ requested: UInt64, current: UInt64) -> StatusError {
    StatusError(
      code: 504, reason: "Timeout",
      message: "Timeout: Too large resource version: \(requested), current: \(current)",
      details: [
        "causes": [["reason": "ResourceVersionTooLarge", "message": "Too large resource version"]],
        "retryAfterSeconds": 1,
      ])
  }

  static let methodNotAllowed = StatusError(
    code: 405, reason: "MethodNotAllowed",
    message: "the server does not allow this method on the requested resource")

  static func notSimulated(_ what: String) -> StatusError {
    StatusError(code: 501, reason: "NotImplemented", message: "the simulated cluster does not serve \(what)")
  }

  static let unauthorized = StatusError(code: 401, reason: "Unauthorized", message: "Unauthorized")
}
