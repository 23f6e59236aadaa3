import Foundation

extension KubernetesError {
  /// More patience than this is not granted, whatever a server asks for, in seconds.
  static let longestRetryAfter = 600

  /// An answer that is not a success. The body is a `Status` unless something else than an API server answered.
  init(call: String, code: Int, retryAfter header: String?, body: Data) {
    let status = try? JSONDecoder().decode(Status.self, from: body)
    self.init(call: call, code: code, retryAfter: header, status: status?.status == nil ? nil : status, body: body)
  }

  /// A failure that arrived as an event of a watch.
  init(call: String, event status: Status) {
    self.init(call: call, code: status.code ?? 500, retryAfter: nil, status: status, body: Data())
  }

  private init(call: String, code: Int, retryAfter header: String?, status: Status?, body: Data) {
    let seconds = header.flatMap { Int($0) } ?? status?.details?.retryAfterSeconds
    self.init(
      kind: Self.kind(code: code, reason: status?.reason, isAbsence: status?.tellsAbsence ?? false), call: call,
      code: code, status: status,
      retryAfter: seconds.map { .seconds(min(max(0, $0), Self.longestRetryAfter)) },
      message: status?.message ?? Self.excerpt(of: body) ?? "the server gave no reason")
    // Whatever code the webhook has chosen, it is this call that is refused.
    if isOfWebhook { kind = .forbidden }
  }

  private static func kind(code: Int, reason: String?, isAbsence: Bool) -> Kind {
    switch (code, reason) {
    case (_, "AlreadyExists"): .alreadyExists
    case (_, "Expired"), (410, _): .gone
    case (401, _): .unauthorized
    case (403, _): .forbidden
    case (404, _): isAbsence ? .notFound : .server
    case (409, _): .conflict
    case (422, _): .unprocessable
    case (429, _): .tooManyRequests
    case (500..., _): .server
    default: .badRequest
    }
  }

  /// The start of an answer that is no `Status`, as a proxy's page: enough to know who answered.
  private static func excerpt(of body: Data) -> String? {
    let text = String(decoding: body.prefix(200), as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    return text.isEmpty ? nil : text
  }
}

extension Status {
  /// Whether an API server says so. What stands before it answers 404 with a page of its own, and knows nothing of objects.
  fileprivate var tellsAbsence: Bool { kind == "Status" && (reason == "NotFound" || code == 404) }
}
