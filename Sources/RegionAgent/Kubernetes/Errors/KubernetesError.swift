/// A call that failed, and why.
public struct KubernetesError: Error, Sendable {
  /// The sorts of failure that callers tell apart.
  public enum Kind: String, Sendable, CaseIterable {
    /// 404 in an API server's own words: the object, its namespace or its kind is not there.
    case notFound
    /// 409: another writer was first, another manager owns a field, or a precondition does not hold.
    case conflict
    /// 409 with reason `AlreadyExists`.
    case alreadyExists
    /// 401: the server does not know the caller; also a token file that cannot be read.
    case unauthorized
    /// 403: the caller is known and may not; also a quota that is used up, and whatever an admission webhook refuses, by
    /// any code.
    case forbidden
    /// 410: the version or page asked for is too old; list again.
    case gone
    /// 422: the object breaks a rule of the API.
    case unprocessable
    /// Any other 4xx.
    case badRequest
    /// 429.
    case tooManyRequests
    /// 5xx; and 404 in other words than an API server's on an object, which says nothing about it: a proxy's page, or that of
    /// an API group that the server does not know.
    case server
    /// No connection, or it broke.
    case connection
    /// No trust between the two: certificate, authority or host name.
    case tls
    /// No answer within the call's time, or a watch that fell silent.
    case timeout
    /// An answer, or a body, that is not what it should be.
    case decoding
  }

  /// The sort of failure.
  public var kind: Kind
  /// What was asked, as `PATCH /api/v1/namespaces/a`.
  public var call: String
  /// The HTTP code of the answer; nil when there was none.
  public var code: Int?
  /// The server's own words; nil when the answer held none.
  public var status: Status?
  /// How long the server asks to wait.
  public var retryAfter: Duration?
  /// For people; the server's message where there is one.
  public var message: String
  /// Whether the answer was longer than the client takes in.
  var isTooLong = false

  /// An error.
  public init(
    kind: Kind, call: String, code: Int? = nil, status: Status? = nil, retryAfter: Duration? = nil, message: String
  ) {
    self.kind = kind
    self.call = call
    self.code = code
    self.status = status
    self.retryAfter = retryAfter
    self.message = message
  }
}

extension KubernetesError {
  /// An owner of a field that the call would have changed.
  public struct FieldConflict: Sendable, Hashable {
    /// The field manager that owns it.
    public var manager: String
    /// The field, as `.spec.hard.pods`.
    public var field: String

    /// A conflict.
    public init(manager: String, field: String) {
      self.manager = manager
      self.field = field
    }
  }

  /// The server's reasons field by field.
  public var causes: [Status.Cause] { status?.details?.causes ?? [] }

  /// Whether the same call may succeed later without anyone changing anything.
  public var isTransient: Bool {
    switch kind {
    case .connection, .timeout, .tooManyRequests: true
    case .server: code != 501
    default: false
    }
  }

  /// Whether it may be that the server does not know the kind. One of an unknown API group is answered by a plain page, as a
  /// proxy might give: nothing may be concluded about objects.
  public var mayBeOfUnknownKind: Bool { code == 404 }

  /// Whether an admission webhook has refused the call. The API server passes its code, reason and wait on unchanged, behind
  /// these words: they say nothing of the server, nor of what is there.
  var isOfWebhook: Bool {
    guard let message = status?.message, message.hasPrefix("admission webhook \"") else { return false }
    return message.contains("\" denied the request")
  }

  /// After a refused server-side apply: which manager owns which field.
  public var conflicts: [FieldConflict] {
    causes.compactMap { cause in
      guard cause.reason == "FieldManagerConflict", let field = cause.field else { return nil }
      return FieldConflict(manager: Self.manager(in: cause.message ?? ""), field: field)
    }
  }

  /// The server says `conflict with "kubectl-edit" using v1`; the manager is what it quotes, or the whole text.
  private static func manager(in message: String) -> String {
    guard let open = message.firstIndex(of: "\"") else { return message }
    let rest = message[message.index(after: open)...]
    guard let close = rest.firstIndex(of: "\"") else { return message }
    return String(rest[..<close])
  }
}

extension KubernetesError: CustomStringConvertible {
  /// `conflict (409) on PATCH /api/v1/…: message`.
  public var description: String {
    "\(kind.rawValue)\(code.map { " (\($0))" } ?? "") on \(call): \(message)"
  }
}
