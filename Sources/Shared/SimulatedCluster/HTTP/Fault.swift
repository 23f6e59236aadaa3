/// A misbehaviour of the API server, for tests of its clients.
public enum Fault: Sendable, Equatable {
  /// Answers with a `Status` of this code (400 to 599); with `retryAfter` seconds in a `Retry-After` header.
  case status(Int, retryAfter: Int? = nil)
  /// The same in the words in which an API server passes on that an admission webhook has refused the call.
  case denial(Int, retryAfter: Int? = nil)
  /// Answers with this code (400 to 599) and a page of HTML, as what stands before an API server does.
  case page(Int)
  /// Does late what is asked, whether or not anybody waits for the answer still.
  case delay(Duration)
  /// Does at once what is asked, and answers late.
  case delayAnswer(Duration)
  /// Does nothing of what is asked, and closes the connection without an answer after this time.
  case silence(Duration)
  /// Closes the connection without an answer.
  case dropConnection
  /// Does what is asked once it is let go, whether or not anybody waits for the answer still. It is meant for one
  /// request.
  case hold(HeldRequest)
}

/// Faults still to come: pure.
struct FaultQueue: Sendable {
  struct Entry: Sendable, Equatable {
    var fault: Fault
    /// How many more requests it hits.
    var requests: Int
    var method: String?
    var pathPrefix: String?
    var path: String?
  }

  private(set) var entries: [Entry] = []

  mutating func add(_ entry: Entry) {
    if entry.requests > 0 { entries.append(entry) }
  }

  mutating func clear() { entries = [] }

  /// The first fault meant for a request, used up by one.
  mutating func take(method: String, path: String) -> Fault? {
    let index = entries.firstIndex { entry in
      (entry.method.map { $0 == method } ?? true) && (entry.pathPrefix.map { path.hasPrefix($0) } ?? true)
        && (entry.path.map { $0 == path } ?? true)
    }
    guard let index else { return nil }
    let fault = entries[index].fault
    entries[index].requests -= 1
    if entries[index].requests == 0 { entries.remove(at: index) }
    return fault
  }
}

extension FaultQueue.Entry {
  /// Reads the form of `POST /_sim/faults`.
  ///
  /// - Throws: `StatusError` 400 that names the field at fault.
  init(json: JSONValue) throws(StatusError) {
    let known: Set = [
      "status", "denial", "retryAfter", "page", "delayMilliseconds", "delayAnswerMilliseconds", "silenceMilliseconds",
      "dropConnection", "requests", "method", "pathPrefix", "path",
    ]
    if let unknown = (json.fields ?? [:]).keys.sorted().first(where: { !known.contains($0) }) {
      throw .badRequest("\(unknown): unknown field; accepted: \(known.sorted().joined(separator: ", "))")
    }
    let requests = json["requests"] ?? 1
    guard let count = requests.int, (1...1_000_000).contains(count) else {
      throw .badRequest("requests: a whole number from 1 to 1000000 is needed")
    }
    self.init(
      fault: try Self.fault(json), requests: Int(count), method: json["method"]?.text,
      pathPrefix: json["pathPrefix"]?.text, path: json["path"]?.text)
  }

  private static func fault(_ json: JSONValue) throws(StatusError) -> Fault {
    let retryAfter = json["retryAfter"]?.int.map { Int($0) }
    if let code = try answerCode(json, "status") { return .status(code, retryAfter: retryAfter) }
    if let code = try answerCode(json, "denial") { return .denial(code, retryAfter: retryAfter) }
    if let code = try answerCode(json, "page") { return .page(code) }
    if let delay = try duration(json, "delayMilliseconds") { return .delay(delay) }
    if let delay = try duration(json, "delayAnswerMilliseconds") { return .delayAnswer(delay) }
    if let silence = try duration(json, "silenceMilliseconds") { return .silence(silence) }
    guard json["dropConnection"] == true else {
      throw .badRequest(
        "one of status, denial, page, delayMilliseconds, delayAnswerMilliseconds, silenceMilliseconds and "
          + "dropConnection: true is needed")
    }
    return .dropConnection
  }

  private static func answerCode(_ json: JSONValue, _ field: String) throws(StatusError) -> Int? {
    guard let value = json[field] else { return nil }
    guard let code = value.int, (400...599).contains(code) else {
      throw .badRequest("\(field): a whole number from 400 to 599 is needed")
    }
    return Int(code)
  }

  private static func duration(_ json: JSONValue, _ field: String) throws(StatusError) -> Duration? {
    guard let value = json[field] else { return nil }
    guard let milliseconds = value.int, (0...600_000).contains(milliseconds) else {
      throw .badRequest("\(field): a whole number from 0 to 600000 is needed")
    }
    return .milliseconds(milliseconds)
  }

  private static func milliseconds(_ duration: Duration) -> JSONValue {
    let (seconds, attoseconds) = duration.components
    return .integer(seconds * 1_000 + attoseconds / 1_000_000_000_000_000)
  }

  var json: JSONValue {
    var members: [String: JSONValue] = ["requests": .integer(Int64(requests))]
    members["method"] = method.map { .string($0) }
    members["pathPrefix"] = pathPrefix.map { .string($0) }
    members["path"] = path.map { .string($0) }
    switch fault {
    case .status(let code, let retryAfter):
      members["status"] = .integer(Int64(code))
      members["retryAfter"] = retryAfter.map { .integer(Int64($0)) }
    case .denial(let code, let retryAfter):
      members["denial"] = .integer(Int64(code))
      members["retryAfter"] = retryAfter.map { .integer(Int64($0)) }
    case .page(let code): members["page"] = .integer(Int64(code))
    case .delay(let duration): members["delayMilliseconds"] = Self.milliseconds(duration)
    case .delayAnswer(let duration): members["delayAnswerMilliseconds"] = Self.milliseconds(duration)
    case .silence(let duration): members["silenceMilliseconds"] = Self.milliseconds(duration)
    case .dropConnection: members["dropConnection"] = true
    case .hold: members["held"] = true
    }
    return .object(members)
  }
}
